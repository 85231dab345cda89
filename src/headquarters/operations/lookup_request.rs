//! Says what became of a write.

use crate::{
    domain::{
        base::Base, error::Result, id::RequestId, origin::Origin, submission::PerformedRequest,
    },
    headquarters::operations::{Headquarters, registered::registered},
};

/// The memory of a write with its customer as it is now; `None`: none was performed with this id. It always asks the
/// database: units ask this to learn whether headquarters is there, with all that it needs, and takes their writes.
///
/// # Errors
/// `DatabaseNotRegistered`, `Unavailable`.
pub async fn lookup_request(
    headquarters: &Headquarters,
    origin: Origin,
    id: RequestId,
) -> Result<Option<(PerformedRequest, Base)>> {
    registered(headquarters, origin).await?;
    let performed = headquarters.store.performed(id).await?;
    Ok(performed.map(|(memory, record)| (memory, record.base)))
}
