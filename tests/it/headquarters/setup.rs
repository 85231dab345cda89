//! How channels are set up.

use csu::proto::headquarters::{
    Channel, CustomerGroup, Database, DatabaseGroup, DefaultCustomer, DeleteCustomerGroupRequest,
    FunctionalityProfile, Limit, ListChannelsRequest, ListCustomerGroupsRequest,
    ListDatabaseGroupsRequest, ListDefaultCustomersRequest, ListFunctionalityProfilesRequest,
    ListLimitsRequest, SaveChannelRequest, SaveCustomerGroupRequest, SaveDatabaseGroupRequest,
    SaveDatabaseRequest, SaveDefaultCustomerRequest, SaveFunctionalityProfileRequest,
    SaveLimitRequest,
};
use tonic::{Code, Status};

use super::{add_channel, versions};
use crate::harness::{
    Engine, Headquarters,
    requests::{reason, violations},
};

crate::on_both_engines!(
    what_is_saved_is_listed,
    databases_are_listed_in_their_groups,
    all_that_is_wrong_is_named_at_once,
    a_group_in_use_stays,
);

async fn what_is_saved_is_listed(engine: Engine) {
    let mut headquarters = Headquarters::new(engine).await;
    let mut setup = headquarters.setup();
    let group = CustomerGroup { code: "40".to_owned(), display_name: "Friends".to_owned() };
    let request = SaveCustomerGroupRequest { customer_group: Some(group.clone()) };
    let saved = setup.save_customer_group(request).await.unwrap().into_inner();
    assert_eq!(saved.customer_group.as_ref(), Some(&group));

    let profile = FunctionalityProfile {
        code: "kiosk".to_owned(),
        display_name: "Kiosks".to_owned(),
        create_customer_in_async_mode: true,
    };
    let request = SaveFunctionalityProfileRequest { functionality_profile: Some(profile.clone()) };
    let saved = setup.save_functionality_profile(request).await.unwrap().into_inner();
    assert_eq!(saved.functionality_profile.as_ref(), Some(&profile));

    let customer = DefaultCustomer {
        code: "friends".to_owned(),
        customer_group: "40".to_owned(),
        currency: "EUR".to_owned(),
        language: "de-DE".to_owned(),
        receipt_option: "EMAIL".to_owned(),
    };
    let request = SaveDefaultCustomerRequest { default_customer: Some(customer.clone()) };
    let saved = setup.save_default_customer(request).await.unwrap().into_inner();
    assert_eq!(saved.default_customer.as_ref(), Some(&customer));

    let channel = Channel {
        operating_unit_number: "BERLIN".to_owned(),
        country: "DE".to_owned(),
        functionality_profile: "kiosk".to_owned(),
        default_customer: "friends".to_owned(),
        database: "store-2".to_owned(),
    };
    let request = SaveChannelRequest { channel: Some(channel.clone()) };
    let saved = setup.save_channel(request).await.unwrap().into_inner();
    assert_eq!(saved.channel.as_ref(), Some(&channel));
    assert_eq!(versions(&headquarters).await, (5, 1), "1070 brings all of them");

    let limit = Limit { field: "address.street".to_owned(), max_characters: 60 };
    let request = SaveLimitRequest { limit: Some(limit.clone()) };
    let saved = setup.save_limit(request).await.unwrap().into_inner();
    assert_eq!(saved.limit.as_ref(), Some(&limit));
    assert_eq!(versions(&headquarters).await, (5, 2), "1110 brings limits");

    headquarters.stop().await;
    headquarters.start().await;
    let found = setup.list_channels(ListChannelsRequest {}).await.unwrap().into_inner().channels;
    let numbers: Vec<_> = found.iter().map(|it| it.operating_unit_number.as_str()).collect();
    assert_eq!(numbers, ["BERLIN", "HOUSTON", "SEATTLE"]);
    assert_eq!(found[0], channel);
    let request = ListFunctionalityProfilesRequest {};
    let found = setup.list_functionality_profiles(request).await.unwrap().into_inner();
    assert_eq!(found.functionality_profiles.len(), 3);
    assert!(found.functionality_profiles.contains(&profile));
    let found = setup.list_default_customers(ListDefaultCustomersRequest {}).await.unwrap();
    let found = found.into_inner().default_customers;
    assert!(found.len() == 2 && found.contains(&customer));
    let found = setup.list_customer_groups(ListCustomerGroupsRequest {}).await.unwrap();
    let found = found.into_inner().customer_groups;
    assert!(found.len() == 5 && found.contains(&group));
    let found = setup.list_limits(ListLimitsRequest {}).await.unwrap().into_inner().limits;
    assert_eq!(found, [limit]);

    // What is there is replaced, and taken back; saving what is there already changes nothing.
    let back = Limit { field: "address.street".to_owned(), max_characters: 0 };
    setup.save_limit(SaveLimitRequest { limit: Some(back) }).await.unwrap();
    let found = setup.list_limits(ListLimitsRequest {}).await.unwrap().into_inner().limits;
    assert_eq!(found, []);
    setup.save_channel(SaveChannelRequest { channel: Some(channel) }).await.unwrap();
    assert_eq!(versions(&headquarters).await, (5, 3));
    headquarters.close().await;
}

