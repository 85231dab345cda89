//! What is written together.

use std::collections::HashSet;

use csu::domain::id::{CustomerId, RequestId};

use super::{Unit, last_name};
use crate::harness::{Engine, wrapped_store::Mode, writes};

crate::on_both_engines!(
    what_waits_shares_a_commit,
    concurrent_writes_need_few_commits,
    a_batch_is_bounded,
    a_batch_holds_one_write_a_customer_and_request,
    writes_of_one_customer_keep_their_order,
    many_writes_of_one_customer_do_not_hold_up_others,
);

async fn what_waits_shares_a_commit(engine: Engine) {
    let unit = Unit::new(engine).await;
    let first = unit.held_up().await;
    let created: Vec<_> = (0..200).map(|number| writes::create(&format!("Name{number}"))).collect();
    let waiting = unit.queue(created.clone());
    unit.go_on();
    first.await.unwrap();
    for (write, answer) in created.iter().zip(unit.answers(waiting).await) {
        assert_eq!(answer.unwrap().known.customer.id, write.customer_id);
    }
    let sizes: Vec<_> = unit.faults.committed().iter().map(|batch| batch.requests.len()).collect();
    assert_eq!(sizes, [1, 200]);
    unit.close().await;
}

/// Nobody holds anything up here: the time that a commit takes is what gathers the next batch.
async fn concurrent_writes_need_few_commits(engine: Engine) {
    let unit = Unit::new(engine).await;
    let created = (0..200).map(|number| unit.writer.write(writes::create(&number.to_string())));
    for answer in futures::future::join_all(created).await {
        answer.unwrap();
    }
    let commits = unit.faults.committed().len();
    assert!(commits <= 20, "{commits} commits for 200 writes");
    unit.close().await;
}

async fn a_batch_is_bounded(engine: Engine) {
    let unit = Unit::new(engine).await;
    let first = unit.held_up().await;
    let waiting = unit.queue((0..600).map(|number| writes::create_bare(&number.to_string())));
    unit.go_on();
    first.await.unwrap();
    assert!(unit.answers(waiting).await.iter().all(Result::is_ok));
    let sizes: Vec<_> = unit.faults.committed().iter().map(|batch| batch.requests.len()).collect();
    assert_eq!(sizes, [1, 256, 256, 88]);
    unit.close().await;
}

async fn a_batch_holds_one_write_a_customer_and_request(engine: Engine) {
    let unit = Unit::new(engine).await;
    let (anna, bert) = (unit.customer("Anna").await, unit.customer("Bert").await);
    let first = unit.held_up().await;
    let repeated = writes::rename(anna, "Twice");
    let mut reused = writes::create("Reused");
    reused.request_id = repeated.request_id;
    let waiting = unit.queue([
        repeated.clone(),
        writes::rename(bert, "Once"),
        repeated,
        writes::add_address(bert, "1 Pike Place"),
        writes::rename(anna, "Again"),
        reused,
        writes::create("Other"),
    ]);
    unit.go_on();
    first.await.unwrap();
    let answers = unit.answers(waiting).await;
    assert_eq!(answers[0], answers[2], "the repetition gets the first answer");
    assert_eq!(last_name(answers[4].as_ref().unwrap()), "Again");
    let reused = answers[5].as_ref().unwrap_err();
    assert!(matches!(reused, csu::domain::error::Error::RequestIdReused(_)), "{reused:?}");
    assert!(answers[6].is_ok());

    for batch in unit.faults.committed() {
        let customers: HashSet<CustomerId> = batch.customers.iter().copied().collect();
        let requests: HashSet<RequestId> = batch.requests.iter().copied().collect();
        assert_eq!(customers.len(), batch.customers.len(), "{batch:?}");
        assert_eq!(requests.len(), batch.requests.len(), "{batch:?}");
        assert!(batch.customers.is_sorted(), "locked in one order: {batch:?}");
    }
    unit.close().await;
}

async fn writes_of_one_customer_keep_their_order(engine: Engine) {
    let unit = Unit::new(engine).await;
    let (anna, bert) = (unit.customer("Anna").await, unit.customer("Bert").await);
    let first = unit.held_up().await;
    // Between them, others: of another customer, and of new ones.
    let mut waiting = Vec::new();
    for number in 0..10 {
        waiting.extend(unit.queue([
            writes::rename(anna, &format!("Anna{number}")),
            writes::create(&format!("Other{number}")),
            writes::rename(bert, &format!("Bert{number}")),
        ]));
    }
    unit.go_on();
    first.await.unwrap();
    let answers = unit.answers(waiting).await;
    for (customer, offset, name) in [(anna, 0, "Anna"), (bert, 2, "Bert")] {
        for number in 0..10 {
            let answer = answers[number * 3 + offset].as_ref().unwrap();
            assert_eq!(last_name(answer), format!("{name}{number}"));
        }
        let known = unit.read(customer).await.unwrap();
        assert_eq!(known.customer.display_name(), format!("Karen {name}9"));
        let query = format!(
            "SELECT s.lastname FROM retailasynccustomerv2 s
             WHERE s.operation = 2 AND s.custaccountasync = {} ORDER BY replicationcounterfromorigin",
            unit.database.id(customer.0)
        );
        let staged = unit.database.texts(&query).await;
        assert_eq!(staged, (0..10).map(|number| format!("{name}{number}")).collect::<Vec<_>>());
    }
    unit.close().await;
}

/// They take a commit each, and everybody else goes along with the next of them.
async fn many_writes_of_one_customer_do_not_hold_up_others(engine: Engine) {
    let unit = Unit::new(engine).await;
    let anna = unit.customer("Anna").await;
    let first = unit.held_up().await;
    let hot = unit.queue((0..50).map(|number| writes::rename(anna, &format!("Anna{number}"))));
    // The writer takes them up, and stands before the second of them when another customer comes.
    let begun = unit.store.begin.count();
    unit.faults.commit.set(Mode::Hold);
    unit.go_on();
    unit.faults.commit.reached(unit.faults.commit.count() + 1).await;
    unit.store.begin.set(Mode::Hold);
    unit.faults.commit.set(Mode::Pass);
    first.await.unwrap();
    unit.store.begin.reached(begun + 1).await;
    let other = unit.queue([writes::create("Other")]).remove(0);
    unit.go_on();
    other.await.unwrap();
    let waited = unit.store.begin.count() - begun;
    assert!(waited <= 3, "{waited} transactions came first");
    assert!(unit.answers(hot).await.iter().all(Result::is_ok));
    unit.close().await;
}
