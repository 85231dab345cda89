//! What 1070 and 1110 bring to a database, as the setup is now.

use crate::{
    domain::{
        configuration::{ChannelConfigurationRows, GlobalConfigurationRows},
        error::{Error, Result},
        origin::Origin,
    },
    headquarters::operations::Headquarters,
};

/// The whole of a job, with its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned<T> {
    pub rows: T,
    pub version: i64,
}

/// 1070: the channels that the origin's database serves, and what they refer to.
///
/// # Errors
/// `DatabaseNotRegistered`, `Unavailable`.
pub async fn channel_configuration(
    headquarters: &Headquarters,
    origin: Origin,
) -> Result<Versioned<ChannelConfigurationRows>> {
    let database = registered(headquarters, origin).await?;
    let setup = headquarters.store.setup().await?;
    Ok(Versioned {
        rows: setup.setup.channel_configuration(&database),
        version: setup.version.channel_configuration,
    })
}

/// 1110, which is the same for every database.
///
/// # Errors
/// `DatabaseNotRegistered`, `Unavailable`.
pub async fn global_configuration(
    headquarters: &Headquarters,
    origin: Origin,
) -> Result<Versioned<GlobalConfigurationRows>> {
    registered(headquarters, origin).await?;
    let setup = headquarters.store.setup().await?;
    Ok(Versioned {
        rows: setup.setup.global_configuration(),
        version: setup.version.global_configuration,
    })
}

/// Name under which the origin is registered.
pub(super) async fn registered(headquarters: &Headquarters, origin: Origin) -> Result<String> {
    let standing = headquarters.store.standing(origin, "").await?;
    standing.registered_as.ok_or(Error::DatabaseNotRegistered)
}
