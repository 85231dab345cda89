//! `UploadRevisions`.

use prost::Message as _;

use crate::{
    domain::error::Result,
    headquarters::{Headquarters, grpc::unreadable, jobs, operations},
    proto::exchange::{UploadRevisionsRequest, UploadRevisionsResponse},
    wire,
};

pub(super) async fn upload(
    headquarters: &Headquarters,
    request: UploadRevisionsRequest,
) -> Result<UploadRevisionsResponse> {
    let (rows, bytes) = (request.revisions.len() as u64, request.encoded_len() as u64);
    let origin = wire::origin(request.origin).map_err(unreadable)?;
    let revisions = request.revisions.into_iter();
    let submissions = revisions
        .map(|revision| wire::uploaded_submission(origin, revision))
        .collect::<Result<_, _>>()
        .map_err(unreadable)?;
    let position = operations::upload_revisions(headquarters, origin, submissions).await?;
    if rows > 0 {
        jobs::note_upload(headquarters, rows, bytes).await;
    }
    Ok(UploadRevisionsResponse {
        last_counter: position.last_counter.0,
        last_revision_id: position.last_revision_id.map(|id| id.to_string()).unwrap_or_default(),
    })
}
