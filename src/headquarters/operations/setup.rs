//! How channels are set up.

use std::collections::BTreeMap;

use crate::{
    domain::{
        error::Result,
        setup::{DatabaseGroup, Setup},
    },
    headquarters::operations::Headquarters,
};

pub use crate::headquarters::store::RegisteredDatabase;

/// The setup with the databases that have registered, by name.
pub struct Databases {
    pub setup: Setup,
    pub registered: BTreeMap<String, RegisteredDatabase>,
}

/// All that is set up.
///
/// # Errors
/// `Unavailable`.
pub async fn setup(headquarters: &Headquarters) -> Result<Setup> {
    Ok(headquarters.store.setup().await?.setup)
}

/// Saves or deletes one entry: `change` is a function of [`Setup`]. Says what is set up then.
///
/// # Errors
/// What `change` refuses; `StoreConflict`, `Unavailable`.
pub async fn change_setup(
    headquarters: &Headquarters,
    change: impl FnOnce(&mut Setup) -> Result<()> + Send + 'static,
) -> Result<Setup> {
    Ok(headquarters.writer.change_setup(change).await?.setup)
}

/// # Errors
/// `Unavailable`.
pub async fn databases(headquarters: &Headquarters) -> Result<Databases> {
    with_registered(headquarters, setup(headquarters).await?).await
}

/// # Errors
/// `InvalidFields`, `StoreConflict`, `Unavailable`.
pub async fn save_database_group(
    headquarters: &Headquarters,
    code: String,
    group: DatabaseGroup,
) -> Result<Databases> {
    let changed =
        change_setup(headquarters, move |setup| setup.save_database_group(&code, group)).await?;
    with_registered(headquarters, changed).await
}

/// `group`: empty for the one that is always there.
///
/// # Errors
/// `InvalidFields`, `StoreConflict`, `Unavailable`.
pub async fn save_database(
    headquarters: &Headquarters,
    name: String,
    group: String,
) -> Result<Databases> {
    let changed =
        change_setup(headquarters, move |setup| setup.save_database(&name, &group)).await?;
    with_registered(headquarters, changed).await
}

async fn with_registered(headquarters: &Headquarters, setup: Setup) -> Result<Databases> {
    let registered = headquarters.store.databases().await?;
    let registered =
        registered.into_iter().map(|database| (database.name.clone(), database)).collect();
    Ok(Databases { setup, registered })
}
