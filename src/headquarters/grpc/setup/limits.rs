//! `ListLimits`, `SaveLimit`.

use crate::{
    domain::{error::Result, setup::Setup},
    headquarters::operations::{self, Headquarters, change_setup},
    proto::headquarters::{Limit, ListLimitsResponse, SaveLimitRequest, SaveLimitResponse},
};

pub(super) async fn list(headquarters: &Headquarters) -> Result<ListLimitsResponse> {
    let found = operations::setup(headquarters).await?.limits;
    let limit = |(field, max_characters)| Limit { field, max_characters };
    Ok(ListLimitsResponse { limits: found.into_iter().map(limit).collect() })
}

pub(super) async fn save(
    headquarters: &Headquarters,
    request: SaveLimitRequest,
) -> Result<SaveLimitResponse> {
    let given = request.limit.unwrap_or_default();
    let saved = given.clone();
    let save = move |setup: &mut Setup| setup.save_limit(&given.field, given.max_characters);
    change_setup(headquarters, save).await?;
    Ok(SaveLimitResponse { limit: Some(saved) })
}
