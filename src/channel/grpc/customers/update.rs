//! `UpdateCustomer`.

use std::sync::Arc;

use crate::{
    channel::{
        grpc::convert::{answer, envelope, input},
        operations::{Context, Unit, UpdateCustomer, update_customer},
    },
    domain::error::Result,
    proto::channel::{UpdateCustomerRequest, UpdateCustomerResponse},
};

pub(super) async fn update(
    unit: &Arc<Unit>,
    context: &Context,
    mut request: UpdateCustomerRequest,
) -> Result<UpdateCustomerResponse> {
    let envelope = envelope::take(&mut request);
    let customer = request.customer.unwrap_or_default();
    let operation = UpdateCustomer {
        envelope,
        name: customer.name.clone(),
        customer: input::customer(customer),
        update_mask: request.update_mask.map(|mask| mask.paths),
        etag: request.etag,
    };
    update_customer(unit, context, operation).await.map(|done| answer::updated(&done))
}
