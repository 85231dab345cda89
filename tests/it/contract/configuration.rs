//! What 1070 and 1110 bring: replaced whole by a newer package, never by an older one.

use std::collections::BTreeMap;

use csu::{
    channel::store::{Applied, SharedStore},
    domain::{
        configuration::{
            ChannelConfigurationRows, ChannelSetup, ConfigurationVersion, DefaultCustomer,
            GlobalConfigurationRows,
        },
        feature,
        field::AddressField,
        job::DownloadJob,
    },
};

use crate::harness::{Database, Engine, START};

crate::on_both_engines!(
    an_empty_database_has_none,
    a_newer_package_replaces_and_an_older_one_does_not,
    a_dropped_package_leaves_the_one_before,
    names_may_be_anything,
);

fn setup(number: &str) -> ChannelSetup {
    ChannelSetup {
        operating_unit_number: number.to_owned(),
        country: "US".to_owned(),
        create_customer_in_async_mode: true,
        filter_shared_customer_data_tables: false,
        default_customer: DefaultCustomer { currency: "USD".to_owned(), ..Default::default() },
    }
}

fn channels(numbers: &[&str], groups: &[&str]) -> ChannelConfigurationRows {
    let group = |code: &&str| ((*code).to_owned(), format!("Group {code}"));
    ChannelConfigurationRows {
        channels: numbers.iter().map(|number| setup(number)).collect(),
        customer_groups: groups.iter().map(group).collect(),
    }
}

fn features(on: &[&str], limits: &[(&str, u32)]) -> GlobalConfigurationRows {
    GlobalConfigurationRows {
        features: [feature::ASYNC_ADDRESS_CREATION, feature::ASYNC_CUSTOMER_EDITING]
            .iter()
            .map(|key| ((*key).to_owned(), on.contains(key)))
            .collect(),
        limits: limits.iter().map(|(field, limit)| ((*field).to_owned(), *limit)).collect(),
    }
}

fn version(version: i64) -> Applied {
    Applied { version, at: START }
}

async fn apply_1070(store: &SharedStore, rows: &ChannelConfigurationRows, to: i64) -> bool {
    let mut transaction = store.begin().await.unwrap();
    let newer = transaction.apply_channel_configuration(rows, version(to)).await.unwrap();
    transaction.commit().await.unwrap();
    newer
}

async fn apply_1110(store: &SharedStore, rows: &GlobalConfigurationRows, to: i64) -> bool {
    let mut transaction = store.begin().await.unwrap();
    let newer = transaction.apply_global_configuration(rows, version(to)).await.unwrap();
    transaction.commit().await.unwrap();
    newer
}

async fn an_empty_database_has_none(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    assert!(store.channels().await.unwrap().is_empty());
    assert_eq!(store.configuration("SEATTLE").await.unwrap(), None);
    for job in [
        DownloadJob::Customers,
        DownloadJob::ChannelConfiguration,
        DownloadJob::GlobalConfiguration,
    ] {
        assert_eq!(store.applied(job).await.unwrap(), None);
    }
    store.close().await;
    database.remove().await;
}

async fn a_newer_package_replaces_and_an_older_one_does_not(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    assert!(apply_1070(&store, &channels(&["SEATTLE", "HOUSTON"], &["10", "30"]), 3).await);
    assert!(
        apply_1110(
            &store,
            &features(&[feature::ASYNC_ADDRESS_CREATION], &[("address.street", 40)]),
            5
        )
        .await
    );
    assert_eq!(store.channels().await.unwrap(), ["HOUSTON", "SEATTLE"]);
    let found = store.configuration("SEATTLE").await.unwrap().unwrap();
    assert_eq!(found.channel, "SEATTLE");
    let versions = ConfigurationVersion { channel_configuration: 3, global_configuration: 5 };
    assert_eq!(found.version, versions);
    assert!(found.flags.create_customer_in_async_mode && found.flags.async_address_creation);
    assert!(!found.flags.async_customer_editing);
    assert_eq!(found.limits.address(AddressField::Street), 40);
    assert_eq!(found.customer_groups.iter().collect::<Vec<_>>(), ["10", "30"]);
    assert_eq!(found.default_customer.currency, "USD");

    for old in [2, 3] {
        assert!(!apply_1070(&store, &channels(&["TAMPA"], &[]), old).await, "{old}");
        assert!(!apply_1110(&store, &features(&[], &[]), old).await, "{old}");
    }
    assert_eq!(store.configuration("SEATTLE").await.unwrap().unwrap(), found);
    assert_eq!(store.configuration("TAMPA").await.unwrap(), None);

    // A newer one replaces all, also what it no longer has.
    assert!(apply_1070(&store, &channels(&["TAMPA", "SEATTLE"], &["20"]), 4).await);
    assert!(apply_1110(&store, &features(&[feature::ASYNC_CUSTOMER_EDITING], &[]), 6).await);
    assert_eq!(store.channels().await.unwrap(), ["SEATTLE", "TAMPA"]);
    assert_eq!(store.configuration("HOUSTON").await.unwrap(), None);
    let found = store.configuration("SEATTLE").await.unwrap().unwrap();
    assert!(found.flags.async_customer_editing && !found.flags.async_address_creation);
    assert_eq!(found.limits.address(AddressField::Street), 250);
    assert_eq!(found.customer_groups.iter().collect::<Vec<_>>(), ["20"]);
    assert_eq!(store.applied(DownloadJob::ChannelConfiguration).await.unwrap(), Some(version(4)));
    assert_eq!(store.applied(DownloadJob::GlobalConfiguration).await.unwrap(), Some(version(6)));
    store.close().await;
    database.remove().await;
}

async fn a_dropped_package_leaves_the_one_before(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    apply_1070(&store, &channels(&["SEATTLE"], &["10"]), 1).await;
    let before = store.configuration("SEATTLE").await.unwrap();
    let mut transaction = store.begin().await.unwrap();
    let rows = channels(&["TAMPA"], &[]);
    assert!(transaction.apply_channel_configuration(&rows, version(2)).await.unwrap());
    drop(transaction);
    assert_eq!(store.configuration("SEATTLE").await.unwrap(), before);
    assert_eq!(store.applied(DownloadJob::ChannelConfiguration).await.unwrap(), Some(version(1)));
    store.close().await;
    database.remove().await;
}

async fn names_may_be_anything(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let names = ["", "'", "Ö", "a\"b", "a\\b", "seattle", "Seattle", "%", "漢", "😀", "Z", "[1]"];
    assert!(apply_1070(&store, &channels(&names, &names), 1).await);
    let mut sorted = names;
    sorted.sort_unstable();
    assert_eq!(store.channels().await.unwrap(), sorted, "in the order of bytes");
    for name in names {
        let found = store.configuration(name).await.unwrap().unwrap();
        assert_eq!(found.channel, name);
        assert_eq!(found.customer_groups.len(), names.len());
    }
    for unknown in ["SEATTLE", "Sea%", "' OR ''='", "a\0b", "\0"] {
        assert_eq!(store.configuration(unknown).await.unwrap(), None, "{unknown:?}");
    }

    let limits = BTreeMap::from([("a'b".to_owned(), u32::MAX), ("\"".to_owned(), 0)]);
    let global = GlobalConfigurationRows { limits, ..features(&["x"], &[]) };
    assert!(apply_1110(&store, &global, 1).await);
    store.close().await;
    database.remove().await;
}
