//! Asks the routing.

use crate::{
    channel::operations::{Context, Unit},
    domain::{
        configuration::ChannelConfiguration,
        error::{Error, Result},
        id::AddressId,
        known::KnownCustomer,
        routing::{self, Inputs, Operation, Route, Standing, TimeLeft},
        sync::Entity,
        write::Mode,
    },
};

/// The way of an operation now. `known`: the customer it is about, unless it creates one; `address`: the one it
/// edits or removes.
pub(super) fn route(
    unit: &Unit,
    context: &Context,
    configuration: &ChannelConfiguration,
    operation: Operation,
    known: Option<&KnownCustomer>,
    address: Option<AddressId>,
) -> Route {
    let entity = address.map_or(Entity::Customer, Entity::Address);
    let enough = unit.call_budget.of(context.deadline.time_left()).is_some();
    routing::decide(&Inputs {
        operation,
        connectivity: unit.connectivity,
        headquarters: unit.headquarters(),
        time_left: if enough { TimeLeft::Enough } else { TimeLeft::TooLittle },
        customer: known.map_or(Standing::Pending, KnownCustomer::standing),
        address: address.and_then(|id| known?.address_standing(id)).unwrap_or(Standing::Pending),
        edits_waiting: known.is_some_and(|known| known.edits_waiting(entity)),
        flags: configuration.flags,
    })
}

/// The mode of a write that is performed in the channel. A call to headquarters has nobody to go to here, which
/// is a communication failure.
pub(super) fn asynchronous(operation: Operation, route: Route) -> Result<Mode> {
    match route {
        Route::Async(reason) => Ok(Mode::Async(reason)),
        Route::Refused(refusal) => Err(Error::Refused(refusal)),
        Route::RealTime(_) => match routing::after_communication_failure(operation) {
            Route::Async(reason) => Ok(Mode::Async(reason)),
            Route::Refused(refusal) => Err(Error::Refused(refusal)),
            Route::RealTime(_) => Err(Error::Internal),
        },
    }
}
