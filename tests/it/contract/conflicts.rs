//! Writes that were judged by what is no longer so. Nothing of them stays.

use super::steps::{commit_one, customer, insert, is_conflict, perform};
use crate::harness::{Database, Engine, Footprint, START, invariants, writes};

crate::on_both_engines!(
    a_customer_that_exists,
    a_request_record_that_exists,
    a_customer_that_is_missing,
    one_conflict_undoes_the_whole_transaction,
    a_dropped_transaction_leaves_nothing,
);

async fn a_customer_that_exists(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let first = writes::create("Berg");
    let known = commit_one(&store, START, &first).await;
    let before = Footprint::of(&database).await;

    let mut second = writes::create("Roth");
    second.customer_id = first.customer_id;
    let mut transaction = store.begin().await.unwrap();
    let result = insert(&mut *transaction, START, &[(&second, None)]).await;
    assert!(is_conflict(&result), "{result:?}");
    drop(transaction);
    assert_eq!(Footprint::of(&database).await, before);
    assert_eq!(customer(&store, first.customer_id).await, Some(known));
    store.close().await;
    invariants::check(&database).await;
    database.remove().await;
}

async fn a_request_record_that_exists(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let first = writes::create("Berg");
    commit_one(&store, START, &first).await;
    let before = Footprint::of(&database).await;
    let remembered = store.request_record(first.request_id).await.unwrap();

    let mut second = writes::create("Roth");
    second.request_id = first.request_id;
    let mut transaction = store.begin().await.unwrap();
    let result = insert(&mut *transaction, START, &[(&second, None)]).await;
    assert!(is_conflict(&result), "{result:?}");
    drop(transaction);
    assert_eq!(Footprint::of(&database).await, before);
    assert_eq!(store.request_record(first.request_id).await.unwrap(), remembered);
    assert_eq!(customer(&store, second.customer_id).await, None);
    store.close().await;
    invariants::check(&database).await;
    database.remove().await;
}

async fn a_customer_that_is_missing(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    // As if it had been erased between a read and its lock.
    let create = writes::create("Berg");
    let mut transaction = store.begin().await.unwrap();
    let read = perform(&mut *transaction, START, std::slice::from_ref(&create)).await.unwrap();
    drop(transaction);
    let before = Footprint::of(&database).await;

    let rename = writes::rename(create.customer_id, "Roth");
    let mut transaction = store.begin().await.unwrap();
    let known = Some(read[0].known.clone());
    let result = insert(&mut *transaction, START, &[(&rename, known)]).await;
    assert!(is_conflict(&result), "{result:?}");
    drop(transaction);
    assert_eq!(Footprint::of(&database).await, before);
    assert_eq!(customer(&store, create.customer_id).await, None);
    store.close().await;
    invariants::check(&database).await;
    database.remove().await;
}

async fn one_conflict_undoes_the_whole_transaction(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let first = writes::create("Berg");
    commit_one(&store, START, &first).await;
    let before = Footprint::of(&database).await;

    let (good, mut bad) = (writes::create("Lind"), writes::create("Roth"));
    bad.customer_id = first.customer_id;
    let mut transaction = store.begin().await.unwrap();
    let result = insert(&mut *transaction, START, &[(&good, None), (&bad, None)]).await;
    assert!(is_conflict(&result), "{result:?}");
    drop(transaction);
    assert_eq!(Footprint::of(&database).await, before);
    assert_eq!(customer(&store, good.customer_id).await, None);

    // The good one alone is fine, and gets the counter that nobody has.
    let known = commit_one(&store, START, &good).await;
    assert_eq!(known.waiting[0].counter.0, 2);
    store.close().await;
    invariants::check(&database).await;
    database.remove().await;
}

async fn a_dropped_transaction_leaves_nothing(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let known = commit_one(&store, START, &writes::create("Berg")).await;
    let before = Footprint::of(&database).await;
    for _ in 0..3 {
        let (create, rename) = (writes::create("Roth"), writes::rename(known.customer.id, "Lind"));
        let mut transaction = store.begin().await.unwrap();
        perform(&mut *transaction, START, &[create.clone(), rename]).await.unwrap();
        drop(transaction);
        assert_eq!(Footprint::of(&database).await, before);
        assert_eq!(customer(&store, create.customer_id).await, None);
        assert_eq!(store.request_record(create.request_id).await.unwrap(), None);
    }
    assert_eq!(customer(&store, known.customer.id).await, Some(known));
    let next = commit_one(&store, START, &writes::create("Roth")).await;
    assert_eq!(next.waiting[0].counter.0, 2, "counters that were taken and dropped have no gap");
    store.close().await;
    invariants::check(&database).await;
    database.remove().await;
}
