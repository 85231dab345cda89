//! Channel databases that register, and what is delivered to them.

use std::time::Duration;

use csu::{
    domain::{configuration::ConfigurationRows, job::DownloadJob},
    headquarters::operations::NAME_IN_USE_FOR,
    proto::{
        exchange::RegisterDatabaseRequest,
        headquarters::{
            DatabaseGroup, EnableFeatureRequest, Limit, SaveDatabaseGroupRequest, SaveLimitRequest,
        },
    },
};
use tonic::Code;

use super::{add_channel, versions};
use crate::harness::{
    Engine, Headquarters, START,
    headquarters::new_origin,
    requests::{reason, violations},
};

crate::on_both_engines!(
    a_name_has_to_be_set_up,
    a_name_belongs_to_one_database_at_a_time,
    replicas_share_a_registration,
    a_database_gets_its_own_channels,
    packages_have_the_version_of_what_they_bring,
    what_is_malformed_is_named,
);

async fn a_name_has_to_be_set_up(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = new_origin();
    let long = "x".repeat(10_000);
    for name in ["store-2", "", "STORE-1", "store-1\0", &long] {
        let refused = headquarters.register(name, &unit).await.unwrap_err();
        let expected = (Code::PermissionDenied, "DATABASE_NOT_CONFIGURED".to_owned());
        assert_eq!(reason(&refused), expected);
    }
    let answer = headquarters.register("store-1", &unit).await.unwrap();
    assert_eq!(answer.request_hash_key.len(), 32);
    assert_eq!((answer.channel_configuration, answer.global_configuration), (1, 1));
    // A database that is set up later is known from then on.
    add_channel(&headquarters, "BOSTON", "store-2").await;
    let other = headquarters.register("store-2", &new_origin()).await.unwrap();
    assert_eq!(other.request_hash_key, answer.request_hash_key, "the same for the company");
    headquarters.close().await;
}

async fn a_name_belongs_to_one_database_at_a_time(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let in_use = (Code::PermissionDenied, "DATABASE_NAME_IN_USE".to_owned());
    let (first, second) = (new_origin(), new_origin());
    headquarters.register("store-1", &first).await.unwrap();
    let refused = headquarters.register("store-1", &second).await.unwrap_err();
    assert_eq!(reason(&refused), in_use);
    // While it is heard of, it keeps its name.
    let almost = NAME_IN_USE_FOR - Duration::from_millis(1);
    for _ in 0..3 {
        headquarters.clock.advance(almost);
        let refused = headquarters.register("store-1", &second).await.unwrap_err();
        assert_eq!(reason(&refused), in_use);
        headquarters.register("store-1", &first).await.unwrap();
    }
    // After two minutes of silence another one takes over, and the first is refused in its turn.
    headquarters.clock.advance(NAME_IN_USE_FOR);
    headquarters.register("store-1", &second).await.unwrap();
    let refused = headquarters.register("store-1", &first).await.unwrap_err();
    assert_eq!(reason(&refused), in_use);
    headquarters.created(&second, "Berg").await;
    // A new life of it takes over at once, and the old one is refused however long that is ago.
    let mut restored = second.clone();
    restored.incarnation = 2;
    headquarters.register("store-1", &restored).await.unwrap();
    headquarters.clock.advance(NAME_IN_USE_FOR * 10);
    let refused = headquarters.register("store-1", &second).await.unwrap_err();
    assert_eq!(reason(&refused), in_use);
    headquarters.close().await;
}

async fn replicas_share_a_registration(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    headquarters.clock.advance(Duration::from_secs(30));
    headquarters.register("store-1", &unit).await.unwrap();
    let rows = "SELECT CAST(last_seen_at - registered_at AS TEXT) FROM registered_database";
    assert_eq!(headquarters.database.texts(rows).await, ["30000"]);
    // It moves to another name, and leaves its first one free.
    add_channel(&headquarters, "BOSTON", "store-2").await;
    headquarters.register("store-2", &unit).await.unwrap();
    headquarters.register("store-1", &new_origin()).await.unwrap();
    let names = "SELECT name FROM registered_database ORDER BY name";
    assert_eq!(headquarters.database.texts(names).await, ["store-1", "store-2"]);
    headquarters.close().await;
}

