//! How far the batch is with an origin, what its database has had, and all customers in their order.

use csu::domain::{origin::Origin, revision::Counter, submission::Submission};

use super::{
    inbox::{conclude, failed},
    job_steps::at,
    steps::{captured, commit, commit_one, create, origin, receive},
};
use crate::harness::{Database, Engine, START};

crate::on_both_engines!(
    what_is_concluded_ends_before_the_first_that_waits,
    what_was_delivered_is_noted_once,
    all_customers_come_by_their_ids,
);

async fn what_is_concluded_ends_before_the_first_that_waits(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let concluded = async |origin| store.concluded(origin).await.unwrap().0;
    assert_eq!(concluded(origin(1)).await, 0);
    let all = [1, 2, 3, 4].map(|counter| captured(create("Berg"), counter, counter));
    receive(&store, &all).await.unwrap();
    let of_another = captured(Submission { origin: origin(2), ..create("Roth") }, 1, 1);
    receive(&store, std::slice::from_ref(&of_another)).await.unwrap();
    commit_one(&store, &create("Lind")).await;
    assert_eq!(concluded(origin(1)).await, 0);
    // In whatever order, and whatever became of them.
    for (number, expected) in [(1, 0), (0, 2), (3, 2), (2, 4)] {
        if number == 0 {
            commit_one(&store, &all[number]).await;
        } else {
            conclude(&store, &all[number], failed()).await.unwrap();
        }
        assert_eq!(concluded(origin(1)).await, expected);
    }
    assert_eq!(concluded(origin(2)).await, 0, "another's wait does not matter");
    let life = Origin { incarnation: 2, ..origin(1) };
    assert_eq!(concluded(life).await, 0);
    assert_eq!(store.origin(origin(1)).await.unwrap().last_counter, Counter(4));
    store.close().await;
    database.remove().await;
}

async fn what_was_delivered_is_noted_once(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let life = Origin { incarnation: 2, ..origin(1) };
    // Change counters 1 to 4 are of the origin, 5 of another, 6 of another life; one waits.
    let all = [1, 2, 3, 4, 5].map(|counter| captured(create("Berg"), counter, counter));
    receive(&store, &all).await.unwrap();
    for submission in &all[..4] {
        conclude(&store, submission, failed()).await.unwrap();
    }
    for origin in [origin(2), life] {
        let one = captured(Submission { origin, ..create("Roth") }, 1, 1);
        receive(&store, std::slice::from_ref(&one)).await.unwrap();
        conclude(&store, &one, failed()).await.unwrap();
    }
    let noted = async || {
        let query = "SELECT CAST(coalesce(delivered_at, 0) AS text) FROM revision
            ORDER BY coalesce(version, 99)";
        let times = database.texts(query).await;
        let seconds =
            |time: &String| (time.parse::<i64>().unwrap() - START.millis()).max(0) / 1_000;
        times.iter().map(seconds).collect::<Vec<_>>()
    };
    assert_eq!(noted().await, [0; 7]);
    for (from, to, seconds, expected) in [
        (1, 2, 10, [0, 10, 0, 0, 0, 0, 0]),
        // Told again, with one more.
        (1, 3, 20, [0, 10, 20, 0, 0, 0, 0]),
        (3, 3, 30, [0, 10, 20, 0, 0, 0, 0]),
        (0, 99, 40, [40, 10, 20, 40, 0, 0, 0]),
    ] {
        let mut transaction = store.begin().await.unwrap();
        transaction.mark_delivered(origin(1), from, to, at(seconds)).await.unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(noted().await, expected);
    }
    store.close().await;
    database.remove().await;
}

async fn all_customers_come_by_their_ids(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    assert_eq!(store.customers_above(None, 9).await.unwrap(), []);
    let batch: Vec<_> = (0..20).map(|number| create(&number.to_string())).collect();
    let mut all = commit(&store, START, &batch).await.unwrap();
    all.sort_by_key(|record| record.base.customer.id);
    for limit in [1, 6, 20, 100] {
        let (mut found, mut above) = (Vec::new(), None);
        loop {
            let page = store.customers_above(above, limit).await.unwrap();
            assert!(page.len() <= limit as usize);
            let Some(last) = page.last() else { break };
            above = Some(last.base.customer.id);
            found.extend(page);
        }
        assert_eq!(found, all, "{limit}");
    }
    store.close().await;
    database.remove().await;
}
