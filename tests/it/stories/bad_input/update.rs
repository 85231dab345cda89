//! `UpdateCustomer`.

use csu::proto::channel::{Customer, UpdateCustomerRequest};
use prost_types::FieldMask;
use tonic::Code;
use tonic_types::StatusExt as _;

use super::{assert_fields, assert_silent, assert_violations, entered};
use crate::harness::{
    Engine, Footprint, World,
    requests::{create, reason, request_id, update},
};

crate::on_both_engines!(
    masks_that_name_no_field_to_change,
    bad_values_all_at_once,
    the_wrong_customer_or_the_wrong_moment,
);

async fn masks_that_name_no_field_to_change(engine: Engine) {
    let world = World::new(engine).await;
    let replica = world.replica();
    let mut customer = replica.created(create()).await;
    customer.first_name = "Maria".to_owned();
    let before = Footprint::of(&world.database).await;
    let mask =
        |paths: &[&str]| Some(FieldMask { paths: paths.iter().map(ToString::to_string).collect() });
    let required: &[(&str, &str)] = &[("update_mask", "REQUIRED")];
    for (update_mask, expected) in [
        (None, required),
        (mask(&[]), required),
        (mask(&[""]), &[("update_mask", "UNKNOWN_FIELD")]),
        (mask(&["*"]), &[("update_mask", "UNKNOWN_FIELD")]),
        (mask(&["first_name", "firstName"]), &[("update_mask", "UNKNOWN_FIELD")]),
        (mask(&["first_name.x"]), &[("update_mask", "UNKNOWN_FIELD")]),
        (mask(&["customer.first_name"]), &[("update_mask", "UNKNOWN_FIELD")]),
        (mask(&["primary_phone"]), &[("update_mask", "UNKNOWN_FIELD")]),
        (mask(&["type"]), &[("update_mask", "IMMUTABLE")]),
        (
            mask(&["title", "account_number", "type", "etag", "addresses", "contacts.value"]),
            &[
                ("update_mask", "UNKNOWN_FIELD"),
                ("update_mask", "OUTPUT_ONLY"),
                ("update_mask", "IMMUTABLE"),
                ("update_mask", "OUTPUT_ONLY"),
                ("update_mask", "NOT_EDITABLE_YET"),
                ("update_mask", "NOT_EDITABLE_YET"),
            ],
        ),
        (
            mask(&["name", "display_name", "sync_state", "sync_progress.error_reason"]),
            &[("update_mask", "OUTPUT_ONLY"); 4],
        ),
    ] {
        let request = UpdateCustomerRequest {
            update_mask: update_mask.clone(),
            ..update(customer.clone(), &[])
        };
        let refused = replica.update(request).await.unwrap_err();
        let expected_error = (Code::InvalidArgument, "INVALID_FIELD_MASK".to_owned());
        assert_eq!(reason(&refused), expected_error, "{update_mask:?}");
        assert_violations(&refused, expected);
        assert_silent(&refused, &entered(&customer));
    }
    // Together with what else is wrong.
    let request = UpdateCustomerRequest {
        request_id: String::new(),
        ..update(Customer::default(), &["title"])
    };
    let refused = replica.update(request).await.unwrap_err();
    assert_fields(
        &refused,
        &[
            ("request_id", "REQUIRED"),
            ("customer.name", "REQUIRED"),
            ("update_mask", "UNKNOWN_FIELD"),
        ],
    );
    assert_eq!(Footprint::of(&world.database).await, before);
    world.close().await;
}

