//! What headquarters notes of a registered database, and who waits for whom.

use std::time::Duration;

use csu::domain::job::{AppliedVersions, DownloadJob};

use super::{
    job_steps::at,
    registrations::{register, registered},
    steps::{is_conflict, other},
};
use crate::harness::{Database, Engine, START};

crate::on_both_engines!(
    what_a_database_has_applied_is_kept,
    the_second_on_a_database_sees_what_the_first_has_noted,
    a_registration_waits_for_whoever_has_its_database,
    whoever_wants_a_database_waits_for_its_registration,
);

fn versions(customers: Option<i64>, configuration: Option<i64>) -> AppliedVersions {
    let mut versions = AppliedVersions::default();
    versions.set(DownloadJob::Customers, customers);
    versions.set(DownloadJob::ChannelConfiguration, configuration);
    versions.set(DownloadJob::GlobalConfiguration, Some(4));
    versions
}

async fn what_a_database_has_applied_is_kept(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    register(&store, &registered("store-2", 2)).await;
    let mut one = registered("store-1", 1);
    for (applied, seconds) in [
        (versions(Some(0), None), 5),
        (versions(None, Some(i64::MAX)), 3),
        (AppliedVersions::default(), 0),
        (versions(Some(7), Some(8)), 9),
    ] {
        // As it registers, and as it says later.
        (one.applied, one.connected_until) = (applied, at(seconds));
        register(&store, &one).await;
        assert_eq!(store.databases().await.unwrap()[0], one);
        one.applied.set(DownloadJob::GlobalConfiguration, Some(11));
        one.connected_until = at(seconds + 1);
        let mut transaction = store.begin().await.unwrap();
        transaction.note_database("store-1", one.applied, one.connected_until).await.unwrap();
        assert_eq!(transaction.lock_database("store-1").await.unwrap().as_ref(), Some(&one));
        transaction.commit().await.unwrap();
        assert_eq!(store.databases().await.unwrap(), [one.clone(), registered("store-2", 2)]);
    }
    let mut transaction = store.begin().await.unwrap();
    let found = transaction.lock_registrations("store-1", one.origin.database_id).await.unwrap();
    assert_eq!(found, [one.clone()]);
    drop(transaction);
    for unknown in ["store", "STORE-1", "a\0b", ""] {
        let mut transaction = store.begin().await.unwrap();
        assert_eq!(transaction.lock_database(unknown).await.unwrap(), None, "{unknown:?}");
        let noted = transaction.note_database(unknown, one.applied, START).await;
        assert!(is_conflict(&noted), "{unknown:?}: {noted:?}");
    }
    store.close().await;
    database.remove().await;
}

async fn the_second_on_a_database_sees_what_the_first_has_noted(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let second_store = other(&database, &store).await;
    register(&store, &registered("store-1", 1)).await;
    let mut first = store.begin().await.unwrap();
    first.lock_database("store-1").await.unwrap();
    let second = async {
        let mut second = second_store.begin().await.unwrap();
        second.lock_database("store-1").await.unwrap().unwrap().applied
    };
    let noted = versions(Some(7), None);
    let release = async {
        first.note_database("store-1", noted, START).await.unwrap();
        first.commit().await.unwrap();
    };
    assert_eq!(database.behind(release, second).await, noted);
    store.close().await;
    second_store.close().await;
    database.remove().await;
}

/// A deadlock, were the registration's lock of all not to mind whoever has locked one.
async fn a_registration_waits_for_whoever_has_its_database(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let second_store = other(&database, &store).await;
    let one = registered("store-1", 1);
    register(&store, &one).await;
    let mut first = store.begin().await.unwrap();
    first.lock_database("store-1").await.unwrap();
    let second = async {
        let mut second = second_store.begin().await.unwrap();
        let id = one.origin.database_id;
        let mut found = second.lock_registrations("store-1", id).await.unwrap().remove(0);
        found.last_seen_at = START.plus(Duration::from_hours(1));
        second.register(&found).await.unwrap();
        second.commit().await.unwrap();
        found
    };
    let noted = versions(Some(7), None);
    let release = async {
        first.note_database("store-1", noted, START).await.unwrap();
        first.commit().await.unwrap();
    };
    let found = database.behind(release, second).await;
    assert_eq!(found.applied, noted);
    assert_eq!(store.databases().await.unwrap(), [found]);
    store.close().await;
    second_store.close().await;
    database.remove().await;
}

async fn whoever_wants_a_database_waits_for_its_registration(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let second_store = other(&database, &store).await;
    let one = registered("store-1", 1);
    let mut first = store.begin().await.unwrap();
    first.lock_registrations("store-1", one.origin.database_id).await.unwrap();
    let second = async {
        let mut second = second_store.begin().await.unwrap();
        second.lock_database("store-1").await.unwrap()
    };
    let release = async {
        first.register(&one).await.unwrap();
        first.commit().await.unwrap();
    };
    assert_eq!(database.behind(release, second).await, Some(one.clone()));
    store.close().await;
    second_store.close().await;
    database.remove().await;
}
