//! `LookupRequest`.

use crate::{
    domain::{base::Base, error::Result, submission},
    headquarters::{
        grpc::unreadable,
        operations::{self, Headquarters},
    },
    proto::headquarters::{LookupRequestRequest, LookupRequestResponse, PerformedRequest},
    wire,
};

pub(super) async fn lookup(
    headquarters: &Headquarters,
    request: LookupRequestRequest,
) -> Result<LookupRequestResponse> {
    let id = wire::request_id(&request.request_id).map_err(unreadable)?;
    let origin = wire::origin(request.origin).map_err(unreadable)?;
    let performed = operations::lookup_request(headquarters, origin, id).await?;
    let performed = performed.map(|(memory, base)| message(&memory, &base));
    Ok(LookupRequestResponse { performed })
}

fn message(memory: &submission::PerformedRequest, base: &Base) -> PerformedRequest {
    PerformedRequest {
        request_hash: memory.request_hash.to_vec(),
        method: memory.method.name().to_owned(),
        decision: Some(wire::decision_message(&memory.decision)),
        customer: Some(wire::customer_row(base)),
    }
}
