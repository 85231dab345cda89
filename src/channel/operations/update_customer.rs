//! Changes a customer.

use std::sync::Arc;

use crate::{
    channel::operations::{
        Context, Envelope, Unit,
        route::route,
        write::{Admission, Admitted, Prepared, parse_customer},
    },
    domain::{
        error::{Error, Result, Violation},
        field::{CustomerField, Patch},
        id::CustomerId,
        mask::customer_mask,
        routing::Operation,
        validation::{self, CustomerInput},
        write::{Answer, Command, Method},
    },
};

#[derive(Debug, Clone, Default)]
pub struct UpdateCustomer {
    pub envelope: Envelope,
    /// Resource name.
    pub name: String,
    pub customer: CustomerInput,
    /// `None`: not given.
    pub update_mask: Option<Vec<String>>,
    /// Empty: whatever the customer is now.
    pub etag: String,
}

/// # Errors
/// See `UpdateCustomer` in `customer_service.proto`.
pub async fn update_customer(
    unit: &Arc<Unit>,
    context: &Context,
    request: UpdateCustomer,
) -> Result<Answer> {
    let admitted = match unit.admit(Method::UpdateCustomer, &request.envelope).await? {
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
    request: UpdateCustomer,
) -> Result<Prepared> {
    let (customer_id, patch) = match check(admitted, &request) {
        Err(Error::InvalidFields(violations)) => {
            return Err(with_names(unit, &request, violations).await);
        }
        checked => checked?,
    };
    let known = unit.customer(customer_id).await?;
    let configuration = &admitted.aged.configuration;
    let route = route(unit, context, configuration, Operation::UpdateCustomer, Some(&known), None);
    let etag = Some(request.etag).filter(|etag| !etag.is_empty());
    let command = Command::UpdateCustomer { patch, etag };
    Ok(Prepared { customer_id, command, route })
}

/// Adds what is wrong with the names as they would be together, so that the caller is told everything at once.
async fn with_names(unit: &Unit, request: &UpdateCustomer, violations: Vec<Violation>) -> Error {
    let names = async {
        let id = CustomerId::from_resource_name(&request.name)?;
        let mask =
            customer_mask(Some(request.update_mask.as_ref()?.iter().map(String::as_str))).ok()?;
        let mut fields = unit.store.customers(&[id]).await.ok()?.pop()?.customer.fields;
        for field in mask {
            fields.set(field, request.customer.texts.get(field).trim());
        }
        Some(validation::names(&fields, "customer"))
    };
    let mut all = violations;
    for violation in names.await.unwrap_or_default() {
        if !all.iter().any(|other| other.field == violation.field) {
            all.push(violation);
        }
    }
    Error::InvalidFields(all)
}

/// A bad mask leaves open which values are meant, so those are checked only under a good one.
fn check(
    admitted: &Admitted,
    request: &UpdateCustomer,
) -> Result<(CustomerId, Patch<CustomerField>)> {
    let mut violations = Vec::new();
    let customer_id = parse_customer("customer.name", &request.name).unwrap_or_else(|violation| {
        violations.push(violation);
        CustomerId(uuid::Uuid::nil())
    });
    let paths = request.update_mask.as_ref().map(|paths| paths.iter().map(String::as_str));
    let mask = match customer_mask(paths) {
        Ok(mask) => mask,
        Err(Error::InvalidFieldMask(bad))
            if violations.is_empty() && admitted.violations.is_empty() =>
        {
            return Err(Error::InvalidFieldMask(bad));
        }
        Err(Error::InvalidFieldMask(bad)) => {
            violations.extend(bad);
            Vec::new()
        }
        Err(other) => return Err(other),
    };
    let mut checker = admitted.checker();
    checker.extend(violations);
    let patch = validation::customer_patch(checker, &mask, &request.customer)?;
    Ok((customer_id, patch))
}
