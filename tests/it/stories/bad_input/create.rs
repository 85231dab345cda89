//! `CreateCustomer`.

use csu::proto::channel::{Address, Contact, CreateCustomerRequest, Customer, CustomerType};
use tonic_types::StatusExt as _;

use super::{assert_fields, assert_silent, entered};
use crate::harness::{
    Engine, Footprint, World,
    requests::{address, create, email, phone, request_id},
};

crate::on_both_engines!(
    all_bad_fields_at_once,
    each_bad_field_and_the_request_id_is_not_burnt,
    more_violations_than_fit_are_counted,
    checked_without_writing,
);

#[expect(clippy::too_many_lines, reason = "one list of all that can be wrong at once")]
async fn all_bad_fields_at_once(engine: Engine) {
    let world = World::new(engine).await;
    let before = Footprint::of(&world.database).await;
    let customer = Customer {
        r#type: 77,
        first_name: "F".repeat(101),
        middle_name: "Mid\u{7}dle".to_owned(),
        last_name: "L".repeat(101),
        organization_name: "O".repeat(101),
        language: "xx-Klingon".to_owned(),
        customer_group: "NOPE".to_owned(),
        currency: "QQQ".to_owned(),
        receipt_option: 99,
        receipt_email: "karen at example".to_owned(),
        identification_number: "I".repeat(51),
        contacts: vec![
            Contact { value: "no kind at all".to_owned(), ..Contact::default() },
            Contact { kind: 42, value: "+14255550100".to_owned(), ..Contact::default() },
            phone("12"),
            phone("not a number"),
            email("karen@"),
            email(&format!("{}@example.com", "k".repeat(250))),
            phone(""),
            Contact { primary: true, ..email("first@example.com") },
            Contact { primary: true, ..email("second@example.com") },
        ],
        ..Customer::default()
    };
    let request = CreateCustomerRequest {
        request_id: "karen".to_owned(),
        customer_id: "karen's".to_owned(),
        customer: Some(customer.clone()),
        ..create()
    };
    let refused = world.replica().create(request).await.unwrap_err();
    assert_fields(
        &refused,
        &[
            ("request_id", "INVALID_ID"),
            ("customer_id", "INVALID_ID"),
            ("customer.type", "INVALID_ENUM_VALUE"),
            ("customer.first_name", "TOO_LONG"),
            ("customer.middle_name", "CONTROL_CHARACTER"),
            ("customer.last_name", "TOO_LONG"),
            ("customer.organization_name", "TOO_LONG"),
            ("customer.language", "INVALID_LANGUAGE"),
            ("customer.customer_group", "UNKNOWN_CODE"),
            ("customer.currency", "INVALID_CURRENCY"),
            ("customer.receipt_option", "INVALID_ENUM_VALUE"),
            ("customer.receipt_email", "INVALID_EMAIL"),
            ("customer.identification_number", "TOO_LONG"),
            ("customer.contacts[0].kind", "REQUIRED"),
            ("customer.contacts[1].kind", "INVALID_ENUM_VALUE"),
            ("customer.contacts[2].value", "INVALID_PHONE"),
            ("customer.contacts[3].value", "INVALID_PHONE"),
            ("customer.contacts[4].value", "INVALID_EMAIL"),
            ("customer.contacts[5].value", "TOO_LONG"),
            ("customer.contacts[6].value", "REQUIRED"),
            ("customer.contacts[8].primary", "MULTIPLE_PRIMARY_CONTACTS"),
        ],
    );
    assert_silent(&refused, &entered(&customer));

    let long = Address {
        purpose: 99,
        street: "s".repeat(251),
        street_number: "n".repeat(21),
        building: "b".repeat(61),
        district: "d".repeat(61),
        city: "c".repeat(61),
        county: "o".repeat(11),
        state: "t".repeat(11),
        postal_code: "p".repeat(11),
        country: "Atlantis".to_owned(),
        primary: true,
        ..Address::default()
    };
    let customer = Customer {
        addresses: vec![Address { primary: true, ..Address::default() }, long],
        ..Customer::default()
    };
    let request = CreateCustomerRequest {
        request_id: String::new(),
        customer: Some(customer.clone()),
        ..create()
    };
    let refused = world.replica().create(request).await.unwrap_err();
    assert_fields(
        &refused,
        &[
            ("request_id", "REQUIRED"),
            ("customer.first_name", "REQUIRED"),
            ("customer.addresses", "MULTIPLE_PRIMARY_ADDRESSES"),
            ("customer.addresses[0]", "EMPTY_ADDRESS"),
            ("customer.addresses[1].purpose", "INVALID_ENUM_VALUE"),
            ("customer.addresses[1].street", "STREET_LENGTH_EXCEEDED"),
            ("customer.addresses[1].street_number", "TOO_LONG"),
            ("customer.addresses[1].building", "TOO_LONG"),
            ("customer.addresses[1].district", "TOO_LONG"),
            ("customer.addresses[1].city", "TOO_LONG"),
            ("customer.addresses[1].county", "COUNTY_LENGTH_EXCEEDED"),
            ("customer.addresses[1].state", "TOO_LONG"),
            ("customer.addresses[1].postal_code", "TOO_LONG"),
            ("customer.addresses[1].country", "INVALID_COUNTRY"),
        ],
    );
    assert_silent(&refused, &entered(&customer));
    assert_eq!(Footprint::of(&world.database).await, before);
    world.close().await;
}

