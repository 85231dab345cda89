//! The counter row: contiguous numbers, and capture times that never fall.

use std::time::Duration;

use csu::{
    channel::store::Taken,
    domain::{revision::Counter, time::Timestamp},
};

use crate::harness::{Database, Engine, START};

crate::on_both_engines!(
    counters_are_contiguous_and_forgotten_with_their_transaction,
    capture_times_never_fall_when_the_clock_steps_back,
    no_counters_can_be_taken,
);

fn taken(revision: i64, event: i64, captured_at: Timestamp) -> Taken {
    let (first_revision, first_event) = (Counter(revision), Counter(event));
    Taken { first_revision, first_event, captured_at }
}

async fn counters_are_contiguous_and_forgotten_with_their_transaction(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let mut transaction = store.begin().await.unwrap();
    assert_eq!(transaction.take_counters(3, 2, START).await.unwrap(), taken(1, 1, START));
    assert_eq!(transaction.take_counters(1, 5, START).await.unwrap(), taken(4, 3, START));
    transaction.commit().await.unwrap();

    let mut transaction = store.begin().await.unwrap();
    assert_eq!(transaction.take_counters(256, 256, START).await.unwrap(), taken(5, 8, START));
    drop(transaction);

    let mut transaction = store.begin().await.unwrap();
    assert_eq!(transaction.take_counters(1, 1, START).await.unwrap(), taken(5, 8, START));
    transaction.commit().await.unwrap();
    assert_eq!(database.number("SELECT revision FROM counter").await, 5);
    assert_eq!(database.number("SELECT event FROM counter").await, 8);
    store.close().await;
    database.remove().await;
}

async fn capture_times_never_fall_when_the_clock_steps_back(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let later = START.plus(Duration::from_hours(1));
    for (number, now, expected) in [
        (1, START, START),
        (2, later, later),
        (3, START, later),
        (4, Timestamp(-1), later),
        (5, later.plus(Duration::from_millis(1)), later.plus(Duration::from_millis(1))),
    ] {
        let mut transaction = store.begin().await.unwrap();
        let got = transaction.take_counters(1, 1, now).await.unwrap();
        assert_eq!(got, taken(number, number, expected));
        transaction.commit().await.unwrap();
    }
    store.close().await;
    database.remove().await;
}

/// Looking up a commit in doubt takes the row's lock and no number.
async fn no_counters_can_be_taken(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    for _ in 0..2 {
        let mut transaction = store.begin().await.unwrap();
        assert_eq!(transaction.take_counters(0, 0, START).await.unwrap(), taken(1, 1, START));
        transaction.commit().await.unwrap();
    }
    store.close().await;
    database.remove().await;
}
