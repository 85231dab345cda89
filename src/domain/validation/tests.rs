use super::*;
use crate::domain::{
    customer::{ContactKind, customer_type},
    field::{AddressField, CustomerField},
    limits::{MAX_ADDRESSES, MAX_CONTACTS},
    routing::{AsyncReason, RealTimeReason, Route},
    sample::{configuration, fields, patch, request},
    write::NewCustomer,
};

const REAL_TIME: Route = Route::RealTime(RealTimeReason::ProfileRealTime);
const ASYNC_CREATE: Route = Route::Async(AsyncReason::ProfileAsyncCreate);

fn person<const N: usize>(values: [(CustomerField, &str); N]) -> CustomerInput {
    let mut texts = fields(values);
    texts.set_default(CustomerField::FirstName, "Anna");
    CustomerInput { texts, ..CustomerInput::default() }
}

fn contact(kind: &'static str, value: &str) -> ContactInput {
    ContactInput { kind: Choice::Known(kind), value: value.to_owned(), primary: false }
}

fn city(name: &str) -> AddressInput {
    AddressInput { texts: fields([(AddressField::City, name)]), ..AddressInput::default() }
}

fn check(input: CustomerInput, route: Route) -> Result<NewCustomer> {
    new_customer(Checker::new(&configuration()), input, route, request(1))
}

pub(super) fn found<T: std::fmt::Debug>(checked: Result<T>) -> Vec<(String, FieldReason)> {
    match checked {
        Err(Error::InvalidFields(violations)) => {
            violations.into_iter().map(|violation| (violation.field, violation.reason)).collect()
        }
        other => panic!("{other:?}"),
    }
}

pub(super) fn expected<const N: usize>(
    violations: [(&str, FieldReason); N],
) -> Vec<(String, FieldReason)> {
    violations.into_iter().map(|(field, reason)| (field.to_owned(), reason)).collect()
}

#[test]
fn what_is_not_given_comes_from_the_default_customer_and_what_is_given_wins() {
    let new = check(person([]), REAL_TIME).unwrap();
    assert_eq!(
        new.fields,
        fields([
            (CustomerField::Type, customer_type::PERSON),
            (CustomerField::FirstName, "Anna"),
            (CustomerField::Language, "en-US"),
            (CustomerField::CustomerGroup, "RETAIL"),
            (CustomerField::Currency, "USD"),
            (CustomerField::ReceiptOption, "STANDARD"),
        ])
    );

    let given = [
        (CustomerField::FirstName, " Anna "),
        (CustomerField::Language, "it-it"),
        (CustomerField::CustomerGroup, "VIP"),
        (CustomerField::Currency, "eur"),
        (CustomerField::ReceiptEmail, "anna@Example.com"),
    ];
    let input = CustomerInput { receipt_option: Choice::Known("EMAIL"), ..person(given) };
    let new = check(input.clone(), REAL_TIME).unwrap();
    assert_eq!(
        new.fields,
        fields([
            (CustomerField::Type, customer_type::PERSON),
            (CustomerField::FirstName, "Anna"),
            (CustomerField::Language, "it-IT"),
            (CustomerField::CustomerGroup, "VIP"),
            (CustomerField::Currency, "EUR"),
            (CustomerField::ReceiptOption, "EMAIL"),
            (CustomerField::ReceiptEmail, "anna@example.com"),
        ])
    );
    assert_eq!(check(input, ASYNC_CREATE), Ok(new), "alike on both paths");
}

#[test]
fn ids_are_those_of_the_request_and_phones_keep_what_was_typed() {
    let input = CustomerInput {
        contacts: vec![
            contact("PHONE", "(713) 555-0142"),
            contact("EMAIL", "anna@example.com"),
            ContactInput { primary: true, ..contact("EMAIL", "work@example.com") },
        ],
        addresses: vec![city("Houston"), AddressInput { primary: true, ..city("Dallas") }],
        ..person([])
    };
    let new = check(input, REAL_TIME).unwrap();
    let kept: Vec<_> = new
        .contacts
        .iter()
        .map(|it| (it.id, it.kind, it.value.as_str(), it.typed.as_str()))
        .collect();
    assert_eq!(
        kept,
        [
            (request(1).contact_id(0), ContactKind::Phone, "+17135550142", "(713) 555-0142"),
            (request(1).contact_id(1), ContactKind::Email, "anna@example.com", ""),
            (request(1).contact_id(2), ContactKind::Email, "work@example.com", ""),
        ]
    );
    assert_eq!(new.fields.get(CustomerField::PrimaryEmail), request(1).contact_id(2).to_string());
    assert_eq!(new.fields.get(CustomerField::PrimaryPhone), "", "none was chosen");
    let addresses: Vec<_> = new.addresses.iter().map(|it| (it.id, it.primary)).collect();
    assert_eq!(addresses, [(request(1).address_id(0), false), (request(1).address_id(1), true)]);
}

