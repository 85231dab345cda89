//! `ReportSession`.

use std::sync::Arc;

use crate::{
    domain::{
        error::Result,
        session::{Report, SessionId},
    },
    exchange::service::applied,
    headquarters::{Headquarters, grpc::unreadable, operations::sessions},
    proto::exchange::{ReportSessionRequest, ReportSessionResponse, SessionResult},
    wire::{self, Malformed},
};

/// Most characters of an error.
const LONGEST_ERROR: usize = 500;

pub(super) async fn report(
    headquarters: &Arc<Headquarters>,
    request: ReportSessionRequest,
) -> Result<ReportSessionResponse> {
    let origin = wire::origin(request.origin.clone()).map_err(unreadable)?;
    let applied = applied(&request.applied)?;
    let id = SessionId(request.session);
    let report = read(&request).map_err(unreadable)?;
    sessions::report(headquarters, origin, id, report, applied).await?;
    Ok(ReportSessionResponse {})
}

fn read(request: &ReportSessionRequest) -> Result<Report, Malformed> {
    if request.error.contains('\0') {
        return Err(Malformed("error"));
    }
    let error = || request.error.chars().take(LONGEST_ERROR).collect();
    Ok(match request.result() {
        SessionResult::Unspecified => return Err(Malformed("result")),
        SessionResult::Downloaded => Report::Downloaded,
        SessionResult::Applied => Report::Applied,
        SessionResult::DownloadFailed => Report::DownloadFailed(error()),
        SessionResult::ApplyFailed => Report::ApplyFailed(error()),
        SessionResult::NotApplicable => Report::NotApplicable,
        SessionResult::Uploaded => Report::Uploaded { rows: request.rows, bytes: request.bytes },
        SessionResult::UploadFailed => Report::UploadFailed(error()),
    })
}
