//! Leases: one holder at a time, and whoever lost his can't commit under it.

use std::time::Duration;

use csu::{
    channel::store::SharedStore,
    domain::{lease::Lease, time::Timestamp},
    storage::{StoreError, StoreResult},
};
use uuid::Uuid;

use super::concurrency::other;
use crate::harness::{Database, Engine, START, wait};

crate::on_both_engines!(
    another_gets_it_when_it_has_lapsed_and_not_before,
    the_same_holder_gets_it_anew_and_its_older_one_is_void,
    who_holds_it_has_it_for_longer,
    what_is_released_is_free_and_nobody_else_s_is,
    each_name_is_a_lease_of_its_own,
    what_is_not_committed_was_not_taken,
    one_of_two_who_take_it_at_once_has_it,
    who_takes_a_lapsed_one_first_fences_its_holder,
    who_holds_a_lapsed_one_first_keeps_it,
    nobody_waits_for_the_transaction_of_a_holder,
);

const ONE: Uuid = Uuid::from_u128(1);
const TWO: Uuid = Uuid::from_u128(2);

const fn at(seconds: i64) -> Timestamp {
    Timestamp(START.0 + 1_000 * seconds)
}

/// Takes the lease `1010` for ten seconds.
async fn take(store: &SharedStore, holder: Uuid, now: Timestamp) -> Option<Lease> {
    take_as(store, "1010", holder, now).await
}

async fn take_as(store: &SharedStore, name: &str, holder: Uuid, now: Timestamp) -> Option<Lease> {
    let mut transaction = store.begin().await.unwrap();
    let until = now.plus(Duration::from_secs(10));
    let lease = transaction.take_lease(name, holder, now, until).await.unwrap();
    transaction.commit().await.unwrap();
    lease
}

async fn hold(store: &SharedStore, lease: &Lease, until: Timestamp) -> StoreResult<()> {
    let mut transaction = store.begin().await?;
    transaction.hold_lease(lease, until).await?;
    transaction.commit().await
}

async fn release(store: &SharedStore, lease: &Lease) {
    let mut transaction = store.begin().await.unwrap();
    transaction.release_lease(lease).await.unwrap();
    transaction.commit().await.unwrap();
}

fn is_fenced(result: &StoreResult<()>) -> bool {
    matches!(result, Err(StoreError::Fenced))
}

fn lease(holder: Uuid, fence: i64) -> Option<Lease> {
    Some(Lease { name: "1010".to_owned(), holder, fence })
}

async fn another_gets_it_when_it_has_lapsed_and_not_before(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let first = take(&store, ONE, at(0)).await;
    assert_eq!(first, lease(ONE, 1));
    for now in [at(0), at(5), Timestamp(at(10).0 - 1)] {
        assert_eq!(take(&store, TWO, now).await, None);
    }
    assert!(hold(&store, &first.clone().unwrap(), at(10)).await.is_ok(), "asking takes nothing");
    assert_eq!(take(&store, TWO, at(10)).await, lease(TWO, 2));
    assert!(is_fenced(&hold(&store, &first.unwrap(), at(30)).await));
    assert_eq!(take(&store, ONE, at(19)).await, None);
    assert_eq!(take(&store, ONE, at(100)).await, lease(ONE, 3), "fences only grow");
    store.close().await;
    database.remove().await;
}

async fn the_same_holder_gets_it_anew_and_its_older_one_is_void(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let first = take(&store, ONE, at(0)).await.unwrap();
    let second = take(&store, ONE, at(1)).await.unwrap();
    assert_eq!((first.fence, second.fence), (1, 2));
    assert!(is_fenced(&hold(&store, &first, at(20)).await));
    assert!(hold(&store, &second, at(20)).await.is_ok());
    let forged = Lease { holder: TWO, ..second };
    assert!(is_fenced(&hold(&store, &forged, at(20)).await));
    store.close().await;
    database.remove().await;
}

async fn who_holds_it_has_it_for_longer(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let first = take(&store, ONE, at(0)).await.unwrap();
    hold(&store, &first, at(25)).await.unwrap();
    assert_eq!(take(&store, TWO, at(24)).await, None);
    // Nobody has taken it since it lapsed.
    hold(&store, &first, at(40)).await.unwrap();
    assert_eq!(take(&store, TWO, at(39)).await, None);
    assert_eq!(take(&store, TWO, at(40)).await, lease(TWO, 2));
    store.close().await;
    database.remove().await;
}