async fn bad_values_all_at_once(engine: Engine) {
    let world = World::new(engine).await;
    let replica = world.replica();
    let name = replica.created(create()).await.name;
    let before = Footprint::of(&world.database).await;
    let bad = Customer {
        name: name.clone(),
        middle_name: "M".repeat(101),
        organization_name: "Contoso".to_owned(),
        language: "xx-Klingon".to_owned(),
        customer_group: "NOPE".to_owned(),
        currency: "QQQ".to_owned(),
        receipt_option: 99,
        receipt_email: "karen at example".to_owned(),
        identification_number: "I".repeat(51),
        ..Customer::default()
    };
    let everything = [
        "first_name",
        "middle_name",
        "last_name",
        "organization_name",
        "language",
        "customer_group",
        "currency",
        "receipt_option",
        "receipt_email",
        "identification_number",
    ];
    let request = update(bad.clone(), &everything);
    let refused = replica.update(request.clone()).await.unwrap_err();
    assert_fields(
        &refused,
        &[
            ("customer.first_name", "REQUIRED"),
            ("customer.middle_name", "TOO_LONG"),
            ("customer.organization_name", "NOT_ALLOWED_FOR_TYPE"),
            ("customer.language", "INVALID_LANGUAGE"),
            ("customer.customer_group", "UNKNOWN_CODE"),
            ("customer.currency", "INVALID_CURRENCY"),
            ("customer.receipt_option", "INVALID_ENUM_VALUE"),
            ("customer.receipt_email", "INVALID_EMAIL"),
            ("customer.identification_number", "TOO_LONG"),
        ],
    );
    assert_silent(&refused, &entered(&bad));

    // What the default customer filled can be changed but not cleared; a person keeps a name.
    let blank = Customer { name: name.clone(), ..Customer::default() };
    let cleared = ["language", "customer_group", "currency", "receipt_option"];
    let refused = replica.update(update(blank.clone(), &cleared)).await.unwrap_err();
    let paths = cleared.map(|field| format!("customer.{field}"));
    let expected = [0, 1, 2, 3].map(|index| (paths[index].as_str(), "REQUIRED"));
    assert_fields(&refused, &expected);
    let refused =
        replica.update(update(blank.clone(), &["first_name", "last_name"])).await.unwrap_err();
    assert_fields(&refused, &[("customer.first_name", "REQUIRED")]);
    assert_eq!(Footprint::of(&world.database).await, before);

    // The request id is still good.
    let good = Customer { first_name: "Maria".to_owned(), ..blank };
    let request = UpdateCustomerRequest {
        request_id: request.request_id,
        ..update(good, &["first_name", "middle_name"])
    };
    let updated = replica.update(request).await.unwrap().customer.unwrap();
    assert_eq!(updated.display_name, "Maria Berg");
    world.close().await;
}

async fn the_wrong_customer_or_the_wrong_moment(engine: Engine) {
    let world = World::new(engine).await;
    let replica = world.replica();
    let customer = replica.created(create()).await;
    let changed = Customer { first_name: "Maria".to_owned(), ..customer.clone() };
    replica.update(update(changed.clone(), &["first_name"])).await.unwrap();
    let before = Footprint::of(&world.database).await;
    let guid = &customer.account_number;
    for name in [
        "karen".to_owned(),
        guid.clone(),
        "customers/".to_owned(),
        format!("customers/{}", guid.replace('-', "")),
        format!("customers/{guid}/addresses/1"),
        format!("Customers/{guid}"),
    ] {
        let other = Customer { name, ..changed.clone() };
        let refused = replica.update(update(other, &["first_name"])).await.unwrap_err();
        assert_fields(&refused, &[("customer.name", "INVALID_NAME")]);
    }
    let nobody = Customer { name: format!("customers/{}", request_id()), ..changed.clone() };
    let refused = replica.update(update(nobody, &["first_name"])).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::NotFound, "CUSTOMER_NOT_FOUND".to_owned()));
    let metadata = refused.get_details_error_info().unwrap().metadata;
    assert_eq!(metadata["customers_applied_time"], "never");

    let nothing =
        UpdateCustomerRequest { customer: None, ..update(changed.clone(), &["first_name"]) };
    let refused = replica.update(nothing).await.unwrap_err();
    assert_fields(&refused, &[("customer.name", "REQUIRED")]);

    let stale = UpdateCustomerRequest { etag: customer.etag, ..update(changed, &["last_name"]) };
    let refused = replica.update(stale.clone()).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::Aborted, "ETAG_MISMATCH".to_owned()));
    assert_silent(&refused, &["Karen", "Berg", "Maria"].map(str::to_owned));
    assert_eq!(Footprint::of(&world.database).await, before);

    // Read again, and repeated with the same request id.
    let etag = replica.read(&stale.customer.as_ref().unwrap().name).await.etag;
    assert!(replica.update(UpdateCustomerRequest { etag, ..stale }).await.is_ok());
    world.close().await;
}
