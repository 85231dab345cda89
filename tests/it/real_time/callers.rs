//! From the call to headquarters on a write runs to its end, whatever becomes of its caller.

use std::time::Duration;

use csu::proto::channel::{Customer, ExecutionMode, RequestState};
use futures::FutureExt as _;
use tonic::{Code, Request};

use super::call::{self, Call, looked_up, state, unreachable};
use crate::harness::{
    Chain, Engine, Passage, branch,
    replica::Clients,
    requests::{REAL_TIME_CHANNEL, create_named, reason},
    wait,
    wrapped_store::Mode,
};

crate::on_both_engines!(
    a_caller_that_goes_leaves_its_write_to_its_end,
    a_caller_that_has_no_time_leaves_its_write_to_its_end,
    a_caller_is_answered_within_its_time,
    an_orderly_stop_waits_for_the_write_of_a_caller_that_went,
    an_orderly_stop_waits_for_the_write_of_a_caller_that_waits,
);

async fn chain(engine: Engine) -> (Chain, Customer) {
    let chain = Chain::with(engine, branch::setup(&[]), branch::patient()).await;
    let customer = call::create().sent(chain.unit()).await.customer;
    (chain, customer)
}

/// The next call is held before headquarters or behind it, and its caller goes.
async fn leave(chain: &Chain, hold: Passage, call: &Call) {
    let clients = Clients::connect(chain.unit().address).await;
    let writes = chain.gate.writes();
    chain.gate.next(hold);
    tokio::select! {
        answer = call.send(&clients) => panic!("it is held: {answer:?}"),
        () = chain.gate.writes_reached(writes + 1) => {}
    }
}

async fn completed(unit: &Clients, call: &Call) {
    let completed = async || state(unit, call.id()).await == RequestState::Completed;
    wait::until("it is completed", completed).await;
}

async fn a_caller_that_goes_leaves_its_write_to_its_end(engine: Engine) {
    let (chain, mut customer) = chain(engine).await;
    let unit = chain.unit();
    for hold in [Passage::Hold, Passage::HoldAnswer] {
        let street = format!("{} Pine Street", customer.addresses.len());
        for call in [
            call::create(),
            call::rename(&customer, &street),
            call::add_address(&customer, &street),
        ] {
            let (_, revisions) = chain.performed().await;
            leave(&chain, hold.clone(), &call).await;
            assert_eq!(state(unit, call.id()).await, RequestState::InProgress);
            chain.gate.release();
            completed(unit, &call).await;

            let writes = chain.gate.writes();
            let (found, asked) = looked_up(unit, call.id()).await.expect("completed");
            assert!(!asked, "it is durable here");
            assert_eq!(found.execution.mode(), ExecutionMode::RealTime);
            assert_eq!(call.sent(unit).await, found, "a repetition is told");
            assert_eq!(chain.gate.writes(), writes);
            assert_eq!(chain.performed().await.1, revisions + 1);
            if found.customer.name == customer.name {
                customer = found.customer;
            }
            assert_eq!(unit.read(&customer.name).await, customer);
        }
    }
    chain.close().await;
}

/// Headquarters has answered in time, and the unit's own database is slow.
async fn a_caller_that_has_no_time_leaves_its_write_to_its_end(engine: Engine) {
    let (chain, store) = Chain::wrapped(engine, branch::setup(&[]), branch::patient()).await;
    let unit = chain.unit();
    store.begin.set(Mode::Hold);
    let mut request = create_named("Anna", "Rossi");
    request.channel = REAL_TIME_CHANNEL.to_owned();
    let call = Call::Create(request.clone());
    let mut timed = Request::new(request);
    timed.set_timeout(Duration::from_secs(3));
    let refused = unit.customers().create_customer(timed).await.unwrap_err();
    // The unit's answer, or the client's own: tonic's calls its own time limit CANCELLED.
    assert!(matches!(refused.code(), Code::DeadlineExceeded | Code::Cancelled), "{refused:?}");
    assert_eq!(chain.performed().await, (1, 1));
    assert_eq!(state(unit, call.id()).await, RequestState::InProgress);
    store.begin.set(Mode::Pass);
    completed(unit, &call).await;
    let (found, asked) = looked_up(unit, call.id()).await.expect("completed");
    assert!(!asked);
    assert_eq!(found.execution.mode(), ExecutionMode::RealTime);
    assert_eq!(call.sent(unit).await, found);
    assert_eq!(chain.gate.writes(), 1);
    chain.close().await;
}