#[test]
fn every_bad_field_is_reported_at_once_and_none_of_their_values() {
    const SECRET: &str = "Sekret";
    let long = SECRET.repeat(50);
    let texts = fields([
        (CustomerField::FirstName, &long[..101]),
        (CustomerField::OrganizationName, SECRET),
        (CustomerField::Language, SECRET),
        (CustomerField::CustomerGroup, SECRET),
        (CustomerField::Currency, SECRET),
        (CustomerField::ReceiptEmail, SECRET),
        (CustomerField::IdentificationNumber, "Sekret\u{7}"),
    ]);
    let address = fields([
        (AddressField::Street, &long[..251]),
        (AddressField::County, &long[..11]),
        (AddressField::PostalCode, &long[..11]),
        (AddressField::Country, SECRET),
    ]);
    let primary = |address| AddressInput { primary: true, ..address };
    let input = CustomerInput {
        texts,
        receipt_option: Choice::Unknown(77),
        contacts: vec![
            ContactInput { primary: true, ..contact("EMAIL", SECRET) },
            ContactInput { primary: true, ..contact("EMAIL", "anna@example.com") },
            contact("PHONE", SECRET),
            contact("PHONE", "  "),
            ContactInput { value: SECRET.to_owned(), primary: true, ..ContactInput::default() },
            ContactInput { primary: true, ..ContactInput::default() },
            ContactInput { kind: Choice::Unknown(9), ..ContactInput::default() },
        ],
        addresses: vec![
            primary(AddressInput { texts: address, ..AddressInput::default() }),
            primary(AddressInput { purpose: Choice::Unknown(66), ..city("Houston") }),
            AddressInput::default(),
        ],
        ..CustomerInput::default()
    };
    let checked = check(input, REAL_TIME);
    if let Err(Error::InvalidFields(violations)) = &checked {
        for Violation { field, description, .. } in violations {
            assert!(!description.contains(SECRET), "{field}: {description}");
            assert!(!field.contains(SECRET), "{field}");
        }
    }
    let mut found = found(checked);
    found.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(
        found,
        expected([
            ("customer.addresses", FieldReason::MultiplePrimaryAddresses),
            ("customer.addresses[0].country", FieldReason::InvalidCountry),
            ("customer.addresses[0].county", FieldReason::CountyLengthExceeded),
            ("customer.addresses[0].postal_code", FieldReason::TooLong),
            ("customer.addresses[0].street", FieldReason::StreetLengthExceeded),
            ("customer.addresses[1].purpose", FieldReason::InvalidEnumValue),
            ("customer.addresses[2]", FieldReason::EmptyAddress),
            ("customer.contacts[0].value", FieldReason::InvalidEmail),
            ("customer.contacts[1].primary", FieldReason::MultiplePrimaryContacts),
            ("customer.contacts[2].value", FieldReason::InvalidPhone),
            ("customer.contacts[3].value", FieldReason::Required),
            ("customer.contacts[4].kind", FieldReason::Required),
            ("customer.contacts[5].kind", FieldReason::Required),
            ("customer.contacts[6].kind", FieldReason::InvalidEnumValue),
            ("customer.currency", FieldReason::InvalidCurrency),
            ("customer.customer_group", FieldReason::UnknownCode),
            ("customer.first_name", FieldReason::TooLong),
            ("customer.identification_number", FieldReason::ControlCharacter),
            ("customer.language", FieldReason::InvalidLanguage),
            ("customer.organization_name", FieldReason::NotAllowedForType),
            ("customer.receipt_email", FieldReason::InvalidEmail),
            ("customer.receipt_option", FieldReason::InvalidEnumValue),
        ])
    );
}

#[test]
fn a_person_and_an_organization_have_names_of_their_own() {
    let named = |customer_type, names| {
        check(CustomerInput { texts: names, customer_type, ..CustomerInput::default() }, REAL_TIME)
    };
    let person = Choice::Known(customer_type::PERSON);
    let organization = Choice::Known(customer_type::ORGANIZATION);
    assert!(named(Choice::Unset, fields([(CustomerField::LastName, "Rossi")])).is_ok());
    assert!(named(organization, fields([(CustomerField::OrganizationName, "Contoso")])).is_ok());

    let table = [
        (
            named(
                person,
                fields([(CustomerField::MiddleName, "Maria"), (CustomerField::FirstName, "  ")]),
            ),
            expected([("customer.first_name", FieldReason::Required)]),
        ),
        (
            named(person, fields([(CustomerField::OrganizationName, "Contoso")])),
            expected([
                ("customer.first_name", FieldReason::Required),
                ("customer.organization_name", FieldReason::NotAllowedForType),
            ]),
        ),
        (
            named(organization, fields([(CustomerField::LastName, "Rossi")])),
            expected([
                ("customer.organization_name", FieldReason::Required),
                ("customer.last_name", FieldReason::NotAllowedForType),
            ]),
        ),
        (
            named(organization, fields([(CustomerField::OrganizationName, &"x".repeat(101))])),
            expected([("customer.organization_name", FieldReason::TooLong)]),
        ),
        (
            named(Choice::Unknown(9), fields([(CustomerField::OrganizationName, "Contoso")])),
            expected([("customer.type", FieldReason::InvalidEnumValue)]),
        ),
    ];
    for (checked, expected) in table {
        assert_eq!(found(checked), expected);
    }
}

