//! Requests that stories start from, and what they say of errors.

use csu::{
    proto::channel::{
        AddAddressRequest, Address, Contact, ContactKind, CreateCustomerRequest, Customer,
        UpdateCustomerRequest,
    },
    runtime::{clock::SystemClock, ids},
};
use prost_types::FieldMask;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

pub const ASYNC_CHANNEL: &str = "SEATTLE";
pub const REAL_TIME_CHANNEL: &str = "HOUSTON";

/// A fresh v7.
pub fn request_id() -> String {
    ids::new_request_id(&SystemClock).to_string()
}

/// Karen Berg with a phone, an e-mail address and an address, at SEATTLE.
pub fn create() -> CreateCustomerRequest {
    CreateCustomerRequest {
        request_id: request_id(),
        channel: ASYNC_CHANNEL.to_owned(),
        customer: Some(Customer {
            first_name: "Karen".to_owned(),
            last_name: "Berg".to_owned(),
            contacts: vec![phone("(425) 555-0100"), email("karen@example.com")],
            addresses: vec![address("1 Pike Place")],
            ..Customer::default()
        }),
        ..CreateCustomerRequest::default()
    }
}

/// A person without contacts or addresses, at SEATTLE.
pub fn create_named(first_name: &str, last_name: &str) -> CreateCustomerRequest {
    CreateCustomerRequest {
        request_id: request_id(),
        channel: ASYNC_CHANNEL.to_owned(),
        customer: Some(Customer {
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            ..Customer::default()
        }),
        ..CreateCustomerRequest::default()
    }
}

/// An update at SEATTLE of the fields in the mask.
pub fn update(customer: Customer, paths: &[&str]) -> UpdateCustomerRequest {
    UpdateCustomerRequest {
        request_id: request_id(),
        channel: ASYNC_CHANNEL.to_owned(),
        customer: Some(customer),
        update_mask: Some(FieldMask { paths: paths.iter().map(ToString::to_string).collect() }),
        ..UpdateCustomerRequest::default()
    }
}

/// An address for a customer, at SEATTLE.
pub fn add_address(customer: &str, street: &str) -> AddAddressRequest {
    AddAddressRequest {
        request_id: request_id(),
        channel: ASYNC_CHANNEL.to_owned(),
        customer: customer.to_owned(),
        address: Some(address(street)),
        ..AddAddressRequest::default()
    }
}

pub fn phone(value: &str) -> Contact {
    Contact { kind: ContactKind::Phone.into(), value: value.to_owned(), ..Contact::default() }
}

pub fn email(value: &str) -> Contact {
    Contact { kind: ContactKind::Email.into(), value: value.to_owned(), ..Contact::default() }
}

pub fn address(street: &str) -> Address {
    Address {
        street: street.to_owned(),
        city: "Seattle".to_owned(),
        state: "WA".to_owned(),
        postal_code: "98101".to_owned(),
        ..Address::default()
    }
}

/// Code and reason of an error.
pub fn reason(status: &Status) -> (Code, String) {
    let info = status.get_details_error_info().expect("every error has an ErrorInfo");
    (status.code(), info.reason)
}

/// Field and reason of every violation of an error, in its order.
pub fn violations(status: &Status) -> Vec<(String, String)> {
    use prost::Message as _;
    use tonic_types::pb;
    let details = pb::Status::decode(status.details()).expect("google.rpc.Status");
    let bad_request = details
        .details
        .iter()
        .find(|detail| detail.type_url.ends_with("google.rpc.BadRequest"))
        .expect("a BadRequest");
    pb::BadRequest::decode(bad_request.value.as_slice())
        .expect("a BadRequest")
        .field_violations
        .into_iter()
        .map(|violation| (violation.field, violation.reason))
        .collect()
}
