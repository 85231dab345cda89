//! What concurrent transactions see of one another: locks in one order, and counters in the order of commits. On
//! PostgreSQL the second transaction comes from another replica; on SQLite it has to wait for its turn.

use std::{sync::Arc, time::Duration};

use csu::channel::store::SharedStore;
use tokio::task::JoinSet;

use super::steps::{commit, commit_one, customer, insert, is_conflict, perform};
use crate::harness::{Database, Engine, START, invariants, wait, writes};

crate::on_both_engines!(
    the_second_on_a_customer_sees_what_the_first_wrote,
    whoever_takes_the_counter_row_sees_all_commits_before,
    one_of_two_creates_of_a_customer_wins,
    one_of_two_writes_with_a_request_id_wins,
    customers_are_locked_in_one_order,
    counters_appear_in_commit_order,
);

/// As another replica would reach it.
pub(super) async fn other(database: &Database, store: &SharedStore) -> SharedStore {
    match database.engine {
        Engine::Sqlite => Arc::clone(store),
        Engine::Postgres => database.open(START).await,
    }
}

async fn the_second_on_a_customer_sees_what_the_first_wrote(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let second_store = other(&database, &store).await;
    let id = commit_one(&store, START, &writes::create("Berg")).await.customer.id;

    let mut first = store.begin().await.unwrap();
    let renamed = perform(&mut *first, START, &[writes::rename(id, "Roth")]).await.unwrap();
    let second = async {
        let mut second = second_store.begin().await.unwrap();
        second.lock_customers(&[id]).await.unwrap();
        second.customers(&[id]).await.unwrap()
    };
    let seen = database.behind(async { first.commit().await.unwrap() }, second).await;
    assert_eq!(seen, [renamed[0].known.clone()]);
    store.close().await;
    second_store.close().await;
    invariants::check(&database).await;
    database.remove().await;
}

/// That is what settles a commit in doubt.
async fn whoever_takes_the_counter_row_sees_all_commits_before(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let second_store = other(&database, &store).await;
    let write = writes::create("Berg");

    let mut first = store.begin().await.unwrap();
    let answers = perform(&mut *first, START, std::slice::from_ref(&write)).await.unwrap();
    let second = async {
        let mut second = second_store.begin().await.unwrap();
        second.take_counters(0, 0, START).await.unwrap();
        second.request_records(&[write.request_id]).await.unwrap()
    };
    let seen = database.behind(async { first.commit().await.unwrap() }, second).await;
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].answer, answers[0]);
    store.close().await;
    second_store.close().await;
    database.remove().await;
}

async fn one_of_two_creates_of_a_customer_wins(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let second_store = other(&database, &store).await;
    let (one, mut two) = (writes::create("Berg"), writes::create("Roth"));
    two.customer_id = one.customer_id;

    let mut first = store.begin().await.unwrap();
    perform(&mut *first, START, std::slice::from_ref(&one)).await.unwrap();
    let second = async {
        let mut second = second_store.begin().await.unwrap();
        // It was judged before the first one was there.
        insert(&mut *second, START, &[(&two, None)]).await
    };
    let result = database.behind(async { first.commit().await.unwrap() }, second).await;
    assert!(is_conflict(&result), "{result:?}");
    let known = customer(&store, one.customer_id).await.unwrap();
    assert_eq!(known.customer.created_by, one.request_id);
    assert_eq!(store.request_record(two.request_id).await.unwrap(), None);
    store.close().await;
    second_store.close().await;
    invariants::check(&database).await;
    database.remove().await;
}

async fn one_of_two_writes_with_a_request_id_wins(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let second_store = other(&database, &store).await;
    let (one, mut two) = (writes::create("Berg"), writes::create("Roth"));
    two.request_id = one.request_id;

    let mut first = store.begin().await.unwrap();
    let answers = perform(&mut *first, START, std::slice::from_ref(&one)).await.unwrap();
    let second = async {
        let mut second = second_store.begin().await.unwrap();
        insert(&mut *second, START, &[(&two, None)]).await
    };
    let result = database.behind(async { first.commit().await.unwrap() }, second).await;
    assert!(is_conflict(&result), "{result:?}");
    assert_eq!(customer(&store, two.customer_id).await, None);
    let record = store.request_record(one.request_id).await.unwrap().unwrap();
    assert_eq!(record.answer, answers[0]);
    store.close().await;
    second_store.close().await;
    invariants::check(&database).await;
    database.remove().await;
}

/// Each names the same customers in its own order; a deadlock would be a conflict for one of them.
async fn customers_are_locked_in_one_order(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let second_store = other(&database, &store).await;
    let mut ids = Vec::new();
    for number in 0..8 {
        let create = writes::create_bare(&format!("Name{number}"));
        ids.push(commit_one(&store, START, &create).await.customer.id);
    }
    let mut tasks = JoinSet::new();
    for (number, store) in [&store, &second_store, &store, &second_store].into_iter().enumerate() {
        let (store, mut ids) = (Arc::clone(store), ids.clone());
        ids.rotate_left(number * 2);
        if number % 2 == 1 {
            ids.reverse();
        }
        tasks.spawn(async move {
            for round in 0..10 {
                let mut transaction = store.begin().await.unwrap();
                transaction.lock_customers(&ids).await.unwrap();
                let known = transaction.customers(&ids).await.unwrap();
                let write = writes::rename(ids[round % ids.len()], &format!("{number}-{round}"));
                let before = known.into_iter().find(|it| it.customer.id == write.customer_id);
                insert(&mut *transaction, START, &[(&write, before)]).await.unwrap();
                transaction.commit().await.unwrap();
            }
        });
    }
    wait::bounded("all transactions", tasks.join_all()).await;
    assert_eq!(database.number("SELECT count(*) FROM revision").await, 8 + 40);
    store.close().await;
    second_store.close().await;
    invariants::check(&database).await;
    database.remove().await;
}

/// Whoever reads "above the last counter" never misses one that is committed later.
async fn counters_appear_in_commit_order(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let second_store = other(&database, &store).await;
    let mut writers = JoinSet::new();
    for (number, store) in [&store, &second_store, &store, &second_store].into_iter().enumerate() {
        let store = Arc::clone(store);
        writers.spawn(async move {
            for round in 0..30 {
                let now = START.plus(Duration::from_millis(round));
                let batch = ["a", "b", "c"]
                    .map(|part| writes::create_bare(&format!("{number} {round} {part}")));
                // Some of the numbers taken are given back.
                if round % 5 == 4 {
                    let mut transaction = store.begin().await.unwrap();
                    perform(&mut *transaction, now, &batch).await.unwrap();
                } else {
                    commit(&store, now, &batch).await.unwrap();
                }
            }
        });
    }
    let expected = 4 * 24 * 3;
    let mut last = 0;
    wait::until("the reader has seen all", async || {
        while let Some(ended) = writers.try_join_next() {
            ended.expect("a writer's end");
        }
        for table in ["revision", "event"] {
            let query = format!("SELECT count(*) - coalesce(max(counter), 0) FROM {table}");
            assert_eq!(database.number(&query).await, 0, "a gap in {table}");
        }
        let query = format!(
            "SELECT CAST(counter AS text) FROM revision WHERE counter > {last}
             ORDER BY revision.counter"
        );
        for counter in database.texts(&query).await {
            last += 1;
            assert_eq!(counter, last.to_string(), "the reader has missed one");
        }
        last == expected
    })
    .await;
    writers.join_all().await;
    store.close().await;
    second_store.close().await;
    invariants::check(&database).await;
    database.remove().await;
}
