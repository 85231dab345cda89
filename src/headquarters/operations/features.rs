//! Feature management.

use crate::{
    domain::{
        error::Result,
        feature::{self, Feature},
        setup::Setup,
    },
    headquarters::operations::Headquarters,
};

/// A feature and whether it is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeatureState {
    pub feature: &'static Feature,
    pub enabled: bool,
}

/// All of them, what is needed before what needs it.
///
/// # Errors
/// `Unavailable`.
pub async fn list_features(headquarters: &Headquarters) -> Result<Vec<FeatureState>> {
    let setup = headquarters.store.setup().await?.setup;
    Ok(feature::ALL.iter().map(|feature| state(&setup, feature)).collect())
}

/// # Errors
/// `FeatureNotFound`, `FeaturePrerequisitesMissing`, `StoreConflict`, `Unavailable`.
pub async fn enable_feature(headquarters: &Headquarters, key: String) -> Result<FeatureState> {
    change(headquarters, key, Setup::enable).await
}

/// # Errors
/// `FeatureNotFound`, `FeatureMandatory`, `FeatureRequiredByOthers`, `StoreConflict`, `Unavailable`.
pub async fn disable_feature(headquarters: &Headquarters, key: String) -> Result<FeatureState> {
    change(headquarters, key, Setup::disable).await
}

async fn change(
    headquarters: &Headquarters,
    key: String,
    change: fn(&mut Setup, &str) -> Result<()>,
) -> Result<FeatureState> {
    let feature = feature::find(&key)?;
    let changed = headquarters.writer.change_setup(move |setup| change(setup, &key)).await?;
    Ok(state(&changed.setup, feature))
}

fn state(setup: &Setup, feature: &'static Feature) -> FeatureState {
    FeatureState { feature, enabled: feature::is_on(feature, &setup.enabled()) }
}
