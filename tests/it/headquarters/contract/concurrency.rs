//! What concurrent transactions see of one another: locks in one order, and versions in the order of commits. On
//! PostgreSQL the second transaction comes from another replica; on SQLite it has to wait for its turn.

use std::sync::Arc;

use csu::{domain::submission::Submission, headquarters::store::TakenNumbers};
use tokio::task::JoinSet;

use super::steps::{
    commit, commit_one, create, insert, is_conflict, other, perform, record, rename,
};
use crate::harness::{Database, Engine, START, wait};

crate::on_both_engines!(
    versions_are_gapless_and_numbers_never_come_twice,
    numbers_and_versions_are_contiguous_and_forgotten_with_their_transaction,
    the_second_on_a_customer_sees_what_the_first_wrote,
    whoever_takes_the_counter_row_sees_all_commits_before,
    one_of_two_creates_of_a_customer_wins,
    one_of_two_writes_with_a_request_id_wins,
    customers_are_locked_in_one_order,
);

/// Whoever reads "above the last version" never misses one that is committed later.
async fn versions_are_gapless_and_numbers_never_come_twice(engine: Engine) {
    const WRITERS: i64 = 4;
    const ROUNDS: i64 = 20;
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let second_store = other(&database, &store).await;
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let store = Arc::clone(if writer % 2 == 0 { &store } else { &second_store });
        writers.spawn(async move {
            for round in 0..ROUNDS {
                let batch = ["a", "b", "c"].map(|part| create(&format!("{writer} {round} {part}")));
                // Some of what was taken is given back.
                if round % 5 == 4 {
                    let mut transaction = store.begin().await.unwrap();
                    perform(&mut *transaction, START, &batch).await.unwrap();
                } else {
                    commit(&store, START, &batch).await.unwrap();
                }
            }
        });
    }
    let expected = WRITERS * ROUNDS / 5 * 4 * 3;
    let mut last = 0;
    wait::until("the reader has seen all", async || {
        while let Some(ended) = writers.try_join_next() {
            ended.expect("a writer's end");
        }
        let query = format!(
            "SELECT CAST(version AS text) FROM customer WHERE version > {last}
             ORDER BY customer.version"
        );
        for version in database.texts(&query).await {
            last += 1;
            assert_eq!(version, last.to_string(), "the reader has missed one");
        }
        last == expected
    })
    .await;
    writers.join_all().await;
    for (query, wanted) in [
        ("SELECT change FROM counter", expected),
        ("SELECT last FROM number_sequence", expected),
        ("SELECT count(DISTINCT account_number) FROM customer", expected),
        ("SELECT count(DISTINCT version) FROM revision", expected),
    ] {
        assert_eq!(database.number(query).await, wanted, "{query}");
    }
    store.close().await;
    second_store.close().await;
    database.remove().await;
}

async fn numbers_and_versions_are_contiguous_and_forgotten_with_their_transaction(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let taken = |first| TakenNumbers { format: "C-#######".to_owned(), first };
    let mut transaction = store.begin().await.unwrap();
    assert_eq!(transaction.take_numbers(3).await.unwrap(), taken(1));
    assert_eq!(transaction.take_numbers(1).await.unwrap(), taken(4));
    assert_eq!(transaction.take_changes(2).await.unwrap(), 1);
    assert_eq!(transaction.take_changes(256).await.unwrap(), 3);
    transaction.commit().await.unwrap();
    // Looking up a commit in doubt takes the rows' locks and no number.
    for count in [0, 5, 5] {
        let mut transaction = store.begin().await.unwrap();
        assert_eq!(transaction.take_numbers(count).await.unwrap(), taken(5));
        assert_eq!(transaction.take_changes(count).await.unwrap(), 259);
    }
    database.execute("UPDATE number_sequence SET format = 'K###/NL'").await;
    let mut transaction = store.begin().await.unwrap();
    assert_eq!(transaction.take_numbers(1).await.unwrap().format, "K###/NL");
    drop(transaction);
    store.close().await;
    database.remove().await;
}

