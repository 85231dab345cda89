//! Says which way an operation would go now, by the function that decides real ones.

use crate::{
    channel::{
        configuration::Aged,
        operations::{Context, Unit, route::route, write::parse_customer},
    },
    domain::{
        error::{Error, FieldReason, Result, Violation},
        id::AddressId,
        routing::{Connectivity, Headquarters, Operation, Route},
        validation::Choice,
    },
};

#[derive(Debug, Clone, Default)]
pub struct ExplainRoute {
    pub channel: String,
    /// `None`: not given or no operation.
    pub operation: Option<Operation>,
    /// What was given where it is no operation.
    pub given: Choice,
    pub customer: String,
    pub address_id: String,
}

#[derive(Debug, Clone)]
pub struct ExplainedRoute {
    pub route: Route,
    pub aged: Aged,
    pub connectivity: Connectivity,
    pub headquarters: Headquarters,
}

/// # Errors
/// `InvalidFields`, `ChannelNotConfigured`, `CustomerNotFound`, `AddressNotFound`, `Unavailable`.
pub async fn explain_route(
    unit: &Unit,
    context: &Context,
    request: ExplainRoute,
) -> Result<ExplainedRoute> {
    let aged = unit.configuration.get(&request.channel).await?;
    let (operation, customer, address) = check(&request)?;
    let known = match customer {
        Some(id) => Some(unit.customer(id).await?),
        None => None,
    };
    if let (Some(known), Some(address)) = (&known, address) {
        known.address_standing(address).ok_or(Error::AddressNotFound)?;
    }
    let route = route(unit, context, &aged.configuration, operation, known.as_ref(), address);
    Ok(ExplainedRoute {
        route,
        aged,
        connectivity: unit.connectivity,
        headquarters: unit.headquarters(),
    })
}

fn parse_address(id: &str) -> Result<AddressId, Violation> {
    let violation = |reason, text| Violation::new("address_id", reason, text);
    if id.is_empty() {
        return Err(violation(FieldReason::Required, "is required"));
    }
    id.parse().map_err(|_| violation(FieldReason::InvalidId, "is no UUID"))
}

type Subject = (Operation, Option<crate::domain::id::CustomerId>, Option<AddressId>);

fn check(request: &ExplainRoute) -> Result<Subject> {
    let mut violations = Vec::new();
    if request.operation.is_none() {
        violations.push(match request.given {
            Choice::Unknown(number) => Violation::new(
                "operation",
                FieldReason::InvalidEnumValue,
                format!("{number} is no value of this enum"),
            ),
            _ => Violation::new("operation", FieldReason::Required, "is required"),
        });
    }
    let customer = match request.operation {
        None | Some(Operation::CreateCustomer) => None,
        Some(_) => parse_customer("customer", &request.customer)
            .map_err(|violation| violations.push(violation))
            .ok(),
    };
    let address = match request.operation {
        Some(Operation::EditAddress | Operation::RemoveAddress) => {
            parse_address(&request.address_id).map_err(|violation| violations.push(violation)).ok()
        }
        _ => None,
    };
    match request.operation {
        Some(operation) if violations.is_empty() => Ok((operation, customer, address)),
        _ => Err(Error::InvalidFields(violations)),
    }
}
