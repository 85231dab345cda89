//! Channel databases that have registered, and what their calls may do.

use std::time::Duration;

use csu::{
    domain::{job::AppliedVersions, origin::Origin, setup::Setup, time::Timestamp},
    headquarters::store::{self, RegisteredDatabase, SharedStore, Standing},
};
use uuid::Uuid;

use super::steps::{origin, other};
use crate::harness::{Database, Engine, START};

crate::on_both_engines!(
    a_registration_replaces_the_one_of_its_name,
    a_database_has_one_name,
    the_second_registration_sees_the_first,
    standing_is_of_this_very_origin_and_of_the_channel,
);

pub fn registered(name: &str, number: u128) -> RegisteredDatabase {
    RegisteredDatabase {
        name: name.to_owned(),
        origin: origin(number),
        program_version: "0.1.0".to_owned(),
        registered_at: START,
        last_seen_at: START.plus(Duration::from_secs(1)),
        applied: AppliedVersions::default(),
        connected_until: Timestamp(0),
    }
}

pub async fn register(store: &SharedStore, database: &RegisteredDatabase) {
    let mut transaction = store.begin().await.unwrap();
    transaction.lock_registrations(&database.name, database.origin.database_id).await.unwrap();
    transaction.register(database).await.unwrap();
    transaction.commit().await.unwrap();
}

async fn a_registration_replaces_the_one_of_its_name(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    assert_eq!(store.databases().await.unwrap(), []);
    let names = ["store-2", "a", "Z", "Ö", "'", "store-1"];
    for (number, name) in (1..).zip(names) {
        register(&store, &registered(name, number)).await;
    }
    let mut sorted = names;
    sorted.sort_unstable();
    let found = store.databases().await.unwrap();
    let found: Vec<_> = found.iter().map(|database| database.name.as_str()).collect();
    assert_eq!(found, sorted, "in the order of bytes");

    // Another database under a known name, then that one in its next life with another program.
    let mut next = registered("store-1", 99);
    for incarnation in [1, 2] {
        next.origin.incarnation = incarnation;
        next.program_version = format!("0.2.{incarnation}");
        next.registered_at = START.plus(Duration::from_hours(1));
        next.last_seen_at = START.plus(Duration::from_hours(2));
        register(&store, &next).await;
        let found = store.databases().await.unwrap();
        assert_eq!(found.len(), names.len());
        assert!(found.contains(&next) && found.contains(&registered("store-2", 1)));
    }
    store.close().await;
    database.remove().await;
}

async fn a_database_has_one_name(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    for (name, number) in [("store-1", 1), ("store-2", 2), ("store-3", 3)] {
        register(&store, &registered(name, number)).await;
    }
    let mut transaction = store.begin().await.unwrap();
    let found = transaction.lock_registrations("store-2", origin(1).database_id).await.unwrap();
    assert_eq!(found, [registered("store-1", 1), registered("store-2", 2)]);
    for unknown in ["store", "STORE-1", "a\0b", ""] {
        let found = transaction.lock_registrations(unknown, Uuid::nil()).await.unwrap();
        assert_eq!(found, [], "{unknown:?}");
        let found = transaction.lock_registrations(unknown, origin(3).database_id).await.unwrap();
        assert_eq!(found, [registered("store-3", 3)], "{unknown:?}");
    }
    drop(transaction);

    // The first one takes the name of the second, and leaves its own.
    register(&store, &registered("store-2", 1)).await;
    let expected = [registered("store-2", 1), registered("store-3", 3)];
    assert_eq!(store.databases().await.unwrap(), expected);
    // And one takes a name that nobody has.
    register(&store, &registered("a", 3)).await;
    let expected = [registered("a", 3), registered("store-2", 1)];
    assert_eq!(store.databases().await.unwrap(), expected);
    store.close().await;
    database.remove().await;
}

/// Also where there was no row to lock.
async fn the_second_registration_sees_the_first(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let second_store = other(&database, &store).await;
    let mut first = store.begin().await.unwrap();
    let id = origin(1).database_id;
    assert_eq!(first.lock_registrations("store-1", id).await.unwrap(), []);
    let second = async {
        let mut second = second_store.begin().await.unwrap();
        second.lock_registrations("store-1", origin(2).database_id).await.unwrap()
    };
    let release = async {
        first.register(&registered("store-1", 1)).await.unwrap();
        assert_eq!(store.databases().await.unwrap(), [], "readers don't wait");
        first.commit().await.unwrap();
    };
    let seen = database.behind(release, second).await;
    assert_eq!(seen, [registered("store-1", 1)]);
    store.close().await;
    second_store.close().await;
    database.remove().await;
}

async fn standing_is_of_this_very_origin_and_of_the_channel(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let new = Database::new_identity(Setup::demo("store-1"));
    let store = store::open(&database.parsed(), new, START).await.unwrap();
    let life = |incarnation| Origin { incarnation, ..origin(2) };
    register(&store, &registered("store-1", 1)).await;
    register(&store, &RegisteredDatabase { origin: life(2), ..registered("store-2", 2) }).await;
    for (origin, name) in [
        (origin(1), Some("store-1")),
        (life(1), None),
        (life(2), Some("store-2")),
        (life(3), None),
        (origin(3), None),
    ] {
        let registered_as = name.map(str::to_owned);
        for (channel, served_by) in [
            ("HOUSTON", Some("store-1")),
            ("SEATTLE", Some("store-1")),
            ("seattle", None),
            ("TAMPA", None),
            // A code of another kind, and what no row can have.
            ("default", None),
            ("a\0b", None),
            ("", None),
        ] {
            let found = store.standing(origin, channel).await.unwrap();
            let channel_served_by = served_by.map(str::to_owned);
            let registered_as = registered_as.clone();
            assert_eq!(found, Standing { registered_as, channel_served_by }, "{channel:?}");
        }
    }
    store.close().await;
    database.remove().await;
}
