//! Headquarters performs a write, and nobody hears of it.

use csu::proto::channel::{Customer, ExecutionMode, SyncState};

use super::call::{self, Answer, Call, broken, looked_up, unreachable};
use crate::harness::{Chain, Engine, Passage, branch};

crate::on_both_engines!(
    a_create_whose_answer_is_lost_is_taken_async_with_the_same_id,
    an_update_whose_answer_is_lost_is_refused_and_completed_by_its_repetition,
    an_address_whose_answer_is_lost_is_refused_and_completed_by_its_repetition,
    a_repetition_may_lose_its_answer_too,
);

fn losses() -> [Passage; 2] {
    [Passage::LoseAnswer(broken()), Passage::SwallowAnswer]
}

async fn chain(engine: Engine) -> Chain {
    Chain::with(engine, branch::setup(&[]), branch::impatient()).await
}

async fn a_create_whose_answer_is_lost_is_taken_async_with_the_same_id(engine: Engine) {
    let chain = chain(engine).await;
    let unit = chain.unit();
    for (number, loss) in (1..).zip(losses()) {
        chain.gate.next(loss);
        let create = call::create();
        let Answer { customer, execution, .. } = create.sent(unit).await;
        assert_eq!(execution.mode(), ExecutionMode::Async);
        assert_eq!(execution.reason, "HQ_UNREACHABLE");
        assert!(execution.headquarters_duration.is_some(), "it was called");
        assert_eq!(customer.sync_state(), SyncState::PendingUpload);
        assert_eq!(customer.account_number_display, "Pending sync");
        assert_eq!(customer.name, format!("customers/{}", customer.account_number));
        assert_eq!(unit.read(&customer.name).await, customer);

        // Both have the one customer.
        let base = chain.headquarters.base_of(create.id()).await;
        assert_eq!(base.customer.id.resource_name(), customer.name);
        let contacts = base.customer.contacts.iter().map(|contact| contact.id.to_string());
        let shown = customer.contacts.iter().map(|contact| contact.id.clone());
        assert!(contacts.eq(shown));
        assert_eq!(base.customer.addresses[0].id.to_string(), customer.addresses[0].id);
        assert_eq!(chain.performed().await, (number, number));

        let again = create.sent(unit).await;
        assert_eq!(again.customer, customer, "word for word");
        assert_eq!(again.execution, execution);
        let other = create.with_other_content().refused(unit).await;
        assert_eq!(other.1, "REQUEST_ID_REUSED");
        assert_eq!(chain.performed().await, (number, number));
    }
    chain.close().await;
}

/// Loses the answer, and repeats the write until it is answered.
async fn lose_and_repeat(chain: &Chain, lost: &Call, before: &Customer) -> Answer {
    let unit = chain.unit();
    let (customers, revisions) = chain.performed().await;
    let writes = chain.gate.writes();
    assert_eq!(lost.refused(unit).await, unreachable());
    assert_eq!(chain.performed().await, (customers, revisions + 1), "headquarters has it");
    assert_eq!(&unit.read(&before.name).await, before, "the unit does not");

    // Whoever asks is told, and nothing is written by asking.
    let (found, asked) = looked_up(unit, lost.id()).await.expect("headquarters knows");
    assert!(asked);
    assert_eq!(&unit.read(&before.name).await, before);
    let other = lost.clone().with_other_content().refused(unit).await;
    assert_eq!(other.1, "REQUEST_ID_REUSED");

    let answer = lost.sent(unit).await;
    assert_eq!(answer.execution.mode(), ExecutionMode::RealTime);
    assert_eq!(answer.customer, found.customer);
    assert_eq!(answer.address_id, found.address_id);
    assert_eq!(chain.performed().await, (customers, revisions + 1), "and it was performed once");
    assert_eq!(unit.read(&before.name).await, answer.customer);
    assert_eq!(chain.gate.writes(), writes + 3);

    // From now on the unit knows by itself.
    assert_eq!(lost.sent(unit).await, answer, "word for word");
    assert_eq!(looked_up(unit, lost.id()).await, Some((answer.clone(), false)));
    assert_eq!(chain.gate.writes(), writes + 3);
    answer
}

async fn an_update_whose_answer_is_lost_is_refused_and_completed_by_its_repetition(engine: Engine) {
    let chain = chain(engine).await;
    let mut customer = call::create().sent(chain.unit()).await.customer;
    for (loss, last_name) in losses().into_iter().zip(["Rossi", "Verdi"]) {
        chain.gate.next(loss);
        let rename = call::rename(&customer, last_name);
        customer = lose_and_repeat(&chain, &rename, &customer).await.customer;
        assert_eq!(customer.last_name, last_name);
        assert_eq!(customer.sync_state(), SyncState::Synced);
    }
    // The etag is still that of before when the repetition comes.
    chain.gate.next(Passage::LoseAnswer(broken()));
    let rename = call::rename(&customer, "Bianchi").if_unchanged(&customer.etag);
    customer = lose_and_repeat(&chain, &rename, &customer).await.customer;
    assert_eq!(customer.last_name, "Bianchi");
    chain.close().await;
}

async fn an_address_whose_answer_is_lost_is_refused_and_completed_by_its_repetition(
    engine: Engine,
) {
    let chain = chain(engine).await;
    let mut customer = call::create().sent(chain.unit()).await.customer;
    for (loss, street) in losses().into_iter().zip(["2 Pine Street", "3 Union Street"]) {
        chain.gate.next(loss);
        let addresses = customer.addresses.len();
        let add = call::add_address(&customer, street);
        let answer = lose_and_repeat(&chain, &add, &customer).await;
        customer = answer.customer;
        assert_eq!(customer.addresses.len(), addresses + 1);
        let added = customer.addresses.iter().find(|address| address.street == street).unwrap();
        assert_eq!(added.id, answer.address_id);
        assert_eq!(added.sync_state(), SyncState::Synced);
    }
    chain.close().await;
}

async fn a_repetition_may_lose_its_answer_too(engine: Engine) {
    let chain = chain(engine).await;
    let unit = chain.unit();
    let customer = call::create().sent(unit).await.customer;
    for call in [call::rename(&customer, "Rossi"), call::add_address(&customer, "2 Pine Street")] {
        let (customers, revisions) = chain.performed().await;
        for _ in 0..3 {
            chain.gate.next(Passage::LoseAnswer(broken()));
            assert_eq!(call.refused(unit).await, unreachable());
        }
        let answer = call.sent(unit).await;
        assert_eq!(unit.read(&customer.name).await, answer.customer);
        assert_eq!(chain.performed().await, (customers, revisions + 1));
    }
    let found = unit.read(&customer.name).await;
    assert_eq!((found.last_name.as_str(), found.addresses.len()), ("Rossi", 2));
    chain.close().await;
}
