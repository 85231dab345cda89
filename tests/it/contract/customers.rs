//! Reading customers.

use csu::domain::id::CustomerId;

use super::steps::{commit, customer};
use crate::harness::{Database, Engine, START, writes};

crate::on_both_engines!(finds_what_was_inserted, finds_none_for_unknown_ids);

async fn finds_what_was_inserted(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let created: Vec<_> = ["Berg", "Roth", "Lind"].map(writes::create).into();
    let answers = commit(&store, START, &created).await.unwrap();
    let known: Vec<_> = answers.into_iter().map(|answer| answer.known).collect();
    for known in &known {
        assert_eq!(customer(&store, known.customer.id).await.as_ref(), Some(known));
    }

    // Several at once, one of them named twice and one unknown: in no order, each once.
    let ids: Vec<_> = known.iter().map(|known| known.customer.id).collect();
    let asked = [ids[2], ids[0], writes::request_id().customer_id(), ids[2], ids[1]];
    let mut found = store.customers(&asked).await.unwrap();
    found.sort_by_key(|known| known.customer.id);
    let mut expected = known;
    expected.sort_by_key(|known| known.customer.id);
    assert_eq!(found, expected);

    let mut transaction = store.begin().await.unwrap();
    let locked = transaction.lock_customers(&asked).await.unwrap();
    assert!(expected.iter().all(|known| locked.contains(&known.customer.id)));
    drop(transaction);
    store.close().await;
    database.remove().await;
}

async fn finds_none_for_unknown_ids(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    assert!(store.customers(&[]).await.unwrap().is_empty());
    let unknown = [writes::request_id().customer_id(), CustomerId(uuid::Uuid::nil())];
    assert!(store.customers(&unknown).await.unwrap().is_empty());
    let mut transaction = store.begin().await.unwrap();
    transaction.lock_customers(&unknown).await.unwrap();
    assert!(transaction.customers(&unknown).await.unwrap().is_empty());
    assert!(transaction.request_records(&[writes::request_id()]).await.unwrap().is_empty());
    drop(transaction);
    assert_eq!(store.request_record(writes::request_id()).await.unwrap(), None);
    store.close().await;
    database.remove().await;
}
