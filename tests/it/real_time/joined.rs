//! The same write many times at once.

use csu::proto::channel::{CreateCustomerRequest, ExecutionMode};
use futures::future::join_all;
use tonic::Code;

use super::call::{self, Call, broken};
use crate::harness::{Chain, Engine, Passage, Replica, branch, wait};

crate::on_both_engines!(
    ten_calls_with_one_id_are_one_call_to_headquarters,
    another_content_among_them_is_refused_alone,
    calls_that_joined_a_lost_one_are_told_the_same,
    two_replicas_with_one_id_make_one_customer,
);

async fn chain(engine: Engine) -> Chain {
    Chain::with(engine, branch::setup(&[]), branch::patient()).await
}

async fn ten_calls_with_one_id_are_one_call_to_headquarters(engine: Engine) {
    let chain = chain(engine).await;
    let unit = chain.unit();
    let customer = call::create().sent(unit).await.customer;
    let renaming = call::rename(&customer, "Rossi");
    for call in [call::create(), renaming, call::add_address(&customer, "2 Pine Street")] {
        let (_, revisions) = chain.performed().await;
        let writes = chain.gate.writes();
        chain.gate.next(Passage::Hold);
        let (answers, ()) = tokio::join!(join_all((0..10).map(|_| call.sent(unit))), async {
            chain.gate.writes_reached(writes + 1).await;
            chain.gate.release();
        });
        assert_eq!(answers[0].execution.mode(), ExecutionMode::RealTime);
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        assert_eq!(chain.gate.writes(), writes + 1);
        assert_eq!(chain.performed().await.1, revisions + 1);
    }
    chain.close().await;
}

async fn another_content_among_them_is_refused_alone(engine: Engine) {
    let chain = chain(engine).await;
    let unit = chain.unit();
    let customer = call::create().sent(unit).await.customer;
    for call in [call::create(), call::rename(&customer, "Rossi")] {
        let writes = chain.gate.writes();
        chain.gate.next(Passage::Hold);
        let others = async {
            chain.gate.writes_reached(writes + 1).await;
            let same = join_all((0..9).map(|_| call.sent(unit)));
            let other = call.clone().with_other_content();
            let release = async { chain.gate.release() };
            tokio::join!(same, async move { other.refused(unit).await }, release)
        };
        let (first, (same, other, ())) = tokio::join!(call.sent(unit), others);
        assert_eq!(other, (Code::AlreadyExists, "REQUEST_ID_REUSED".to_owned()));
        assert!(same.iter().all(|answer| *answer == first), "{same:?}");
        assert_eq!(chain.gate.writes(), writes + 1);
        assert_eq!(unit.read(&first.customer.name).await, first.customer);
    }
    chain.close().await;
}

async fn calls_that_joined_a_lost_one_are_told_the_same(engine: Engine) {
    let chain = chain(engine).await;
    let unit = chain.unit();
    let create = call::create();
    chain.gate.next(Passage::HoldRefusal(broken()));
    let (answers, ()) = tokio::join!(join_all((0..10).map(|_| create.sent(unit))), async {
        chain.gate.writes_reached(1).await;
        chain.gate.release();
    });
    assert_eq!(answers[0].execution.mode(), ExecutionMode::Async);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!((chain.gate.writes(), chain.performed().await), (1, (0, 0)));
    chain.close().await;
}

/// On SQLite there is one.
async fn two_replicas_with_one_id_make_one_customer(engine: Engine) {
    let mut chain = chain(engine).await;
    if engine == Engine::Postgres {
        chain.world.add_replica().await;
    }
    let replicas = chain.world.replicas();
    let at_once = async |call: &Call| {
        let calling = (0..4).map(|number| call.sent(&replicas[number % replicas.len()]));
        wait::bounded("the answers", join_all(calling)).await
    };
    for round in 1..=10 {
        let create = call::create();
        if round % 2 == 0 {
            // One of them goes without headquarters, and still they are one.
            chain.gate.next(Passage::LoseAnswer(broken()));
        }
        let answers = at_once(&create).await;
        assert!(answers.iter().all(|answer| *answer == answers[0]), "round {round}: {answers:?}");
        assert_eq!(chain.performed().await.0, round);
        let name = &answers[0].customer.name;
        for replica in replicas {
            assert_eq!(replica.read(name).await, answers[0].customer);
        }
        let Call::Create(CreateCustomerRequest { customer_id, .. }) = &create else { panic!() };
        assert_eq!(customer_id, "", "it is computed");
    }
    edits_at_once(&chain, replicas).await;
    chain.close().await;
}

async fn edits_at_once(chain: &Chain, replicas: &[Replica]) {
    let customer = call::create().sent(&replicas[0]).await.customer;
    for number in 0..5 {
        let text = format!("{number} Pine Street");
        for call in [call::rename(&customer, &text), call::add_address(&customer, &text)] {
            let (_, revisions) = chain.performed().await;
            let calling = (0..4).map(|number| call.sent(&replicas[number % replicas.len()]));
            let answers = wait::bounded("the answers", join_all(calling)).await;
            assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
            assert_eq!(chain.performed().await.1, revisions + 1);
        }
    }
}
