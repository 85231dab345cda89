//! `AddAddress`.

use std::sync::Arc;

use crate::{
    channel::{
        grpc::convert::{answer, envelope, input},
        operations::{self, AddAddress, Context, Unit},
    },
    domain::error::Result,
    proto::channel::{AddAddressRequest, AddAddressResponse},
};

pub(super) async fn add_address(
    unit: &Arc<Unit>,
    context: &Context,
    mut request: AddAddressRequest,
) -> Result<AddAddressResponse> {
    let operation = AddAddress {
        envelope: envelope::take(&mut request),
        customer: request.customer,
        address: request.address.map(input::address),
    };
    operations::add_address(unit, context, operation).await.map(|done| answer::address_added(&done))
}
