//! `LookupRequest`.

use crate::{
    channel::{
        grpc::convert::answer,
        operations::{self, LookedUp, Unit},
    },
    domain::error::Result,
    proto::channel::{LookupRequestRequest, LookupRequestResponse, RequestState},
};

pub(super) async fn lookup_request(
    unit: &Unit,
    request: LookupRequestRequest,
) -> Result<LookupRequestResponse> {
    let bare = |state: RequestState| LookupRequestResponse {
        state: state.into(),
        ..LookupRequestResponse::default()
    };
    Ok(match operations::lookup_request(unit, &request.request_id).await? {
        LookedUp::Completed(found) => answer::completed(&found),
        LookedUp::InProgress => bare(RequestState::InProgress),
        LookedUp::NotSeen => bare(RequestState::NotSeen),
    })
}
