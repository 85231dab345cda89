//! What callers send. Output-only fields are left aside.

use crate::{
    channel::grpc::convert::choice,
    domain::{
        field::{AddressField, CustomerField, Fields},
        validation::{AddressInput, ContactInput, CustomerInput},
    },
    proto::channel::{Address, Contact, Customer},
};

pub(in crate::channel::grpc) fn customer(customer: Customer) -> CustomerInput {
    let texts = [
        (CustomerField::FirstName, customer.first_name),
        (CustomerField::MiddleName, customer.middle_name),
        (CustomerField::LastName, customer.last_name),
        (CustomerField::OrganizationName, customer.organization_name),
        (CustomerField::Language, customer.language),
        (CustomerField::CustomerGroup, customer.customer_group),
        (CustomerField::Currency, customer.currency),
        (CustomerField::ReceiptEmail, customer.receipt_email),
        (CustomerField::IdentificationNumber, customer.identification_number),
    ];
    CustomerInput {
        texts: Fields::from_iter(texts),
        customer_type: choice::customer_type_of(customer.r#type),
        receipt_option: choice::receipt_option_of(customer.receipt_option),
        contacts: customer.contacts.into_iter().map(contact).collect(),
        addresses: customer.addresses.into_iter().map(address).collect(),
    }
}

pub(in crate::channel::grpc) fn address(address: Address) -> AddressInput {
    let texts = [
        (AddressField::Street, address.street),
        (AddressField::StreetNumber, address.street_number),
        (AddressField::Building, address.building),
        (AddressField::District, address.district),
        (AddressField::City, address.city),
        (AddressField::County, address.county),
        (AddressField::State, address.state),
        (AddressField::PostalCode, address.postal_code),
        (AddressField::Country, address.country),
    ];
    AddressInput {
        texts: Fields::from_iter(texts),
        purpose: choice::purpose_of(address.purpose),
        primary: address.primary,
    }
}

fn contact(contact: Contact) -> ContactInput {
    ContactInput {
        kind: choice::contact_kind_of(contact.kind),
        value: contact.value,
        primary: contact.primary,
    }
}
