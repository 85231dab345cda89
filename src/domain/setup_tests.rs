use super::*;

fn reasons(result: Result<()>) -> Vec<(String, FieldReason)> {
    match result {
        Err(Error::InvalidFields(violations)) => {
            violations.into_iter().map(|violation| (violation.field, violation.reason)).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn channel() -> Channel {
    Channel {
        country: "DE".to_owned(),
        functionality_profile: "async".to_owned(),
        default_customer: "default".to_owned(),
        database: "store-2".to_owned(),
    }
}

#[test]
fn the_first_channel_can_be_added_at_once() {
    let mut setup = Setup::initial();
    setup.save_channel("BERLIN", channel()).unwrap();
    assert_eq!(setup.databases["store-2"].group, DEFAULT_GROUP);
    let rows = setup.channel_configuration("store-2");
    assert_eq!(rows.channels.len(), 1);
    assert!(rows.channels[0].create_customer_in_async_mode);
    assert_eq!(rows.channels[0].default_customer.customer_group, "30");
    assert!(rows.customer_groups.contains_key("30"));
    assert_eq!(setup.channel_configuration("store-1").channels, []);
}

#[test]
fn all_that_is_wrong_is_named_at_once() {
    let mut setup = Setup::initial();
    let before = setup.clone();
    let wrong = Channel {
        country: "Germany".to_owned(),
        functionality_profile: "none".to_owned(),
        default_customer: String::new(),
        database: "store 2".to_owned(),
    };
    let of = |field: &str, reason| (format!("channel.{field}"), reason);
    let found = reasons(setup.save_channel("", wrong));
    let expected = [
        of("operating_unit_number", FieldReason::Required),
        of("country", FieldReason::InvalidCountry),
        of("database", FieldReason::InvalidName),
        of("functionality_profile", FieldReason::UnknownCode),
        of("default_customer", FieldReason::Required),
    ];
    assert_eq!(found, expected);
    let wrong = DefaultCustomer {
        customer_group: "31".to_owned(),
        currency: "usd".to_owned(),
        language: "x".to_owned(),
        receipt_option: "PAPER".to_owned(),
    };
    assert_eq!(reasons(setup.save_default_customer("d", wrong)).len(), 4);
    assert_eq!(reasons(setup.save_limit("customer.shoes", 5_000)).len(), 2);
    assert_eq!(reasons(setup.save_database("store-1", "nowhere")).len(), 1);
    assert_eq!(reasons(setup.save_customer_group(&"9".repeat(21), "\u{7}")).len(), 2);
    assert_eq!(setup, before, "nothing is half done");
}

#[test]
fn a_customer_group_that_is_needed_stays() {
    let mut setup = Setup::initial();
    assert!(matches!(setup.delete_customer_group("30"), Err(Error::InUse { .. })));
    assert!(matches!(setup.delete_customer_group("31"), Err(Error::CodeNotFound { .. })));
    setup.delete_customer_group("90").unwrap();
    assert!(!setup.customer_groups.contains_key("90"));
}

#[test]
fn the_schema_of_the_group_holds_for_its_databases() {
    let mut setup = Setup::demo("store-1");
    let filters = |setup: &Setup| {
        setup.channel_configuration("store-1").channels[0].filter_shared_customer_data_tables
    };
    assert!(!filters(&setup));
    let group = DatabaseGroup { filter_shared_customer_data_tables: true };
    setup.save_database_group("tills", group).unwrap();
    setup.save_database("store-1", "tills").unwrap();
    assert!(filters(&setup));
}

#[test]
fn every_feature_and_the_limits_that_were_set_go_to_the_channels() {
    let mut setup = Setup::demo("store-1");
    setup.disable(feature::ASYNC_CUSTOMER_EDITING).unwrap();
    setup.save_limit("address.street", 40).unwrap();
    setup.save_limit("phone", 15).unwrap();
    setup.save_limit("phone", 0).unwrap();
    let rows = setup.global_configuration();
    assert_eq!(rows.features.len(), feature::ALL.len());
    assert!(
        rows.features[feature::ORDER_PERFORMANCE] && rows.features[feature::ASYNC_ADDRESS_CREATION]
    );
    assert!(!rows.features[feature::ASYNC_CUSTOMER_EDITING]);
    assert_eq!(rows.limits, BTreeMap::from([("address.street".to_owned(), 40)]));
    assert!(setup.enable("shoes").is_err());
}

#[test]
fn it_is_stored_and_read_back_whole() {
    for setup in [Setup::default(), Setup::initial(), Setup::demo("store-1")] {
        let stored = serde_json::to_value(&setup).unwrap();
        assert_eq!(serde_json::from_value::<Setup>(stored).unwrap(), setup);
    }
}
