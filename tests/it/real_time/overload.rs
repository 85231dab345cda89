//! A unit that is full says so before it calls headquarters, and never after.

use csu::{channel::writer::Slot, proto::channel::ExecutionMode, roles::channel::ChannelSettings};
use tonic::Code;

use super::call;
use crate::harness::{Chain, Engine, Passage, Replica, branch};

crate::on_both_engines!(
    a_full_queue_is_refused_before_headquarters_is_called,
    a_queue_that_fills_during_the_call_does_not_matter,
);

async fn chain(engine: Engine) -> Chain {
    let settings = ChannelSettings { writer_queue: 4, ..branch::patient() };
    Chain::with(engine, branch::setup(&[]), settings).await
}

/// Takes all places in the writer's queue.
fn fill(unit: &Replica) -> Vec<Slot> {
    let writer = &unit.serving.unit.writer;
    let slots: Vec<_> = std::iter::from_fn(|| writer.reserve().ok()).collect();
    assert!(!slots.is_empty() && slots.len() <= 4);
    slots
}

fn overloaded() -> (Code, String) {
    (Code::ResourceExhausted, "OVERLOADED".to_owned())
}

async fn a_full_queue_is_refused_before_headquarters_is_called(engine: Engine) {
    let chain = chain(engine).await;
    let unit = chain.unit();
    let customer = call::create().sent(unit).await.customer;
    let before = (chain.gate.writes(), chain.gate.lookups(), chain.performed().await);
    let calls =
        [call::create(), call::rename(&customer, "Rossi"), call::add_address(&customer, "2 Pine")];
    let slots = fill(unit);
    for call in &calls {
        assert_eq!(call.refused(unit).await, overloaded());
    }
    let after = (chain.gate.writes(), chain.gate.lookups(), chain.performed().await);
    assert_eq!(after, before, "headquarters was not called");
    assert_eq!(unit.read(&customer.name).await, customer);
    drop(slots);
    for call in &calls {
        call.sent(unit).await;
    }
    assert_eq!(chain.performed().await, (2, 4));
    chain.close().await;
}

async fn a_queue_that_fills_during_the_call_does_not_matter(engine: Engine) {
    let chain = chain(engine).await;
    let unit = chain.unit();
    let create = call::create();
    chain.gate.next(Passage::Hold);
    let (answer, ()) = tokio::join!(create.sent(unit), async {
        chain.gate.writes_reached(1).await;
        let slots = fill(unit);
        assert_eq!(call::create().refused(unit).await, overloaded());
        chain.gate.release();
        // It is answered while the queue is full.
        let name = format!("customers/{}", customer_id(&create));
        let key = csu::proto::channel::get_customer_request::Key::Name(name);
        let there = async || unit.get(key.clone()).await.is_ok();
        crate::harness::wait::until("the customer is there", there).await;
        drop(slots);
    });
    assert_eq!(answer.execution.mode(), ExecutionMode::RealTime);
    assert_eq!((chain.gate.writes(), chain.performed().await), (1, (1, 1)));
    chain.close().await;
}

fn customer_id(create: &call::Call) -> String {
    let id: csu::domain::id::RequestId = create.id().parse().expect("an id");
    id.customer_id().to_string()
}
