//! `ExplainRoute`.

use crate::{
    channel::{
        grpc::convert::{duration, execution},
        operations::{Context, ExplainRoute, Unit, explain_route},
    },
    domain::{
        error::Result,
        routing::{self, Connectivity, Headquarters, Route},
        validation::Choice,
    },
    proto::channel::{ExecutionMode, ExplainRouteRequest, ExplainRouteResponse, Operation},
};

pub(super) async fn explain(
    unit: &Unit,
    context: &Context,
    request: ExplainRouteRequest,
) -> Result<ExplainRouteResponse> {
    let (operation, given) = operation(request.operation);
    let explained = explain_route(
        unit,
        context,
        ExplainRoute {
            channel: request.channel,
            operation,
            given,
            customer: request.customer,
            address_id: request.address_id,
        },
    )
    .await?;
    let (mode, reason, explanation) = match explained.route {
        Route::RealTime(why) => (ExecutionMode::RealTime, why.as_str(), why.explanation()),
        Route::Async(why) => (ExecutionMode::Async, why.as_str(), why.explanation()),
        Route::Refused(why) => (ExecutionMode::Unspecified, why.as_str(), why.explanation()),
    };
    Ok(ExplainRouteResponse {
        mode: mode.into(),
        refused: matches!(explained.route, Route::Refused(_)),
        reason: reason.to_owned(),
        explanation: explanation.to_owned(),
        configuration_version: Some(execution::version(explained.aged.configuration.version)),
        configuration_age: Some(duration(explained.aged.age)),
        caller_online: explained.connectivity == Connectivity::Online,
        headquarters_reachable: explained.headquarters == Headquarters::Reachable,
    })
}

fn operation(number: i32) -> (Option<routing::Operation>, Choice) {
    use routing::Operation as Routed;
    let operation = match Operation::try_from(number) {
        Ok(Operation::Unspecified) => return (None, Choice::Unset),
        Ok(Operation::CreateCustomer) => Routed::CreateCustomer,
        Ok(Operation::UpdateCustomer) => Routed::UpdateCustomer,
        Ok(Operation::AddAddress) => Routed::AddAddress,
        Ok(Operation::EditAddress) => Routed::EditAddress,
        Ok(Operation::RemoveAddress) => Routed::RemoveAddress,
        Ok(Operation::IssueLoyaltyCard) => Routed::IssueLoyaltyCard,
        Err(_) => return (None, Choice::Unknown(number)),
    };
    (Some(operation), Choice::Unset)
}
