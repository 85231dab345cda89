//! Which channel database speaks.

use crate::{
    domain::{
        error::{Error, Result},
        origin::Origin,
    },
    headquarters::Headquarters,
};

/// Name under which the origin is registered.
///
/// # Errors
/// `DatabaseNotRegistered`, `Unavailable`.
pub(super) async fn registered(headquarters: &Headquarters, origin: Origin) -> Result<String> {
    let standing = headquarters.store.standing(origin, "").await?;
    standing.registered_as.ok_or(Error::DatabaseNotRegistered)
}
