//! Finds one customer.

use crate::{
    channel::operations::{Unit, write::parse_customer},
    domain::{
        error::{Error, FieldReason, Result, Violation},
        id::CustomerId,
        known::KnownCustomer,
        search::{Criterion, TermKind, fold},
        validation,
    },
};

#[derive(Debug, Clone)]
pub enum CustomerKey {
    /// Resource name.
    Name(String),
    /// Final number or temporary GUID.
    AccountNumber(String),
}

/// # Errors
/// `InvalidFields`, `CustomerNotFound`, `Unavailable`.
pub async fn get_customer(unit: &Unit, key: Option<CustomerKey>) -> Result<KnownCustomer> {
    let invalid = |violation| Error::InvalidFields(vec![violation]);
    match key {
        None => Err(invalid(Violation::new(
            "key",
            FieldReason::Required,
            "give a resource name or an account number",
        ))),
        Some(CustomerKey::Name(name)) => {
            unit.customer(parse_customer("name", &name).map_err(invalid)?).await
        }
        Some(CustomerKey::AccountNumber(number)) => {
            let number = validation::search_account_number(&number)?;
            if number.is_empty() {
                let required = FieldReason::Required;
                return Err(invalid(Violation::new("account_number", required, "is required")));
            }
            match customer_of_number(unit, &number).await? {
                Some(id) => unit.customer(id).await,
                None => Err(unit.customer_not_found().await),
            }
        }
    }
}

/// The customer that has this final number or temporary GUID, if there may be one.
pub(super) async fn customer_of_number(unit: &Unit, number: &str) -> Result<Option<CustomerId>> {
    if let Ok(id) = number.parse() {
        return Ok(Some(id));
    }
    let criterion = Criterion { kind: TermKind::AccountNumber, text: fold(number), prefix: false };
    Ok(unit.store.search(&criterion, None, 1).await?.pop().map(|found| found.customer_id))
}