/// The time for headquarters ends before the caller's does.
async fn a_caller_is_answered_within_its_time(engine: Engine) {
    let mut settings = branch::patient();
    // What is left for the commit has to be enough on a machine that is busy.
    let soon = Duration::from_secs(4);
    settings.call_budget.reserve = soon / 2;
    let chain = Chain::with(engine, branch::setup(&[]), settings).await;
    let unit = chain.unit();
    let customer = call::create().sent(unit).await.customer;
    chain.gate.next(Passage::HoldAnswer);
    let create = call::create();
    let Call::Create(request) = &create else { panic!("a create") };
    let mut timed = Request::new(request.clone());
    timed.set_timeout(soon);
    let answer = unit.customers().create_customer(timed).await.expect("in time").into_inner();
    let execution = answer.execution.unwrap();
    assert_eq!(
        (execution.mode(), execution.reason.as_str()),
        (ExecutionMode::Async, "HQ_UNREACHABLE")
    );

    chain.gate.next(Passage::HoldAnswer);
    let rename = call::rename(&customer, "Rossi");
    let Call::Update(request) = &rename else { panic!("an update") };
    let mut timed = Request::new(request.clone());
    timed.set_timeout(soon);
    let refused = unit.customers().update_customer(timed).await.unwrap_err();
    assert_eq!(reason(&refused), unreachable());
    assert_eq!(chain.performed().await, (2, 3), "headquarters had it");
    assert_eq!(rename.sent(unit).await.customer.last_name, "Rossi");
    assert_eq!(chain.performed().await, (2, 3));
    chain.close().await;
}

async fn an_orderly_stop_waits_for_the_write_of_a_caller_that_went(engine: Engine) {
    let (mut chain, customer) = chain(engine).await;
    for call in [call::create(), call::rename(&customer, "Rossi")] {
        let performed = chain.performed().await.1;
        leave(&chain, Passage::Hold, &call).await;
        // The server has served everyone, and now the unit waits for its tasks.
        let draining = chain.unit().serving.tasks.shutdown_token();
        let (gate, headquarters) = (&chain.gate, &chain.headquarters);
        let ((), before) = tokio::join!(chain.world.restart(Vec::new()), async {
            draining.cancelled().await;
            let count = "SELECT count(*) FROM revision";
            let before = headquarters.database.number(count).await;
            gate.release();
            before
        });
        assert_eq!(before, performed, "it was held until then");
        is_durable(&chain, &call).await;
    }
    chain.close().await;
}

async fn an_orderly_stop_waits_for_the_write_of_a_caller_that_waits(engine: Engine) {
    let (mut chain, customer) = chain(engine).await;
    let call = call::add_address(&customer, "2 Pine Street");
    let clients = Clients::connect(chain.unit().address).await;
    let writes = chain.gate.writes();
    chain.gate.next(Passage::Hold);
    let mut calling = Box::pin(call.send(&clients));
    tokio::select! {
        answer = &mut calling => panic!("it is held: {answer:?}"),
        () = chain.gate.writes_reached(writes + 1) => {}
    }
    let closing = chain.unit().serving.tasks.closing_token();
    let gate = &chain.gate;
    let ((), answer) = tokio::join!(chain.world.restart(Vec::new()), async {
        closing.cancelled().await;
        assert!((&mut calling).now_or_never().is_none(), "it is held");
        gate.release();
        calling.await
    });
    let answer = answer.expect("who is served is served to the end");
    assert_eq!(answer.customer.addresses.len(), 2);
    is_durable(&chain, &call).await;
    chain.close().await;
}

/// A unit that was started since knows of it by itself.
async fn is_durable(chain: &Chain, call: &Call) {
    let unit = chain.unit();
    let (found, asked) = looked_up(unit, call.id()).await.expect("completed");
    assert!(!asked);
    assert_eq!(found.execution.mode(), ExecutionMode::RealTime);
    assert_eq!(unit.read(&found.customer.name).await, found.customer);
    let writes = chain.gate.writes();
    assert_eq!(call.sent(unit).await, found);
    assert_eq!(chain.gate.writes(), writes);
}