async fn a_database_gets_its_own_channels(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    add_channel(&headquarters, "BOSTON", "store-2").await;
    let group = DatabaseGroup {
        code: "default".to_owned(),
        filter_shared_customer_data_tables: true,
        ..DatabaseGroup::default()
    };
    let request = SaveDatabaseGroupRequest { database_group: Some(group) };
    headquarters.setup().save_database_group(request).await.unwrap();
    for (database, expected) in
        [("store-1", &["HOUSTON", "SEATTLE"][..]), ("store-2", &["BOSTON"][..])]
    {
        let unit = headquarters.registered(database).await;
        let (_, rows) = headquarters.configuration(&unit, "1070").await;
        let ConfigurationRows::Channel(rows) = rows else { panic!("it is 1070") };
        let channels: Vec<_> =
            rows.channels.iter().map(|it| it.operating_unit_number.as_str()).collect();
        assert_eq!(channels, expected);
        assert!(rows.channels.iter().all(|it| it.filter_shared_customer_data_tables));
        assert_eq!(rows.channels[0].default_customer.currency, "USD");
        assert_eq!(rows.customer_groups.len(), 4);
        let (_, rows) = headquarters.configuration(&unit, "1110").await;
        let ConfigurationRows::Global(rows) = rows else { panic!("it is 1110") };
        assert!(rows.features.len() == 4 && rows.features.values().all(|on| *on));
    }
    headquarters.close().await;
}

async fn packages_have_the_version_of_what_they_bring(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    let of = async |job: &str| headquarters.configuration(&unit, job).await.0;
    let label = of("1070").await;
    assert_eq!(
        (label.job, label.from, label.to, label.full),
        (DownloadJob::ChannelConfiguration, 0, 1, true)
    );
    assert_eq!(label.created_at, START);
    let limit = Limit { field: "email".to_owned(), max_characters: 60 };
    headquarters.setup().save_limit(SaveLimitRequest { limit: Some(limit) }).await.unwrap();
    assert_eq!((of("1070").await.to, of("1110").await.to), (1, 2));
    add_channel(&headquarters, "BOSTON", "store-1").await;
    assert_eq!((of("1070").await.to, of("1110").await.to), (2, 2));
    // What changes nothing has no version.
    let request = EnableFeatureRequest { key: "async-address-creation".to_owned() };
    headquarters.features().enable_feature(request).await.unwrap();
    add_channel(&headquarters, "BOSTON", "store-1").await;
    assert_eq!(versions(&headquarters).await, (2, 2));
    let again = headquarters.register("store-1", &unit).await.unwrap();
    assert_eq!((again.channel_configuration, again.global_configuration), (2, 2));

    // A setup of many channels comes in many pieces, and whole.
    let many = headquarters.serving().headquarters.writer.change_setup(|setup| {
        let channel = setup.channels["BOSTON"].clone();
        for number in 0..20_000_u32 {
            // Of codes that don't compress.
            let code = blake3::hash(&number.to_le_bytes()).to_hex();
            setup.save_channel(&code[..40], channel.clone())?;
        }
        Ok(())
    });
    many.await.unwrap();
    let (label, rows) = headquarters.configuration(&unit, "1070").await;
    assert_eq!(label.to, 3);
    let ConfigurationRows::Channel(rows) = rows else { panic!("it is 1070") };
    assert_eq!(rows.channels.len(), 20_003);
    headquarters.close().await;
}

async fn what_is_malformed_is_named(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    let sound = RegisterDatabaseRequest {
        database_name: "store-1".to_owned(),
        origin: Some(unit.clone()),
        program_version: "0.1.0".to_owned(),
        package_formats: vec![1],
    };
    let long = "1".repeat(61);
    for version in ["1\0", "1\n2", &long] {
        let request =
            RegisterDatabaseRequest { program_version: version.to_owned(), ..sound.clone() };
        let refused = headquarters.exchange().register_database(request).await.unwrap_err();
        assert_eq!(violations(&refused)[0].0, "program_version");
    }
    let request = RegisterDatabaseRequest { origin: None, ..sound.clone() };
    let refused = headquarters.exchange().register_database(request).await.unwrap_err();
    assert_eq!(violations(&refused)[0].0, "origin");
    for formats in [vec![], vec![2], vec![7; 1_000]] {
        let request = RegisterDatabaseRequest { package_formats: formats, ..sound.clone() };
        let refused = headquarters.exchange().register_database(request).await.unwrap_err();
        let expected = (Code::FailedPrecondition, "FORMAT_NOT_SUPPORTED".to_owned());
        assert_eq!(reason(&refused), expected);
    }
    headquarters.close().await;
}