async fn the_second_on_a_customer_sees_what_the_first_wrote(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let second_store = other(&database, &store).await;
    let id = commit_one(&store, &create("Berg")).await.base.customer.id;

    let mut first = store.begin().await.unwrap();
    let renamed = perform(&mut *first, START, &[rename(id, "Roth", 1)]).await.unwrap();
    let second = async {
        let mut second = second_store.begin().await.unwrap();
        second.lock_customers(&[id]).await.unwrap();
        second.records(&[id]).await.unwrap()
    };
    let seen = database.behind(async { first.commit().await.unwrap() }, second).await;
    assert_eq!(seen, renamed);
    store.close().await;
    second_store.close().await;
    database.remove().await;
}

/// That is what settles a commit in doubt.
async fn whoever_takes_the_counter_row_sees_all_commits_before(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let second_store = other(&database, &store).await;
    let created = create("Berg");
    let id = created.draft.request_id;

    let mut first = store.begin().await.unwrap();
    perform(&mut *first, START, std::slice::from_ref(&created)).await.unwrap();
    let second = async {
        let mut second = second_store.begin().await.unwrap();
        second.take_changes(0).await.unwrap();
        second.performed(&[id]).await.unwrap()
    };
    let seen = database.behind(async { first.commit().await.unwrap() }, second).await;
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].1.request_hash, created.request_hash);
    store.close().await;
    second_store.close().await;
    database.remove().await;
}

async fn one_of_two_creates_of_a_customer_wins(engine: Engine) {
    let (one, mut two) = (create("Berg"), create("Roth"));
    two.draft.customer_id = one.draft.customer_id;
    first_wins(engine, &one, &two).await;
}

async fn one_of_two_writes_with_a_request_id_wins(engine: Engine) {
    let (one, mut two) = (create("Berg"), create("Roth"));
    two.draft.request_id = one.draft.request_id;
    first_wins(engine, &one, &two).await;
}

/// `two` was judged before `one` was there.
async fn first_wins(engine: Engine, one: &Submission, two: &Submission) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let second_store = other(&database, &store).await;
    let mut first = store.begin().await.unwrap();
    let written = perform(&mut *first, START, std::slice::from_ref(one)).await.unwrap();
    let second = async {
        let mut second = second_store.begin().await.unwrap();
        insert(&mut *second, START, &[(two, None)]).await
    };
    let result = database.behind(async { first.commit().await.unwrap() }, second).await;
    assert!(is_conflict(&result), "{result:?}");
    assert_eq!(record(&store, one.draft.customer_id).await.as_ref(), written.first());
    let (memory, _) = store.performed(one.draft.request_id).await.unwrap().unwrap();
    assert_eq!(memory.request_hash, one.request_hash);
    assert_eq!(database.number("SELECT count(*) FROM customer").await, 1);
    assert_eq!(database.number("SELECT count(*) FROM revision").await, 1);
    store.close().await;
    second_store.close().await;
    database.remove().await;
}

/// Each names the same customers in its own order; a deadlock would be a conflict for one of them.
async fn customers_are_locked_in_one_order(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let second_store = other(&database, &store).await;
    let batch: Vec<_> = (0..8).map(|number| create(&number.to_string())).collect();
    let written = commit(&store, START, &batch).await.unwrap();
    let ids: Vec<_> = written.iter().map(|record| record.base.customer.id).collect();
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
                assert_eq!(transaction.lock_customers(&ids).await.unwrap().len(), ids.len());
                let known = transaction.records(&ids).await.unwrap();
                let id = ids[round % ids.len()];
                let before = known.into_iter().find(|it| it.base.customer.id == id).unwrap();
                let rename = rename(id, &format!("{number}-{round}"), before.base.version);
                insert(&mut *transaction, START, &[(&rename, Some(before))]).await.unwrap();
                transaction.commit().await.unwrap();
            }
        });
    }
    wait::bounded("all transactions", tasks.join_all()).await;
    assert_eq!(database.number("SELECT count(*) FROM revision").await, 8 + 40);
    store.close().await;
    second_store.close().await;
    database.remove().await;
}
