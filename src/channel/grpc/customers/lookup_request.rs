//! `LookupRequest`.

use crate::{
    channel::{
        grpc::convert::answer,
        operations::{self, Context, Found, Unit},
    },
    domain::error::Result,
    proto::channel::{LookupRequestRequest, LookupRequestResponse, RequestState},
};

pub(super) async fn lookup_request(
    unit: &Unit,
    context: &Context,
    request: LookupRequestRequest,
) -> Result<LookupRequestResponse> {
    let bare = |state: RequestState| LookupRequestResponse {
        state: state.into(),
        ..LookupRequestResponse::default()
    };
    let looked_up = operations::lookup_request(unit, context, &request.request_id).await?;
    let answer = match looked_up.found {
        Found::Completed(found) => answer::completed(&found),
        Found::InProgress => bare(RequestState::InProgress),
        Found::Nothing => bare(RequestState::NotSeen),
    };
    Ok(LookupRequestResponse { headquarters_asked: looked_up.headquarters_asked, ..answer })
}
