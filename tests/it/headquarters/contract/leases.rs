//! The right to run a job, which one replica has at a time.

use csu::{
    domain::lease::Lease,
    headquarters::store::SharedStore,
    storage::{StoreError, StoreResult},
};
use uuid::Uuid;

use super::{
    job_steps::{at, take},
    steps::other,
};
use crate::harness::{Database, Engine, START};

crate::on_both_engines!(
    a_lease_is_taken_once,
    a_lease_lapses_and_whoever_had_it_is_fenced,
    a_lease_that_is_held_lasts_longer,
    a_lease_that_was_released_is_free,
    the_same_holder_takes_it_anew,
    of_two_at_once_one_takes_it,
    whoever_takes_it_waits_for_the_holder_s_transaction,
);

const ONE: Uuid = Uuid::from_u128(1);
const TWO: Uuid = Uuid::from_u128(2);

fn lease(holder: Uuid, fence: i64) -> Lease {
    Lease { name: "1010".to_owned(), holder, fence }
}

async fn hold(store: &SharedStore, lease: &Lease, until: u64) -> StoreResult<()> {
    let mut transaction = store.begin().await?;
    transaction.hold_lease(lease, at(until)).await?;
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

async fn a_lease_is_taken_once(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    assert!(is_fenced(&hold(&store, &lease(ONE, 1), 10).await), "nobody has taken it");
    assert_eq!(take(&store, "1010", ONE, 0).await, Some(lease(ONE, 1)));
    for seconds in [0, 9] {
        assert_eq!(take(&store, "1010", TWO, seconds).await, None);
    }
    // Each job has its own.
    let other = take(&store, "1070", TWO, 0).await.unwrap();
    assert_eq!((other.name.as_str(), other.fence), ("1070", 1));
    hold(&store, &lease(ONE, 1), 10).await.unwrap();
    for stranger in [lease(TWO, 1), lease(ONE, 2), lease(ONE, 0)] {
        assert!(is_fenced(&hold(&store, &stranger, 10).await), "{stranger:?}");
    }
    store.close().await;
    database.remove().await;
}

async fn a_lease_lapses_and_whoever_had_it_is_fenced(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let first = take(&store, "1010", ONE, 0).await.unwrap();
    assert_eq!(take(&store, "1010", TWO, 10).await, Some(lease(TWO, 2)));
    assert!(is_fenced(&hold(&store, &first, 30).await));
    // Nor does it let go of what another has.
    release(&store, &first).await;
    assert_eq!(take(&store, "1010", ONE, 19).await, None);
    hold(&store, &lease(TWO, 2), 20).await.unwrap();
    assert_eq!(take(&store, "1010", ONE, 20).await, Some(lease(ONE, 3)));
    assert!(is_fenced(&hold(&store, &first, 30).await), "its second lease is not its first");
    store.close().await;
    database.remove().await;
}

async fn a_lease_that_is_held_lasts_longer(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let first = take(&store, "1010", ONE, 0).await.unwrap();
    hold(&store, &first, 15).await.unwrap();
    assert_eq!(take(&store, "1010", TWO, 14).await, None);
    // It has lapsed, and nobody has taken it.
    hold(&store, &first, 40).await.unwrap();
    assert_eq!(take(&store, "1010", TWO, 39).await, None);
    // What is dropped does not count.
    let mut transaction = store.begin().await.unwrap();
    transaction.hold_lease(&first, at(90)).await.unwrap();
    drop(transaction);
    assert_eq!(take(&store, "1010", TWO, 40).await, Some(lease(TWO, 2)));
    store.close().await;
    database.remove().await;
}

async fn a_lease_that_was_released_is_free(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let first = take(&store, "1010", ONE, 0).await.unwrap();
    for stranger in
        [lease(TWO, 1), lease(ONE, 2), Lease { name: "1070".to_owned(), ..lease(ONE, 1) }]
    {
        release(&store, &stranger).await;
        assert_eq!(take(&store, "1010", TWO, 1).await, None);
    }
    release(&store, &first).await;
    assert_eq!(take(&store, "1010", TWO, 1).await, Some(lease(TWO, 2)));
    store.close().await;
    database.remove().await;
}

/// Its commit had no answer, or it was restarted and kept its name.
async fn the_same_holder_takes_it_anew(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let first = take(&store, "1010", ONE, 0).await.unwrap();
    assert_eq!(take(&store, "1010", ONE, 5).await, Some(lease(ONE, 2)));
    assert!(is_fenced(&hold(&store, &first, 20).await));
    assert_eq!(take(&store, "1010", TWO, 14).await, None);
    store.close().await;
    database.remove().await;
}

async fn of_two_at_once_one_takes_it(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let second_store = other(&database, &store).await;
    // When there was none, when one has lapsed, and when the first one does not stay.
    for (seconds, stays, expected) in
        [(0, false, Some(lease(TWO, 1))), (20, true, None), (40, false, Some(lease(TWO, 3)))]
    {
        let mut first = store.begin().await.unwrap();
        let taken = first.take_lease("1010", ONE, at(seconds), at(seconds + 10)).await.unwrap();
        assert!(taken.is_some());
        let second = take(&second_store, "1010", TWO, seconds);
        let end = async {
            if stays {
                first.commit().await.unwrap();
            } else {
                drop(first);
            }
        };
        assert_eq!(database.behind(end, second).await, expected, "at {seconds}");
    }
    store.close().await;
    second_store.close().await;
    database.remove().await;
}

async fn whoever_takes_it_waits_for_the_holder_s_transaction(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let second_store = other(&database, &store).await;
    let first = take(&store, "1010", ONE, 0).await.unwrap();
    let mut transaction = store.begin().await.unwrap();
    transaction.hold_lease(&first, at(20)).await.unwrap();
    let second = take(&second_store, "1010", TWO, 10);
    let taken = database.behind(async { transaction.commit().await.unwrap() }, second).await;
    assert_eq!(taken, None, "it was held for longer");

    // The other way round: the holder comes late, and sees that another has it.
    let mut transaction = second_store.begin().await.unwrap();
    let second = transaction.take_lease("1010", TWO, at(20), at(30)).await.unwrap();
    assert_eq!(second, Some(lease(TWO, 2)));
    let late = hold(&store, &first, 40);
    let held = database.behind(async { transaction.commit().await.unwrap() }, late).await;
    assert!(is_fenced(&held), "{held:?}");
    store.close().await;
    second_store.close().await;
    database.remove().await;
}
