//! What can't be taken is refused by name, all of it at once, and leaves nothing behind: neither in the database,
//! nor the request id burnt, nor a word of what was entered in the answer.

mod addresses;
mod create;
mod envelope;
mod reads;
mod reuse;
mod update;

use csu::proto::channel::{Address, Contact, Customer};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::harness::requests::{reason, violations};

/// An `INVALID_FIELD` with exactly these fields and reasons, in any order.
fn assert_fields(refused: &Status, expected: &[(&str, &str)]) {
    assert_eq!(reason(refused), (Code::InvalidArgument, "INVALID_FIELD".to_owned()));
    assert_violations(refused, expected);
}

fn assert_violations(refused: &Status, expected: &[(&str, &str)]) {
    let sorted = |mut fields: Vec<(String, String)>| {
        fields.sort();
        fields
    };
    let expected = expected.iter().map(|(field, why)| ((*field).to_owned(), (*why).to_owned()));
    assert_eq!(sorted(violations(refused)), sorted(expected.collect()));
}

/// Every error says who speaks, something to a person, and something of each field; and nowhere in it, details
/// included, stands what was entered.
fn assert_silent(refused: &Status, entered: &[String]) {
    assert_eq!(refused.get_details_error_info().unwrap().domain, "channel.commerce.csu");
    assert!(!refused.get_details_localized_message().unwrap().message.is_empty());
    for violation in
        refused.get_details_bad_request().into_iter().flat_map(|bad| bad.field_violations)
    {
        assert!(!violation.description.is_empty(), "{}", violation.field);
    }
    let details = String::from_utf8_lossy(refused.details());
    for value in entered.iter().filter(|value| value.trim().len() > 2) {
        let told = refused.message().contains(value.as_str()) || details.contains(value.as_str());
        assert!(!told, "{value:?} is repeated in {refused:?}");
    }
}

/// All that a person has entered.
fn entered(customer: &Customer) -> Vec<String> {
    let own = [
        &customer.first_name,
        &customer.middle_name,
        &customer.last_name,
        &customer.organization_name,
        &customer.customer_group,
        &customer.currency,
        &customer.receipt_email,
        &customer.identification_number,
    ];
    let contacts = customer.contacts.iter().map(|Contact { value, .. }| value);
    let addresses = customer.addresses.iter().flat_map(address_texts);
    own.into_iter().chain(contacts).chain(addresses).cloned().collect()
}

fn address_texts(address: &Address) -> [&String; 9] {
    [
        &address.street,
        &address.street_number,
        &address.building,
        &address.district,
        &address.city,
        &address.county,
        &address.state,
        &address.postal_code,
        &address.country,
    ]
}
