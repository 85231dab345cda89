//! Takes the async writes of a channel database into the inbox. The batch makes customers of them.

use crate::{
    domain::{
        error::Result,
        origin::Origin,
        submission::Submission,
        upload::{self, Position},
    },
    headquarters::operations::{Headquarters, registered::registered},
};

/// Answers how far headquarters is, durable. Revisions that it has are passed over; none only asks. What was
/// acknowledged is taken, also for a channel that has moved to another database since: only real-time calls are
/// refused for that.
///
/// # Errors
/// `DatabaseNotRegistered`, `InvalidFields`, `UploadGap`, `OriginDiverged`, `StoreConflict`, `Unavailable`.
pub async fn upload_revisions(
    headquarters: &Headquarters,
    origin: Origin,
    submissions: Vec<Submission>,
) -> Result<Position> {
    registered(headquarters, origin).await?;
    upload::check(&submissions)?;
    if submissions.is_empty() {
        return Ok(headquarters.store.origin(origin).await?);
    }
    headquarters.writer.receive(origin, submissions).await
}
