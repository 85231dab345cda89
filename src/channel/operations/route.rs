//! Asks the routing.

use crate::{
    channel::operations::{Context, Unit},
    domain::{
        configuration::ChannelConfiguration,
        id::AddressId,
        known::KnownCustomer,
        routing::{self, Inputs, Operation, Route, Standing, TimeLeft},
        sync::Entity,
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
    let enough = unit.budget(context).is_some();
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
