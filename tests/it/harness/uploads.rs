//! Async revisions on their way to headquarters, and what becomes of them there.

use std::time::Duration;

use csu::{
    domain::{id::RequestId, time::Timestamp},
    headquarters::{
        jobs::{self, Synchronized},
        store::RevisionOutcome,
    },
    proto::exchange::{
        Origin, Revision, UploadRevisionsRequest, UploadRevisionsResponse, UploadedRevision,
    },
    wire,
};
use tokio_util::sync::CancellationToken;
use tonic::Status;

use super::{Database, Headquarters, START};

/// A revision with its counter, captured so many seconds after the start.
pub fn captured(counter: i64, seconds: u64, revision: Revision) -> UploadedRevision {
    let request: RequestId = revision.request_id.parse().expect("an id");
    let at: Timestamp = START.plus(Duration::from_secs(seconds));
    UploadedRevision {
        counter,
        id: request.revision_id().to_string(),
        capture_time: Some(wire::timestamp(at)),
        revision: Some(revision),
    }
}

/// Revisions with the counters from 1 on, captured one a second.
pub fn numbered(revisions: impl IntoIterator<Item = Revision>) -> Vec<UploadedRevision> {
    let numbered = (1_u64..).zip(revisions);
    numbered.map(|(at, revision)| captured(at.cast_signed(), at, revision)).collect()
}

pub async fn upload(
    headquarters: &Headquarters,
    origin: &Origin,
    revisions: &[UploadedRevision],
) -> Result<UploadRevisionsResponse, Status> {
    let request =
        UploadRevisionsRequest { origin: Some(origin.clone()), revisions: revisions.to_vec() };
    Ok(headquarters.exchange().upload_revisions(request).await?.into_inner())
}

/// Runs the batch to its end.
pub async fn synchronize(headquarters: &Headquarters) -> Synchronized {
    let operations = &headquarters.serving().headquarters;
    jobs::synchronize(operations, CancellationToken::new()).await.expect("it runs to its end")
}

/// Uploads what belongs together, and runs the batch.
pub async fn exchange(
    headquarters: &Headquarters,
    origin: &Origin,
    revisions: &[UploadedRevision],
) -> Synchronized {
    upload(headquarters, origin, revisions).await.expect("it is taken");
    synchronize(headquarters).await
}

/// All outcomes of an origin so far.
pub async fn outcomes(headquarters: &Headquarters, origin: &Origin) -> Vec<RevisionOutcome> {
    let store = &headquarters.serving().headquarters.store;
    let last = store.last_change().await.expect("a read");
    let origin = wire::origin(Some(origin.clone())).expect("an origin");
    store.outcomes(origin, 0, last, u32::MAX).await.expect("a read")
}

/// Counter, status, version and reason of every revision that was uploaded.
pub async fn statuses(database: &Database) -> Vec<String> {
    let query = "SELECT counter || ' ' || status || ' ' || coalesce(version, 0)
            || coalesce(' ' || error_reason, '')
        FROM revision WHERE counter > 0 ORDER BY database_id, counter";
    database.texts(query).await
}