async fn databases_are_listed_in_their_groups(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let mut setup = headquarters.setup();
    let offline = DatabaseGroup {
        code: "offline".to_owned(),
        filter_shared_customer_data_tables: true,
        databases: Vec::new(),
    };
    let request = SaveDatabaseGroupRequest { database_group: Some(offline.clone()) };
    let saved = setup.save_database_group(request.clone()).await.unwrap().into_inner();
    assert_eq!(saved.database_group.as_ref(), Some(&offline));
    let save = |name: &str, group: &str| {
        let (name, group) = (name.to_owned(), group.to_owned());
        SaveDatabaseRequest { database: Some(Database { name, group, ..Database::default() }) }
    };
    let saved = setup.save_database(save("till-1", "")).await.unwrap().into_inner();
    assert_eq!(saved.database.unwrap().group, "default", "the one that is always there");
    setup.save_database(save("till-1", "offline")).await.unwrap();

    let unit = headquarters.registered("till-1").await;
    let found = setup.list_database_groups(ListDatabaseGroupsRequest {}).await.unwrap();
    let groups = found.into_inner().database_groups;
    assert_eq!(groups.len(), 2);
    assert_eq!((groups[0].code.as_str(), groups[1].code.as_str()), ("default", "offline"));
    assert!(!groups[0].filter_shared_customer_data_tables);
    let bare =
        Database { name: "store-1".to_owned(), group: "default".to_owned(), ..Database::default() };
    assert_eq!(groups[0].databases, [bare]);
    let till = &groups[1].databases[0];
    assert_eq!((till.name.as_str(), till.database_id.as_str()), ("till-1", &*unit.database_id));
    assert_eq!(till.program_version, "0.1.0");
    assert_eq!(till.last_seen_time.unwrap().seconds, crate::harness::START.millis() / 1_000);
    let saved = setup.save_database_group(request).await.unwrap().into_inner();
    assert_eq!(saved.database_group.unwrap().databases, groups[1].databases);
    headquarters.close().await;
}

/// The fields that are named, in their order.
fn named(refused: &Status) -> Vec<String> {
    assert_eq!(reason(refused), (Code::InvalidArgument, "INVALID_FIELD".to_owned()));
    violations(refused).into_iter().map(|(field, _)| field).collect()
}

async fn all_that_is_wrong_is_named_at_once(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let mut setup = headquarters.setup();
    let wrong = Channel {
        operating_unit_number: "BER LIN".to_owned(),
        country: "Germany".to_owned(),
        functionality_profile: "none".to_owned(),
        default_customer: "none".to_owned(),
        database: String::new(),
    };
    let channel_fields = [
        "channel.operating_unit_number",
        "channel.country",
        "channel.database",
        "channel.functionality_profile",
        "channel.default_customer",
    ];
    let refused = setup.save_channel(SaveChannelRequest { channel: Some(wrong) }).await;
    assert_eq!(named(&refused.unwrap_err()), channel_fields);
    let refused = setup.save_channel(SaveChannelRequest { channel: None }).await;
    assert_eq!(named(&refused.unwrap_err()), channel_fields);
    let refused = setup
        .save_default_customer(SaveDefaultCustomerRequest {
            default_customer: Some(DefaultCustomer {
                code: "d".to_owned(),
                customer_group: "31".to_owned(),
                currency: "usd".to_owned(),
                language: "english".to_owned(),
                receipt_option: "PAPER".to_owned(),
            }),
        })
        .await;
    assert_eq!(named(&refused.unwrap_err()).len(), 4);
    let request = SaveFunctionalityProfileRequest { functionality_profile: None };
    let refused = setup.save_functionality_profile(request).await.unwrap_err();
    assert_eq!(named(&refused), ["functionality_profile.code"]);
    let request = SaveDatabaseGroupRequest { database_group: None };
    let refused = setup.save_database_group(request).await.unwrap_err();
    assert_eq!(named(&refused), ["database_group.code"]);
    let database = Database { group: "none".to_owned(), ..Database::default() };
    let request = SaveDatabaseRequest { database: Some(database) };
    let refused = setup.save_database(request).await.unwrap_err();
    assert_eq!(named(&refused), ["database.name", "database.group"]);
    let group = CustomerGroup { code: String::new(), display_name: "x".repeat(101) };
    let request = SaveCustomerGroupRequest { customer_group: Some(group) };
    let refused = setup.save_customer_group(request).await.unwrap_err();
    assert_eq!(named(&refused), ["customer_group.code", "customer_group.display_name"]);
    let limit = Limit { field: "shoe_size".to_owned(), max_characters: 1_001 };
    let refused = setup.save_limit(SaveLimitRequest { limit: Some(limit) }).await.unwrap_err();
    assert_eq!(named(&refused), ["limit.field", "limit.max_characters"]);
    assert_eq!(versions(&headquarters).await, (1, 1), "nothing was written");
    headquarters.close().await;
}

async fn a_group_in_use_stays(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let mut setup = headquarters.setup();
    let delete = |code: &str| DeleteCustomerGroupRequest { code: code.to_owned() };
    let refused = setup.delete_customer_group(delete("30")).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::FailedPrecondition, "IN_USE".to_owned()));
    assert!(refused.message().contains("default customer"), "{}", refused.message());
    setup.delete_customer_group(delete("90")).await.unwrap();
    let refused = setup.delete_customer_group(delete("90")).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::NotFound, "CODE_NOT_FOUND".to_owned()));
    let found = setup.list_customer_groups(ListCustomerGroupsRequest {}).await.unwrap();
    assert_eq!(found.into_inner().customer_groups.len(), 3);
    assert_eq!(versions(&headquarters).await, (2, 1));
    add_channel(&headquarters, "BOSTON", "store-1").await;
    assert_eq!(versions(&headquarters).await, (3, 1));
    headquarters.close().await;
}
