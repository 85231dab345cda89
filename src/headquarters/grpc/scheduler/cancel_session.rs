//! `CancelSession`.

use crate::{
    domain::{error::Result, session::SessionId},
    headquarters::{
        grpc::scheduler::convert,
        operations::{Headquarters, scheduler},
    },
    proto::headquarters::{CancelSessionRequest, CancelSessionResponse},
};

pub(super) async fn cancel(
    headquarters: &Headquarters,
    request: CancelSessionRequest,
) -> Result<CancelSessionResponse> {
    let state = scheduler::cancel_session(headquarters, SessionId(request.session)).await?;
    Ok(CancelSessionResponse { session: Some(convert::session(state)) })
}
