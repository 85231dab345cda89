//! `RetrySession`.

use crate::{
    domain::{error::Result, session::SessionId},
    headquarters::{
        grpc::scheduler::convert,
        operations::{Headquarters, scheduler},
    },
    proto::headquarters::{RetrySessionRequest, RetrySessionResponse},
};

pub(super) async fn retry(
    headquarters: &Headquarters,
    request: RetrySessionRequest,
) -> Result<RetrySessionResponse> {
    let state = scheduler::retry_session(headquarters, SessionId(request.session)).await?;
    Ok(RetrySessionResponse { session: Some(convert::session(state)) })
}
