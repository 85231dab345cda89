//! The write that a unit makes of a customer of the bench.

use std::time::Duration;

use crate::{
    bench::{callers::CHANNEL, people::customer_at},
    domain::{
        caller::Caller,
        configuration::ConfigurationVersion,
        customer::{Contact, ContactKind},
        field::{AddressField, CustomerField, Field, Fields},
        id::RequestId,
        routing::AsyncReason,
        write::{Command, Execution, Mode, NewAddress, NewCustomer, Write},
    },
    proto::channel as proto,
};

/// 2026-01-01, in milliseconds.
const FIRST_REQUEST: u64 = 1_767_225_600_000;

/// Names the create of the `number`th customer that is filled in, the same for the same seed: a v7, a millisecond after
/// that of the one before.
pub(super) fn filled_request_id(seed: u64, number: u64) -> RequestId {
    let mut hasher = blake3::Hasher::new_derive_key("csu 2026 bench request");
    hasher.update(&seed.to_le_bytes());
    hasher.update(&number.to_le_bytes());
    let mut random = [0; 10];
    random.copy_from_slice(&hasher.finalize().as_bytes()[..10]);
    let millis = FIRST_REQUEST + number;
    RequestId(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
}

/// The async create of the `number`th customer.
pub(super) fn create(request_id: RequestId, seed: u64, number: u64) -> Write {
    Write {
        request_id,
        request_hash: *blake3::hash(request_id.0.as_bytes()).as_bytes(),
        customer_id: request_id.customer_id(),
        channel: CHANNEL.to_owned(),
        caller: Caller::anonymous(),
        command: Command::CreateCustomer(new_customer(request_id, customer_at(seed, number))),
        execution: Execution {
            mode: Mode::Async(AsyncReason::ProfileAsyncCreate),
            configuration_version: ConfigurationVersion::default(),
            configuration_age: Duration::from_millis(1_234),
            headquarters_duration: None,
        },
        performed: None,
    }
}

fn new_customer(request_id: RequestId, customer: proto::Customer) -> NewCustomer {
    let contacts = customer.contacts.into_iter().enumerate().map(|(index, contact)| Contact {
        id: request_id.contact_id(index),
        kind: if index == 0 { ContactKind::Phone } else { ContactKind::Email },
        value: contact.value,
        typed: String::new(),
    });
    let addresses = customer.addresses.into_iter().enumerate().map(|(index, address)| NewAddress {
        id: request_id.address_id(index),
        fields: fields([
            (AddressField::Purpose, "HOME".to_owned()),
            (AddressField::Street, address.street),
            (AddressField::StreetNumber, address.street_number),
            (AddressField::City, address.city),
            (AddressField::State, address.state),
            (AddressField::PostalCode, address.postal_code),
            (AddressField::Country, "US".to_owned()),
        ]),
        primary: false,
    });
    NewCustomer {
        fields: fields([
            (CustomerField::Type, "PERSON".to_owned()),
            (CustomerField::FirstName, customer.first_name),
            (CustomerField::LastName, customer.last_name),
            (CustomerField::Language, "en-US".to_owned()),
            (CustomerField::CustomerGroup, "10".to_owned()),
            (CustomerField::Currency, "USD".to_owned()),
        ]),
        contacts: contacts.collect(),
        addresses: addresses.collect(),
    }
}

fn fields<F: Field, const N: usize>(values: [(F, String); N]) -> Fields<F> {
    values.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::write::Verdict;

    #[test]
    fn it_is_accepted_where_nobody_is() {
        let write = create(filled_request_id(1, 1), 1, 1);
        assert!(matches!(write.judge(None, None), Ok(Verdict::Append(_))));
    }

    #[test]
    fn the_same_seed_names_the_same_customers_in_order() {
        let names: Vec<_> = (0..100).map(|number| filled_request_id(7, number)).collect();
        assert!(names.is_sorted());
        assert_eq!(names[3], filled_request_id(7, 3));
        assert_ne!(names[3], filled_request_id(8, 3));
        assert!(names.iter().all(|name| name.0.get_version_num() == 7));
    }
}
