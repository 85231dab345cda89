//! What the tests of the rules start from.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::domain::{
    configuration::{ChannelConfiguration, ConfigurationVersion, DefaultCustomer, RoutingFlags},
    customer::{Address, Contact, ContactKind, Customer},
    field::{AddressField, CustomerField, Field, Fields, Patch},
    id::RequestId,
    known::KnownCustomer,
    limits::Limits,
    revision::{Change, Counter, Draft, Revision},
    time::Timestamp,
};

/// The request that made [`anna`].
pub const CREATION: u128 = 1;

pub fn request(number: u128) -> RequestId {
    RequestId(Uuid::from_u128(0x0195_e9f4_0000_7000_8000_0000_0000_0000 + number))
}

pub fn fields<F: Field, const N: usize>(values: [(F, &str); N]) -> Fields<F> {
    values.into_iter().map(|(field, value)| (field, value.to_owned())).collect()
}

pub fn patch<F: Field, const N: usize>(values: [(F, &str); N]) -> Patch<F> {
    values.into_iter().map(|(field, value)| (field, value.to_owned())).collect()
}

/// A customer with two e-mail addresses, a phone and two addresses, none of them chosen as primary.
pub fn anna() -> Customer {
    let request = request(CREATION);
    let contact = |index, kind, value: &str| Contact {
        id: request.contact_id(index),
        kind,
        value: value.to_owned(),
        typed: String::new(),
    };
    let address = |index, city, created_at| Address {
        id: request.address_id(index),
        fields: fields([(AddressField::Purpose, "HOME"), (AddressField::City, city)]),
        created_at: Timestamp(created_at),
    };
    Customer {
        id: request.customer_id(),
        account_number: None,
        created_by: request,
        fields: fields([
            (CustomerField::Type, "PERSON"),
            (CustomerField::FirstName, "Anna"),
            (CustomerField::LastName, "Rossi"),
            (CustomerField::Language, "it"),
        ]),
        contacts: vec![
            contact(0, ContactKind::Email, "anna@example.com"),
            contact(1, ContactKind::Email, "rossi@example.com"),
            contact(2, ContactKind::Phone, "+390612345678"),
        ],
        primary_address: None,
        addresses: vec![address(0, "Roma", 10), address(1, "Ostia", 20)],
        created_at: Timestamp(10),
        updated_at: Timestamp(20),
    }
}

/// As the database knows a customer that headquarters has sent, with nothing waiting.
pub fn synced(mut customer: Customer) -> KnownCustomer {
    customer.account_number = Some("C-0000042".to_owned());
    let synced_addresses = customer.addresses.iter().map(|address| address.id).collect();
    KnownCustomer { customer, version: Some(7), waiting: Vec::new(), synced_addresses }
}

/// What request number `number` wrote, as the revision with that counter.
pub fn revision(number: u32, changes: Vec<Change>) -> Revision {
    let draft = Draft {
        request_id: request(number.into()),
        customer_id: request(CREATION).customer_id(),
        base_version: None,
        changes,
    };
    draft.captured(Counter(number.into()), Timestamp(i64::from(number) * 1000))
}

/// HOUSTON with its profile and features off.
pub fn configuration() -> ChannelConfiguration {
    ChannelConfiguration {
        channel: "HOUSTON".to_owned(),
        version: ConfigurationVersion { channel_configuration: 3, global_configuration: 4 },
        country: "US".to_owned(),
        flags: RoutingFlags::default(),
        default_customer: DefaultCustomer {
            customer_group: "RETAIL".to_owned(),
            currency: "USD".to_owned(),
            language: "en-US".to_owned(),
            receipt_option: "STANDARD".to_owned(),
        },
        customer_groups: BTreeSet::from(["RETAIL".to_owned(), "VIP".to_owned()]),
        limits: Limits::default(),
    }
}
