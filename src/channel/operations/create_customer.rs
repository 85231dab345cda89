//! Creates a customer.

use crate::{
    channel::operations::{
        Context, Envelope, Unit,
        route::{asynchronous, route},
        write::Admitted,
    },
    domain::{
        error::{FieldReason, Result},
        id::CustomerId,
        routing::Operation,
        validation::{self, CustomerInput},
        write::{Answer, Command, Method, Write},
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
    unit: &Unit,
    context: &Context,
    request: CreateCustomer,
) -> Result<Answer> {
    let admitted = unit.admit(Method::CreateCustomer, &request.envelope).await?;
    let prepared = prepare(unit, context, &admitted, request);
    unit.finish(&admitted, prepared).await
}

fn prepare(
    unit: &Unit,
    context: &Context,
    admitted: &Admitted,
    request: CreateCustomer,
) -> Result<Write> {
    let mut checker = admitted.checker();
    let customer_id = match request.customer_id.as_str() {
        "" => admitted.request_id.customer_id(),
        chosen => chosen.parse().unwrap_or_else(|_| {
            checker.add("customer_id", FieldReason::InvalidId, "is no UUID");
            CustomerId(uuid::Uuid::nil())
        }),
    };
    if request.customer.is_none() {
        checker.add("customer", FieldReason::Required, "is required");
        return checker.finish(()).and(Err(crate::domain::error::Error::Internal));
    }
    let configuration = &admitted.aged.configuration;
    let route = route(unit, context, configuration, Operation::CreateCustomer, None, None);
    let input = request.customer.unwrap_or_default();
    let new = validation::new_customer(checker, input, route, admitted.request_id)?;
    let mode = asynchronous(Operation::CreateCustomer, route)?;
    Ok(admitted.write(context, customer_id, mode, Command::CreateCustomer(new)))
}
