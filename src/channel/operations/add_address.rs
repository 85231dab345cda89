//! Adds an address to a customer.

use std::sync::Arc;

use crate::{
    channel::operations::{
        Context, Envelope, Unit,
        route::route,
        write::{Admission, Admitted, Prepared, parse_customer},
    },
    domain::{
        error::{FieldReason, Result},
        field::Fields,
        id::CustomerId,
        routing::Operation,
        validation::{self, AddressInput},
        write::{Answer, Command, Method},
    },
};

#[derive(Debug, Clone, Default)]
pub struct AddAddress {
    pub envelope: Envelope,
    /// Resource name of the customer.
    pub customer: String,
    pub address: Option<AddressInput>,
}

/// # Errors
/// See `AddAddress` in `customer_service.proto`.
pub async fn add_address(
    unit: &Arc<Unit>,
    context: &Context,
    request: AddAddress,
) -> Result<Answer> {
    let admitted = match unit.admit(Method::AddAddress, &request.envelope).await? {
        Admission::Open(admitted) => admitted,
        Admission::Replay(answer) => return Ok(*answer),
    };
    let prepared = prepare(unit, context, &admitted, request).await;
    unit.finish(context, &admitted, prepared).await
}

async fn prepare(
    unit: &Unit,
    context: &Context,
    admitted: &Admitted,
    request: AddAddress,
) -> Result<Prepared> {
    let mut checker = admitted.checker();
    let customer_id = parse_customer("customer", &request.customer);
    // Its type gives the purpose a default; that there is none is said after all that is wrong with the fields.
    let known = match &customer_id {
        Ok(id) => unit.store.customers(&[*id]).await?.pop(),
        Err(violation) => {
            checker.extend(vec![violation.clone()]);
            None
        }
    };
    let primary = request.address.as_ref().is_some_and(|input| input.primary);
    let fields = if let Some(input) = &request.address {
        let organization = known.as_ref().is_some_and(|known| known.customer.is_organization());
        validation::address(&mut checker, "address", input, organization)
    } else {
        checker.add("address", FieldReason::Required, "is required");
        Fields::default()
    };
    let fields = checker.finish(fields)?;
    let customer_id = customer_id.unwrap_or(CustomerId(uuid::Uuid::nil()));
    let Some(known) = known else { return Err(unit.customer_not_found().await) };
    let configuration = &admitted.aged.configuration;
    let route = route(unit, context, configuration, Operation::AddAddress, Some(&known), None);
    let id = admitted.request_id.address_id(0);
    let command = Command::AddAddress { id, fields, primary };
    Ok(Prepared { customer_id, command, route })
}
