//! Writes that were judged by what is no longer so. Nothing of them stays.

use csu::domain::submission::Submission;

use super::{
    registrations::registered,
    steps::{commit_one, create, everything, insert, is_conflict, perform, record, rename},
};
use crate::harness::{Database, Engine, START};

crate::on_both_engines!(
    a_customer_that_exists,
    a_request_that_was_performed,
    a_customer_that_is_missing,
    one_conflict_undoes_the_whole_transaction,
    a_dropped_transaction_leaves_nothing,
);

/// Inserts what was judged before something came between, and checks that nothing of it stays.
async fn refused(engine: Engine, between: &[Submission], judged: impl FnOnce() -> Submission) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    for submission in between {
        commit_one(&store, submission).await;
    }
    let before = everything(&database).await;
    let submission = judged();
    let mut transaction = store.begin().await.unwrap();
    let result = insert(&mut *transaction, START, &[(&submission, None)]).await;
    assert!(is_conflict(&result), "{result:?}");
    drop(transaction);
    assert_eq!(everything(&database).await, before);
    store.close().await;
    database.remove().await;
}

async fn a_customer_that_exists(engine: Engine) {
    let first = create("Berg");
    let id = first.draft.customer_id;
    refused(engine, &[first], || {
        let mut second = create("Roth");
        second.draft.customer_id = id;
        second
    })
    .await;
}

async fn a_request_that_was_performed(engine: Engine) {
    let first = create("Berg");
    let id = first.draft.request_id;
    refused(engine, &[first], || {
        let mut second = create("Roth");
        second.draft.request_id = id;
        second
    })
    .await;
}

async fn a_customer_that_is_missing(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    // As if it had been erased between a read and its lock.
    let mut transaction = store.begin().await.unwrap();
    let read = perform(&mut *transaction, START, &[create("Berg")]).await.unwrap().remove(0);
    drop(transaction);
    let before = everything(&database).await;

    let id = read.base.customer.id;
    let rename = rename(id, "Roth", 1);
    let mut transaction = store.begin().await.unwrap();
    let result = insert(&mut *transaction, START, &[(&rename, Some(read))]).await;
    assert!(is_conflict(&result), "{result:?}");
    drop(transaction);
    assert_eq!(everything(&database).await, before);
    assert_eq!(record(&store, id).await, None);
    store.close().await;
    database.remove().await;
}

async fn one_conflict_undoes_the_whole_transaction(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let first = create("Berg");
    commit_one(&store, &first).await;
    let before = everything(&database).await;

    let (good, mut bad) = (create("Lind"), create("Roth"));
    bad.draft.customer_id = first.draft.customer_id;
    let mut transaction = store.begin().await.unwrap();
    let result = insert(&mut *transaction, START, &[(&good, None), (&bad, None)]).await;
    assert!(is_conflict(&result), "{result:?}");
    drop(transaction);
    assert_eq!(everything(&database).await, before);

    // The good one alone is fine, and gets the version and the number that nobody has.
    let record = commit_one(&store, &good).await;
    assert_eq!(record.base.version, 2);
    assert_eq!(record.base.customer.account_number.as_deref(), Some("C-0000002"));
    store.close().await;
    database.remove().await;
}

async fn a_dropped_transaction_leaves_nothing(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let known = commit_one(&store, &create("Berg")).await;
    let before = everything(&database).await;
    for _ in 0..3 {
        let (created, renamed) = (create("Roth"), rename(known.base.customer.id, "Lind", 1));
        let mut transaction = store.begin().await.unwrap();
        perform(&mut *transaction, START, &[created.clone(), renamed]).await.unwrap();
        let setup = transaction.lock_setup().await.unwrap();
        let mut changed = setup.clone();
        changed.setup.features.insert("x".to_owned(), true);
        changed.setup.customer_groups.clear();
        changed.version.global_configuration += 1;
        transaction.change_setup(&setup, &changed).await.unwrap();
        transaction.register(&registered("store-1", 1)).await.unwrap();
        drop(transaction);
        assert_eq!(everything(&database).await, before);
        assert_eq!(store.performed(created.draft.request_id).await.unwrap(), None);
        assert_eq!(store.setup().await.unwrap(), setup);
    }
    assert_eq!(record(&store, known.base.customer.id).await, Some(known));
    let next = commit_one(&store, &create("Roth")).await;
    assert_eq!(next.base.version, 2, "versions that were taken and dropped leave no gap");
    assert_eq!(next.base.customer.account_number.as_deref(), Some("C-0000002"));
    store.close().await;
    database.remove().await;
}
