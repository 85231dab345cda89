//! `CreateCustomer`.

use std::sync::Arc;

use crate::{
    channel::{
        grpc::convert::{answer, envelope, input},
        operations::{Context, CreateCustomer, Unit, create_customer},
    },
    domain::error::Result,
    proto::channel::{CreateCustomerRequest, CreateCustomerResponse},
};

pub(super) async fn create(
    unit: &Arc<Unit>,
    context: &Context,
    mut request: CreateCustomerRequest,
) -> Result<CreateCustomerResponse> {
    let operation = CreateCustomer {
        envelope: envelope::take(&mut request),
        customer_id: request.customer_id,
        customer: request.customer.map(input::customer),
    };
    create_customer(unit, context, operation).await.map(|done| answer::created(&done))
}
