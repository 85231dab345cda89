//! `ListFunctionalityProfiles`, `SaveFunctionalityProfile`.

use crate::{
    domain::{error::Result, setup},
    headquarters::operations::{self, Headquarters, change_setup},
    proto::headquarters::{
        FunctionalityProfile, ListFunctionalityProfilesResponse, SaveFunctionalityProfileRequest,
        SaveFunctionalityProfileResponse,
    },
};

pub(super) async fn list(headquarters: &Headquarters) -> Result<ListFunctionalityProfilesResponse> {
    let found = operations::setup(headquarters).await?.functionality_profiles;
    let functionality_profiles =
        found.iter().map(|(code, profile)| message(code, profile)).collect();
    Ok(ListFunctionalityProfilesResponse { functionality_profiles })
}

pub(super) async fn save(
    headquarters: &Headquarters,
    request: SaveFunctionalityProfileRequest,
) -> Result<SaveFunctionalityProfileResponse> {
    let given = request.functionality_profile.unwrap_or_default();
    let code = given.code;
    let profile = setup::FunctionalityProfile {
        name: given.display_name,
        create_customer_in_async_mode: given.create_customer_in_async_mode,
    };
    let saved = message(&code, &profile);
    let save = move |setup: &mut setup::Setup| setup.save_functionality_profile(&code, profile);
    change_setup(headquarters, save).await?;
    Ok(SaveFunctionalityProfileResponse { functionality_profile: Some(saved) })
}

fn message(code: &str, profile: &setup::FunctionalityProfile) -> FunctionalityProfile {
    FunctionalityProfile {
        code: code.to_owned(),
        display_name: profile.name.clone(),
        create_customer_in_async_mode: profile.create_customer_in_async_mode,
    }
}
