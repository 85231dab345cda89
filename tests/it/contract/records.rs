//! Request records, and how old ones are deleted.

use std::time::Duration;

use csu::{channel::store::SharedStore, domain::time::Timestamp};

use super::steps::{commit, commit_one};
use crate::harness::{Database, Engine, START, writes};

crate::on_both_engines!(old_records_are_pruned_in_steps, pruning_can_be_dropped);

async fn prune(store: &SharedStore, before: Timestamp, limit: u32) -> u64 {
    let mut transaction = store.begin().await.unwrap();
    let pruned = transaction.prune_request_records(before, limit).await.unwrap();
    transaction.commit().await.unwrap();
    pruned
}

async fn old_records_are_pruned_in_steps(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let mut written = Vec::new();
    for hour in 0..7 {
        let write = writes::create_bare(&format!("Name{hour}"));
        commit_one(&store, START.plus(Duration::from_hours(hour)), &write).await;
        written.push(write);
    }
    let there = async || {
        let mut hours = Vec::new();
        for (hour, write) in written.iter().enumerate() {
            if store.request_record(write.request_id).await.unwrap().is_some() {
                hours.push(hour);
            }
        }
        hours
    };
    assert_eq!(prune(&store, START, 10).await, 0, "at the time is not before it");
    let before = START.plus(Duration::from_hours(5));
    assert_eq!(prune(&store, before, 2).await, 2);
    assert_eq!(there().await, [2, 3, 4, 5, 6], "the oldest go first");
    assert_eq!(prune(&store, before, 2).await, 2);
    assert_eq!(prune(&store, before, 2).await, 1);
    assert_eq!(prune(&store, before, 2).await, 0);
    assert_eq!(there().await, [5, 6]);
    assert_eq!(database.number("SELECT count(*) FROM customer").await, 7, "customers stay");
    store.close().await;
    database.remove().await;
}

async fn pruning_can_be_dropped(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let batch: Vec<_> = (0..3).map(|number| writes::create_bare(&number.to_string())).collect();
    commit(&store, START, &batch).await.unwrap();
    let mut transaction = store.begin().await.unwrap();
    let later = START.plus(Duration::from_secs(1));
    assert_eq!(transaction.prune_request_records(later, 10).await.unwrap(), 3);
    drop(transaction);
    assert_eq!(database.number("SELECT count(*) FROM request_record").await, 3);
    store.close().await;
    database.remove().await;
}