/// A change that spoils Karen Berg, and what is said of it.
type Spoiling = (fn(&mut Customer), &'static str, &'static str);

const SPOILINGS: &[Spoiling] = &[
    (
        |karen| (karen.first_name, karen.last_name) = (" ".into(), "\t".into()),
        "first_name",
        "REQUIRED",
    ),
    (
        |karen| karen.organization_name = "Contoso".into(),
        "organization_name",
        "NOT_ALLOWED_FOR_TYPE",
    ),
    (|karen| karen.last_name = "Berg\0".into(), "last_name", "CONTROL_CHARACTER"),
    (|karen| karen.last_name = "Berg\u{85}Berg".into(), "last_name", "CONTROL_CHARACTER"),
    (|karen| karen.first_name = "é".repeat(101), "first_name", "TOO_LONG"),
    (|karen| karen.r#type = -1, "type", "INVALID_ENUM_VALUE"),
    (|karen| karen.receipt_option = 5, "receipt_option", "INVALID_ENUM_VALUE"),
    (|karen| karen.receipt_email = "karen@localhost".into(), "receipt_email", "INVALID_EMAIL"),
    (
        |karen| karen.receipt_email = "Karen <karen@example.com>".into(),
        "receipt_email",
        "INVALID_EMAIL",
    ),
    (
        |karen| karen.contacts[1].value = "a@b@example.com".into(),
        "contacts[1].value",
        "INVALID_EMAIL",
    ),
    (
        |karen| karen.contacts[0].value = "+1 425 555 01".into(),
        "contacts[0].value",
        "INVALID_PHONE",
    ),
    (
        |karen| karen.contacts[0].value = "+999 12345678".into(),
        "contacts[0].value",
        "INVALID_PHONE",
    ),
    (|karen| karen.contacts[0].value = "0".repeat(500), "contacts[0].value", "INVALID_PHONE"),
    (
        |karen| karen.contacts[0].value = "karen@example.com".into(),
        "contacts[0].value",
        "INVALID_PHONE",
    ),
    (|karen| karen.contacts = vec![phone("+14255550100"); 51], "contacts", "TOO_MANY_CONTACTS"),
    (|karen| karen.addresses[0].country = "USSR".into(), "addresses[0].country", "INVALID_COUNTRY"),
    (|karen| karen.addresses[0].country = "XX".into(), "addresses[0].country", "INVALID_COUNTRY"),
    (|karen| karen.addresses[0].purpose = 6, "addresses[0].purpose", "INVALID_ENUM_VALUE"),
    (|karen| karen.addresses[0].city = "Sea\ttle".into(), "addresses[0].city", "CONTROL_CHARACTER"),
    (|karen| karen.addresses = vec![address("1 Pike"); 101], "addresses", "TOO_MANY_ADDRESSES"),
    (|karen| karen.language = "english".into(), "language", "INVALID_LANGUAGE"),
    (|karen| karen.language = "en-XQ".into(), "language", "INVALID_LANGUAGE"),
    (|karen| karen.currency = "US".into(), "currency", "INVALID_CURRENCY"),
    (|karen| karen.currency = "EURO".into(), "currency", "INVALID_CURRENCY"),
    (|karen| karen.customer_group = "31".into(), "customer_group", "UNKNOWN_CODE"),
];

async fn each_bad_field_and_the_request_id_is_not_burnt(engine: Engine) {
    let world = World::new(engine).await;
    let replica = world.replica();
    let before = Footprint::of(&world.database).await;
    let good = create();
    for (spoil, field, why) in SPOILINGS {
        let mut request = good.clone();
        let customer = request.customer.as_mut().unwrap();
        spoil(customer);
        let entered = entered(customer);
        let refused = replica.create(request).await.unwrap_err();
        assert_fields(&refused, &[(&format!("customer.{field}"), why)]);
        assert_silent(&refused, &entered);
    }
    let mut organization = good.clone();
    organization.customer.as_mut().unwrap().set_type(CustomerType::Organization);
    let refused = replica.create(organization).await.unwrap_err();
    assert_fields(
        &refused,
        &[
            ("customer.organization_name", "REQUIRED"),
            ("customer.first_name", "NOT_ALLOWED_FOR_TYPE"),
            ("customer.last_name", "NOT_ALLOWED_FOR_TYPE"),
        ],
    );
    let nobody = CreateCustomerRequest { customer: None, customer_id: "1".into(), ..good.clone() };
    let refused = replica.create(nobody).await.unwrap_err();
    assert_fields(&refused, &[("customer", "REQUIRED"), ("customer_id", "INVALID_ID")]);

    assert_eq!(Footprint::of(&world.database).await, before, "nothing is left behind");
    assert!(replica.has_not_seen(&good.request_id).await);
    let created = replica.create(good.clone()).await.unwrap();
    assert_eq!(replica.create(good).await.unwrap(), created, "the same id with good content");
    world.close().await;
}

/// Details travel in a header, and clients refuse long ones.
async fn more_violations_than_fit_are_counted(engine: Engine) {
    let world = World::new(engine).await;
    let mut request = create();
    let bad = Address { country: "Atlantis".to_owned(), ..address(&"x".repeat(251)) };
    request.customer.as_mut().unwrap().addresses = vec![bad; 100];
    let refused = world.replica().create(request).await.unwrap_err();
    let shown = refused.get_details_bad_request().unwrap().field_violations.len();
    let left_out = &refused.get_details_error_info().unwrap().metadata["violations_left_out"];
    assert!(shown > 20);
    assert_eq!(shown + left_out.parse::<usize>().unwrap(), 200);
    assert!(refused.details().len() < 6 * 1024, "as base64 under 8 KiB");
    world.close().await;
}

/// `validate_only` says what a write would be answered, and writes nothing.
async fn checked_without_writing(engine: Engine) {
    let world = World::new(engine).await;
    let before = Footprint::of(&world.database).await;
    let good = create();
    let mut bad = CreateCustomerRequest { validate_only: true, ..good.clone() };
    bad.customer.as_mut().unwrap().currency = "QQQ".to_owned();
    let refused = world.replica().create(bad).await.unwrap_err();
    assert_fields(&refused, &[("customer.currency", "INVALID_CURRENCY")]);
    let rehearsal = CreateCustomerRequest { validate_only: true, ..good.clone() };
    let rehearsed = world.replica().create(rehearsal).await.unwrap();
    assert_eq!(Footprint::of(&world.database).await, before);
    assert_eq!(world.replica().create(good.clone()).await.unwrap(), rehearsed);

    let taken = CreateCustomerRequest {
        request_id: request_id(),
        customer_id: rehearsed.customer.unwrap().account_number,
        validate_only: true,
        ..good
    };
    let refused = world.replica().create(taken).await.unwrap_err();
    assert_eq!(refused.get_details_error_info().unwrap().reason, "CUSTOMER_EXISTS");
    world.close().await;
}