#[test]
fn without_f1_only_the_profiles_async_create_refuses_secondary_contacts_by_name() {
    let input = CustomerInput {
        contacts: vec![
            contact("EMAIL", "anna@example.com"),
            contact("PHONE", "+390612345678"),
            contact("EMAIL", "work@example.com"),
            contact("PHONE", "+390612345679"),
        ],
        ..person([])
    };
    let not_allowed = FieldReason::FieldNotAllowedInAsyncCreate;
    assert_eq!(
        found(check(input.clone(), ASYNC_CREATE)),
        expected([("customer.contacts[2]", not_allowed), ("customer.contacts[3]", not_allowed)])
    );
    let one_of_each = CustomerInput { contacts: input.contacts[..2].to_vec(), ..input.clone() };
    assert_eq!(check(one_of_each, ASYNC_CREATE).unwrap().contacts.len(), 2);

    let others =
        AsyncReason::ALL.iter().filter(|reason| **reason != AsyncReason::ProfileAsyncCreate);
    for route in others.map(|reason| Route::Async(*reason)).chain([REAL_TIME]) {
        assert_eq!(
            check(input.clone(), route).unwrap().contacts.len(),
            4,
            "{route:?} drops nothing"
        );
    }
    let mut enhanced = configuration();
    enhanced.flags.enhanced_async_customer_creation = true;
    let new = new_customer(Checker::new(&enhanced), input, ASYNC_CREATE, request(1)).unwrap();
    assert_eq!(new.contacts.len(), 4);
}

#[test]
fn headquarters_limits_are_those_of_1110() {
    let mut configuration = configuration();
    let rows = [
        ("address.street", 5),
        ("customer.first_name", 3),
        ("email", 16),
        ("phone", 12),
        ("customer.shoe_size", 1),
    ];
    configuration.limits = crate::domain::limits::Limits::from_rows(
        &rows.into_iter().map(|(field, limit)| (field.to_owned(), limit)).collect(),
    );
    let mut input = person([]);
    input.contacts = vec![
        contact("EMAIL", "anna@example.com"),
        contact("EMAIL", "rossi@example.com"),
        contact("PHONE", "713 555 0142"),
        contact("PHONE", "+39 06 1234 5678"),
    ];
    input.addresses = vec![city("Houston")];
    input.addresses[0].texts.set(AddressField::Street, "Street");
    assert_eq!(
        found(new_customer(Checker::new(&configuration), input, REAL_TIME, request(1))),
        expected([
            ("customer.first_name", FieldReason::TooLong),
            ("customer.contacts[1].value", FieldReason::TooLong),
            ("customer.contacts[3].value", FieldReason::TooLong),
            ("customer.addresses[0].street", FieldReason::StreetLengthExceeded),
        ])
    );
}

#[test]
fn more_contacts_or_addresses_than_a_customer_may_have_are_refused() {
    let with = |contacts, addresses| CustomerInput {
        contacts: vec![contact("EMAIL", "anna@example.com"); contacts],
        addresses: vec![city("Houston"); addresses],
        ..person([])
    };
    let full = check(with(MAX_CONTACTS, MAX_ADDRESSES), REAL_TIME).unwrap();
    assert_eq!((full.contacts.len(), full.addresses.len()), (MAX_CONTACTS, MAX_ADDRESSES));
    assert_eq!(
        found(check(with(MAX_CONTACTS + 1, MAX_ADDRESSES + 1), REAL_TIME)),
        expected([
            ("customer.contacts", FieldReason::TooManyContacts),
            ("customer.addresses", FieldReason::TooManyAddresses),
        ])
    );
}

#[test]
fn a_change_takes_the_masked_fields_alone_and_can_not_clear_what_is_inherited() {
    let configuration = configuration();
    let input = CustomerInput {
        receipt_option: Choice::Known("EMAIL"),
        ..person([(CustomerField::LastName, " Bianchi "), (CustomerField::Currency, "bad")])
    };
    let change =
        |mask: &[CustomerField]| customer_patch(Checker::new(&configuration), mask, &input);
    assert_eq!(
        change(&[CustomerField::LastName, CustomerField::ReceiptOption, CustomerField::MiddleName]),
        Ok(patch([
            (CustomerField::LastName, "Bianchi"),
            (CustomerField::ReceiptOption, "EMAIL"),
            (CustomerField::MiddleName, ""),
        ]))
    );
    assert_eq!(
        found(change(&[
            CustomerField::Language,
            CustomerField::Currency,
            CustomerField::CustomerGroup
        ])),
        expected([
            ("customer.language", FieldReason::Required),
            ("customer.currency", FieldReason::InvalidCurrency),
            ("customer.customer_group", FieldReason::Required),
        ])
    );
}
