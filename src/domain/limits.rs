//! Headquarters' limits, checked at capture: nothing is truncated anywhere.

use std::collections::BTreeMap;

use crate::domain::field::{AddressField, CustomerField, Field as _};

/// Most addresses that a customer may have.
pub const MAX_ADDRESSES: usize = 100;
/// Most contacts that a customer may have.
pub const MAX_CONTACTS: usize = 50;

/// Most characters (Unicode scalar values) of each field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    customer: BTreeMap<CustomerField, u32>,
    address: BTreeMap<AddressField, u32>,
    pub phone: u32,
    pub email: u32,
}

impl Default for Limits {
    /// The product's own, which hold unless 1110 says otherwise.
    fn default() -> Self {
        Self {
            customer: CustomerField::ALL
                .iter()
                .map(|field| (*field, default_customer_limit(*field)))
                .collect(),
            address: AddressField::ALL
                .iter()
                .map(|field| (*field, default_address_limit(*field)))
                .collect(),
            phone: 20,
            email: 255,
        }
    }
}

impl Limits {
    pub fn customer(&self, field: CustomerField) -> u32 {
        self.customer.get(&field).copied().unwrap_or_else(|| default_customer_limit(field))
    }

    pub fn address(&self, field: AddressField) -> u32 {
        self.address.get(&field).copied().unwrap_or_else(|| default_address_limit(field))
    }

    /// Whether there is a limit of this name.
    pub fn has(field: &str) -> bool {
        match field.split_once('.') {
            Some(("customer", name)) => CustomerField::from_name(name).is_some(),
            Some(("address", name)) => AddressField::from_name(name).is_some(),
            Some(_) => false,
            None => ["phone", "email"].contains(&field),
        }
    }

    /// From the rows of 1110: `customer.first_name`, `address.street`, `phone`, `email`.
    pub fn from_rows(rows: &BTreeMap<String, u32>) -> Self {
        let mut limits = Self::default();
        for (field, limit) in rows {
            match field.split_once('.') {
                Some(("customer", name)) => {
                    if let Some(field) = CustomerField::from_name(name) {
                        limits.customer.insert(field, *limit);
                    }
                }
                Some(("address", name)) => {
                    if let Some(field) = AddressField::from_name(name) {
                        limits.address.insert(field, *limit);
                    }
                }
                None if field == "phone" => limits.phone = *limit,
                None if field == "email" => limits.email = *limit,
                _ => {}
            }
        }
        limits
    }
}

fn default_customer_limit(field: CustomerField) -> u32 {
    match field {
        CustomerField::FirstName
        | CustomerField::MiddleName
        | CustomerField::LastName
        | CustomerField::OrganizationName => 100,
        CustomerField::ReceiptEmail => 255,
        CustomerField::IdentificationNumber => 50,
        CustomerField::CustomerGroup => 20,
        // Canonical values of bounded sets; the bound only guards the parsers.
        CustomerField::Type
        | CustomerField::Language
        | CustomerField::Currency
        | CustomerField::ReceiptOption
        | CustomerField::PrimaryPhone
        | CustomerField::PrimaryEmail => 36,
    }
}

fn default_address_limit(field: AddressField) -> u32 {
    match field {
        AddressField::Street => 250,
        AddressField::Building | AddressField::District | AddressField::City => 60,
        AddressField::StreetNumber => 20,
        AddressField::Purpose => 36,
        AddressField::County
        | AddressField::State
        | AddressField::PostalCode
        | AddressField::Country => 10,
    }
}
