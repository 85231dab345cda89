//! What is set up: only what differs is written, and one changer comes after the other.

use std::collections::BTreeMap;

use csu::{
    domain::setup::{Channel, Database as ChannelDatabase, Setup},
    headquarters::store::{SharedStore, VersionedSetup},
};

use super::steps::{everything, other};
use crate::harness::{Database, Engine, START};

crate::on_both_engines!(
    what_is_changed_is_read_again,
    only_what_differs_is_written,
    kinds_of_a_newer_program_stay,
    a_change_of_nothing_leaves_all_but_the_versions,
    the_second_changer_begins_where_the_first_ended,
    customer_groups_are_those_that_there_are,
);

async fn change(store: &SharedStore, change: impl FnOnce(&mut VersionedSetup)) -> VersionedSetup {
    let mut transaction = store.begin().await.unwrap();
    let before = transaction.lock_setup().await.unwrap();
    let mut after = before.clone();
    change(&mut after);
    transaction.change_setup(&before, &after).await.unwrap();
    transaction.commit().await.unwrap();
    after
}

fn channel(database: &str) -> Channel {
    Channel {
        country: "US".to_owned(),
        functionality_profile: "async".to_owned(),
        default_customer: "default".to_owned(),
        database: database.to_owned(),
    }
}

async fn what_is_changed_is_read_again(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let after = change(&store, |it| {
        it.setup = Setup::demo("store-1");
        it.setup.limits.insert("address.street".to_owned(), 40);
        it.setup.customer_groups.remove("90");
        let names = ["'", "\"", "a\\u0041b", "Ö", "%", "漢😀", ""];
        it.setup.customer_groups.extend(names.map(|name| (name.to_owned(), name.to_owned())));
        it.version.channel_configuration = 2;
        it.version.global_configuration = 5;
    })
    .await;
    assert_eq!(store.setup().await.unwrap(), after);

    let emptied = change(&store, |it| it.setup = Setup::default()).await;
    assert_eq!(store.setup().await.unwrap(), emptied);
    assert_eq!(emptied.version.global_configuration, 5);
    assert_eq!(database.number("SELECT count(*) FROM setup").await, 0);
    store.close().await;
    database.remove().await;
}

async fn only_what_differs_is_written(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    change(&store, |it| it.setup = Setup::demo("store-1")).await;
    // Another text for the same content: whoever writes the row again takes it back.
    database.execute("UPDATE setup SET content = content || ' '").await;
    change(&store, |it| {
        it.setup.channels.insert("SEATTLE".to_owned(), channel("store-2"));
        it.setup.channels.insert("TAMPA".to_owned(), channel("store-2"));
        it.setup.customer_groups.insert("10".to_owned(), "Others".to_owned());
        it.setup.customer_groups.remove("20");
        it.setup.databases.remove("store-1");
        // The same as it was.
        it.setup.channels.insert(
            "HOUSTON".to_owned(),
            Channel { functionality_profile: "real-time".to_owned(), ..channel("store-1") },
        );
        it.version.channel_configuration += 1;
    })
    .await;
    let written = "SELECT kind || ' ' || code FROM setup WHERE content NOT LIKE '% '
        ORDER BY setup.kind, setup.code";
    let expected = ["channels SEATTLE", "channels TAMPA", "customer_groups 10"];
    assert_eq!(database.texts(written).await, expected);
    let gone = "SELECT count(*) FROM setup
        WHERE (kind = 'customer_groups' AND code = '20') OR kind = 'databases'";
    assert_eq!(database.number(gone).await, 0);
    let found = store.setup().await.unwrap();
    assert_eq!((found.version.channel_configuration, found.version.global_configuration), (2, 1));
    assert_eq!(found.setup.channels.len(), 3);
    store.close().await;
    database.remove().await;
}

/// While replicas of two releases run side by side.
async fn kinds_of_a_newer_program_stay(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    database.execute("INSERT INTO setup VALUES ('planets', 'mars', '{\"moons\": 2}')").await;
    change(&store, |it| it.setup = Setup::default()).await;
    assert_eq!(database.texts("SELECT kind || ' ' || code FROM setup").await, ["planets mars"]);
    store.close().await;
    database.remove().await;
}

async fn a_change_of_nothing_leaves_all_but_the_versions(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let before = everything(&database).await;
    change(&store, |_| ()).await;
    assert_eq!(everything(&database).await, before);
    let after = change(&store, |it| it.version.channel_configuration = 9).await;
    assert_eq!(store.setup().await.unwrap(), after);
    store.close().await;
    database.remove().await;
}

async fn the_second_changer_begins_where_the_first_ended(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let second_store = other(&database, &store).await;
    let group = || ChannelDatabase { group: "default".to_owned() };

    let mut first = store.begin().await.unwrap();
    let before = first.lock_setup().await.unwrap();
    let second = change(&second_store, |it| {
        it.setup.databases.insert("store-2".to_owned(), group());
        it.version.channel_configuration += 1;
    });
    let release = async {
        let mut after = before.clone();
        after.setup.databases.insert("store-1".to_owned(), group());
        after.version.channel_configuration += 1;
        first.change_setup(&before, &after).await.unwrap();
        assert_eq!(store.setup().await.unwrap(), before, "readers don't wait");
        first.commit().await.unwrap();
    };
    database.behind(release, second).await;
    let found = store.setup().await.unwrap();
    let both = ["store-1", "store-2"].map(|name| (name.to_owned(), group()));
    assert_eq!(found.setup.databases, BTreeMap::from(both));
    assert_eq!(found.version.channel_configuration, 3);
    store.close().await;
    second_store.close().await;
    database.remove().await;
}

async fn customer_groups_are_those_that_there_are(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    change(&store, |it| {
        it.setup.customer_groups.insert("'\"\\Ö".to_owned(), "Odd".to_owned());
    })
    .await;
    let mut transaction = store.begin().await.unwrap();
    assert_eq!(transaction.customer_groups(&[]).await.unwrap(), [""; 0]);
    // A code of another kind among them, and what no row can have.
    let asked = ["30", "nope", "'\"\\Ö", "default", "10", "a\0b", "1", "' OR ''='", ""];
    let mut found = transaction.customer_groups(&asked.map(str::to_owned)).await.unwrap();
    found.sort();
    assert_eq!(found, ["'\"\\Ö", "10", "30"]);
    drop(transaction);
    store.close().await;
    database.remove().await;
}
