//! Creates a customer.

use std::sync::Arc;

use crate::{
    channel::operations::{
        Context, Envelope, Unit,
        route::route,
        write::{Admission, Admitted, Prepared},
    },
    domain::{
        error::{FieldReason, Result},
        id::CustomerId,
        routing::Operation,
        validation::{self, CustomerInput},
        write::{Answer, Command, Method},
    },
};

#[derive(Debug, Clone, Default)]
pub struct CreateCustomer {
    pub envelope: Envelope,
    /// Empty: computed from the request id.
    pub customer_id: String,
    pub customer: Option<CustomerInput>,
}

/// # Errors
/// See `CreateCustomer` in `customer_service.proto`.
pub async fn create_customer(
    unit: &Arc<Unit>,
    context: &Context,
    request: CreateCustomer,
) -> Result<Answer> {
    let admitted = match unit.admit(Method::CreateCustomer, &request.envelope).await? {
        Admission::Open(admitted) => admitted,
        Admission::Replay(answer) => return Ok(*answer),
    };
    let prepared = prepare(unit, context, &admitted, request);
    unit.finish(context, &admitted, prepared).await
}

fn prepare(
    unit: &Unit,
    context: &Context,
    admitted: &Admitted,
    request: CreateCustomer,
) -> Result<Prepared> {
    let mut checker = admitted.checker();
    let customer_id = match request.customer_id.as_str() {
        "" => admitted.request_id.customer_id(),
        chosen => {
            chosen.parse::<CustomerId>().ok().filter(|id| !id.0.is_nil()).unwrap_or_else(|| {
                checker.add("customer_id", FieldReason::InvalidId, "is no UUID");
                CustomerId(uuid::Uuid::nil())
            })
        }
    };
    let Some(input) = request.customer else {
        checker.add("customer", FieldReason::Required, "is required");
        return Err(checker.into_error());
    };
    let configuration = &admitted.aged.configuration;
    let route = route(unit, context, configuration, Operation::CreateCustomer, None, None);
    let new = validation::new_customer(checker, input, route, admitted.request_id)?;
    let command = Command::CreateCustomer(new);
    Ok(Prepared { customer_id, command, route })
}
