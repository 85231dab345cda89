//! Writes as the operations hand them to the writer, for tests below gRPC.

use csu::{
    domain::{
        caller::Caller,
        configuration::ConfigurationVersion,
        customer::{Contact, ContactKind},
        field::{AddressField, CustomerField, Field, Fields},
        id::{CustomerId, RequestId},
        routing::AsyncReason,
        write::{Command, Execution, Mode, NewAddress, NewCustomer, Write},
    },
    runtime::{clock::SystemClock, ids},
};

/// A fresh v7.
pub fn request_id() -> RequestId {
    ids::new_request_id(&SystemClock)
}

pub fn fields<F: Field, const N: usize>(values: [(F, &str); N]) -> Fields<F> {
    values.into_iter().map(|(field, value)| (field, value.to_owned())).collect()
}

/// Karen with this last name, a phone, an e-mail address and two addresses.
pub fn create(last_name: &str) -> Write {
    let request = request_id();
    let contact = |index, kind, value: &str| Contact {
        id: request.contact_id(index),
        kind,
        value: value.to_owned(),
        typed: String::new(),
    };
    let address = |index, street| NewAddress {
        id: request.address_id(index),
        fields: fields([(AddressField::Street, street), (AddressField::City, "Seattle")]),
        primary: false,
    };
    let new = NewCustomer {
        fields: fields([
            (CustomerField::Type, "PERSON"),
            (CustomerField::FirstName, "Karen"),
            (CustomerField::LastName, last_name),
        ]),
        contacts: vec![
            contact(0, ContactKind::Phone, "+14255550100"),
            contact(1, ContactKind::Email, "karen@example.com"),
        ],
        addresses: vec![address(0, "1 Pike Place"), address(1, "2 Pine Street")],
    };
    create_as(request, new)
}

/// A customer with a name and nothing else.
pub fn create_bare(last_name: &str) -> Write {
    let fields = fields([(CustomerField::Type, "PERSON"), (CustomerField::LastName, last_name)]);
    create_as(request_id(), NewCustomer { fields, contacts: Vec::new(), addresses: Vec::new() })
}

/// A customer that is found by these phones, which may be any text: nothing is checked here.
pub fn create_with_phones(phones: &[&str]) -> Write {
    let request = request_id();
    let contacts = phones.iter().enumerate().map(|(index, phone)| Contact {
        id: request.contact_id(index),
        kind: ContactKind::Phone,
        value: (*phone).to_owned(),
        typed: String::new(),
    });
    let new = NewCustomer {
        fields: fields([(CustomerField::LastName, "Phone")]),
        contacts: contacts.collect(),
        addresses: Vec::new(),
    };
    create_as(request, new)
}

pub fn create_as(request_id: RequestId, new: NewCustomer) -> Write {
    write(request_id, request_id.customer_id(), Command::CreateCustomer(new))
}

/// Gives a customer another last name.
pub fn rename(customer: CustomerId, last_name: &str) -> Write {
    let patch = fields([(CustomerField::LastName, last_name)]).as_patch();
    write(request_id(), customer, Command::UpdateCustomer { patch, etag: None })
}

pub fn add_address(customer: CustomerId, street: &str) -> Write {
    let request = request_id();
    let fields = fields([(AddressField::Street, street)]);
    write(
        request,
        customer,
        Command::AddAddress { id: request.address_id(0), fields, primary: true },
    )
}

/// Any write, at SEATTLE, with a hash that tells contents apart.
pub fn write(request_id: RequestId, customer_id: CustomerId, command: Command) -> Write {
    Write {
        request_id,
        request_hash: *blake3::hash(format!("{command:?}").as_bytes()).as_bytes(),
        customer_id,
        channel: "SEATTLE".to_owned(),
        caller: Caller::anonymous(),
        command,
        execution: Execution {
            mode: Mode::Async(AsyncReason::ProfileAsyncCreate),
            configuration_version: ConfigurationVersion::default(),
            configuration_age: std::time::Duration::ZERO,
            headquarters_duration: None,
        },
        performed: None,
    }
}
