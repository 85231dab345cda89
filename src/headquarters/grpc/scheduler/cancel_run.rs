//! `CancelRun`.

use crate::{
    domain::{error::Result, job::RunId},
    headquarters::{
        grpc::scheduler::convert,
        operations::{Headquarters, scheduler},
    },
    proto::headquarters::{CancelRunRequest, CancelRunResponse},
};

pub(super) async fn cancel(
    headquarters: &Headquarters,
    request: CancelRunRequest,
) -> Result<CancelRunResponse> {
    let state = scheduler::cancel_run(headquarters, RunId(request.run)).await?;
    Ok(CancelRunResponse { run: Some(convert::run(state)) })
}
