//! `SetRecurrence`.

use crate::{
    domain::error::Result,
    headquarters::{
        grpc::scheduler::convert,
        operations::{Headquarters, scheduler},
    },
    proto::headquarters::{SetRecurrenceRequest, SetRecurrenceResponse},
};

pub(super) async fn set(
    headquarters: &Headquarters,
    request: SetRecurrenceRequest,
) -> Result<SetRecurrenceResponse> {
    let SetRecurrenceRequest { job, recurrence } = request;
    let state = scheduler::set_recurrence(headquarters, &job, &recurrence).await?;
    Ok(SetRecurrenceResponse { job: Some(convert::job(state)) })
}