async fn what_is_released_is_free_and_nobody_else_s_is(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let first = take(&store, ONE, at(0)).await.unwrap();
    release(&store, &first).await;
    let second = take(&store, TWO, at(1)).await.unwrap();
    assert_eq!(second.fence, 2);
    release(&store, &first).await;
    assert_eq!(take(&store, ONE, at(2)).await, None, "it was not the first one's to release");
    hold(&store, &second, at(20)).await.unwrap();
    let nobodys = Lease { name: "1070".to_owned(), holder: ONE, fence: 1 };
    release(&store, &nobodys).await;
    assert!(is_fenced(&hold(&store, &nobodys, at(20)).await), "nobody has taken it ever");
    store.close().await;
    database.remove().await;
}

async fn each_name_is_a_lease_of_its_own(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    for (name, holder) in [("1010", ONE), ("P-0001", TWO), ("1070", ONE), ("", TWO)] {
        let taken = take_as(&store, name, holder, at(0)).await.unwrap();
        assert_eq!(taken, Lease { name: name.to_owned(), holder, fence: 1 });
    }
    assert_eq!(take_as(&store, "P-0001", ONE, at(1)).await, None);
    assert_eq!(database.number("SELECT count(*) FROM job_lease").await, 4);
    store.close().await;
    database.remove().await;
}

async fn what_is_not_committed_was_not_taken(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let mut transaction = store.begin().await.unwrap();
    assert!(transaction.take_lease("1010", ONE, at(0), at(10)).await.unwrap().is_some());
    drop(transaction);
    assert_eq!(take(&store, TWO, at(1)).await, lease(TWO, 1));
    store.close().await;
    database.remove().await;
}

/// Both where there was none yet and where one has lapsed.
async fn one_of_two_who_take_it_at_once_has_it(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let second_store = other(&database, &store).await;
    for (now, fence) in [(at(0), 1), (at(10), 2)] {
        let until = now.plus(Duration::from_secs(10));
        let mut first = store.begin().await.unwrap();
        let taken = first.take_lease("1010", ONE, now, until).await.unwrap();
        assert_eq!(taken, lease(ONE, fence));
        let second = take(&second_store, TWO, now);
        let seen = database.behind(async { first.commit().await.unwrap() }, second).await;
        assert_eq!(seen, None);
    }
    store.close().await;
    second_store.close().await;
    database.remove().await;
}

async fn who_takes_a_lapsed_one_first_fences_its_holder(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let second_store = other(&database, &store).await;
    let old = take(&store, ONE, at(0)).await.unwrap();
    let mut first = store.begin().await.unwrap();
    assert!(first.take_lease("1010", TWO, at(10), at(20)).await.unwrap().is_some());
    let second = hold(&second_store, &old, at(30));
    let held = database.behind(async { first.commit().await.unwrap() }, second).await;
    assert!(is_fenced(&held), "{held:?}");
    store.close().await;
    second_store.close().await;
    database.remove().await;
}

async fn who_holds_a_lapsed_one_first_keeps_it(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let second_store = other(&database, &store).await;
    let held = take(&store, ONE, at(0)).await.unwrap();
    let mut first = store.begin().await.unwrap();
    first.hold_lease(&held, at(30)).await.unwrap();
    let second = take(&second_store, TWO, at(10));
    let taken = database.behind(async { first.commit().await.unwrap() }, second).await;
    assert_eq!(taken, None);
    hold(&store, &held, at(40)).await.unwrap();
    store.close().await;
    second_store.close().await;
    database.remove().await;
}

/// Whoever asks does so on the writer that customers wait for. An SQLite file has one holder in any case.
async fn nobody_waits_for_the_transaction_of_a_holder(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let second_store = other(&database, &store).await;
    let held = take(&store, ONE, at(0)).await.unwrap();
    let mut first = store.begin().await.unwrap();
    first.hold_lease(&held, at(15)).await.unwrap();
    let first = Some(first).filter(|_| engine == Engine::Postgres);
    let taken = wait::bounded("an answer", take(&second_store, TWO, at(5))).await;
    drop(first);
    assert_eq!(taken, None);
    store.close().await;
    second_store.close().await;
    database.remove().await;
}
