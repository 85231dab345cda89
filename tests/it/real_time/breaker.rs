//! A headquarters that is away costs a few customers a wait and not everyone, and nobody pays for finding out whether
//! it is back.

use std::time::Duration;

use csu::{
    domain::{error::Error, time::Timestamp},
    proto::channel::{ExecutionMode, HeadquartersConnection},
    roles::channel::ChannelSettings,
    server::status::{Domain, status_of},
};
use futures::future::join_all;
use tonic::Status;

use super::call::{self, broken, unreachable};
use crate::harness::{
    Chain, Engine, Passage, START, branch, replica::Clients, requests::REAL_TIME_CHANNEL, wait,
    writes,
};

crate::on_both_engines!(
    it_opens_after_exactly_so_many_failures_in_a_row,
    answers_in_between_count_from_the_beginning,
    probes_close_it_and_not_before_headquarters_database_answers,
    late_failures_do_not_open_it_again,
    late_answers_do_not_close_it,
);

const FAILURES: u32 = 3;

async fn chain(engine: Engine) -> Chain {
    let settings = ChannelSettings { breaker_failures: FAILURES, ..branch::patient() };
    Chain::with(engine, branch::setup(&[]), settings).await
}

/// As everyone may see it.
async fn connection(unit: &Clients) -> HeadquartersConnection {
    let shown = unit.configuration(REAL_TIME_CHANNEL).await.expect("the configuration");
    shown.headquarters.expect("the way to headquarters")
}

fn timestamp(at: Timestamp) -> Option<prost_types::Timestamp> {
    Some(prost_types::Timestamp { seconds: at.millis() / 1_000, nanos: 0 })
}

/// A decision of headquarters.
fn word() -> Status {
    let id = writes::request_id();
    status_of(Domain::Headquarters, &Error::CustomerExists(id.customer_id()))
}

/// Which way a new customer goes, and whether headquarters was called for it.
async fn create(unit: &Clients) -> (ExecutionMode, bool) {
    let execution = call::create().sent(unit).await.execution;
    (execution.mode(), execution.headquarters_duration.is_some())
}

async fn reachable(unit: &Clients) {
    wait::until("headquarters is reachable", async || connection(unit).await.reachable).await;
}

async fn it_opens_after_exactly_so_many_failures_in_a_row(engine: Engine) {
    let chain = chain(engine).await;
    let unit = chain.unit();
    let customer = call::create().sent(unit).await.customer;
    let shown = connection(unit).await;
    assert!(shown.reachable);
    assert_eq!(shown.since_time, timestamp(START));
    assert_eq!((shown.failures, shown.last_failure.as_str(), shown.real_time_calls), (0, "", 1));

    chain.gate.always(Passage::Refuse(broken()));
    for failures in 1..=3 {
        assert!(connection(unit).await.reachable, "after {} failures", failures - 1);
        chain.clock.advance(Duration::from_secs(1));
        assert_eq!(create(unit).await, (ExecutionMode::Async, true));
        assert_eq!(connection(unit).await.failures, failures);
    }
    let shown = connection(unit).await;
    let opened = START.plus(Duration::from_secs(3));
    assert!(!shown.reachable);
    assert_eq!((shown.since_time, shown.last_failure_time), (timestamp(opened), timestamp(opened)));
    assert!(!shown.last_failure.is_empty());
    assert_eq!(shown.real_time_calls, 4);

    // Nobody calls any more, however many they are.
    let calls = (0..30).map(async |number| match number % 3 {
        0 => assert_eq!(create(unit).await, (ExecutionMode::Async, false)),
        1 => {
            let street = format!("{number} Pine Street");
            let refused = call::add_address(&customer, &street).refused(unit).await;
            assert_eq!(refused, unreachable());
        }
        _ => assert_eq!(call::rename(&customer, "Rossi").refused(unit).await, unreachable()),
    });
    join_all(calls).await;
    chain.gate.lookups_reached(2).await;
    assert_eq!(create(unit).await, (ExecutionMode::Async, false), "probes in vain change nothing");
    assert_eq!(chain.gate.writes(), 4);
    assert_eq!(connection(unit).await.real_time_calls, 4);

    chain.clock.advance(Duration::from_secs(1));
    chain.gate.always(Passage::Pass);
    reachable(unit).await;
    let shown = connection(unit).await;
    assert_eq!(shown.since_time, timestamp(opened.plus(Duration::from_secs(1))));
    assert_eq!((shown.failures, shown.last_failure_time), (0, timestamp(opened)));
    assert_eq!(create(unit).await, (ExecutionMode::RealTime, true));
    call::rename(&customer, "Rossi").sent(unit).await;
    assert_eq!(chain.performed().await, (2, 3));
    chain.close().await;
}

async fn answers_in_between_count_from_the_beginning(engine: Engine) {
    let chain = chain(engine).await;
    let unit = chain.unit();
    let fail_twice = async || {
        for failures in 1..=2 {
            chain.gate.next(Passage::Refuse(broken()));
            assert_eq!(create(unit).await, (ExecutionMode::Async, true));
            let shown = connection(unit).await;
            assert_eq!((shown.reachable, shown.failures), (true, failures));
        }
    };
    fail_twice().await;
    assert_eq!(create(unit).await, (ExecutionMode::RealTime, true));
    assert_eq!(connection(unit).await.failures, 0, "a success");
    fail_twice().await;
    chain.gate.next(Passage::Refuse(word()));
    assert_eq!(call::create().refused(unit).await.1, "CUSTOMER_EXISTS");
    assert_eq!(connection(unit).await.failures, 0, "a word of headquarters");
    fail_twice().await;
    // Whatever it is: an overload and an answer that is none count like a broken connection.
    chain.gate.always(Passage::Refuse(status_of(Domain::Headquarters, &Error::Overloaded)));
    assert_eq!(create(unit).await, (ExecutionMode::Async, true));
    assert!(!connection(unit).await.reachable);
    chain.gate.always(Passage::Pass);
    reachable(unit).await;
    chain.gate.next(Passage::Garbage);
    assert_eq!(create(unit).await, (ExecutionMode::Async, true));
    assert_eq!(connection(unit).await.failures, 1);
    chain.close().await;
}

/// Headquarters serves, and its database does not.
async fn probes_close_it_and_not_before_headquarters_database_answers(engine: Engine) {
    let chain = chain(engine).await;
    let unit = chain.unit();
    call::create().sent(unit).await;
    let database = &chain.headquarters.database;
    database.execute("ALTER TABLE revision RENAME TO revision_away").await;
    for _ in 0..FAILURES {
        assert_eq!(create(unit).await, (ExecutionMode::Async, true));
    }
    let lookups = chain.gate.lookups();
    chain.gate.lookups_reached(lookups + 3).await;
    assert!(!connection(unit).await.reachable);
    assert_eq!(create(unit).await, (ExecutionMode::Async, false));
    assert_eq!(chain.gate.writes(), 4);
    // Someone who asks for a request is told at once.
    let asked = unit.lookup(call::create().id()).await.unwrap_err();
    assert_eq!(crate::harness::requests::reason(&asked), unreachable());

    database.execute("ALTER TABLE revision_away RENAME TO revision").await;
    reachable(unit).await;
    assert_eq!(create(unit).await, (ExecutionMode::RealTime, true));
    assert_eq!(chain.performed().await, (2, 2));
    chain.close().await;
}

async fn late_failures_do_not_open_it_again(engine: Engine) {
    let chain = chain(engine).await;
    let unit = chain.unit();
    for _ in 0..FAILURES {
        chain.gate.next(Passage::HoldRefusal(broken()));
    }
    let early = join_all((0..FAILURES).map(|_| create(unit)));
    let (early, ()) = tokio::join!(early, async {
        chain.gate.writes_reached(3).await;
        chain.gate.always(Passage::Refuse(broken()));
        for _ in 0..FAILURES {
            assert_eq!(create(unit).await, (ExecutionMode::Async, true));
        }
        assert!(!connection(unit).await.reachable);
        chain.gate.always(Passage::Pass);
        reachable(unit).await;
        chain.gate.release();
    });
    assert!(early.iter().all(|answer| *answer == (ExecutionMode::Async, true)), "{early:?}");
    let shown = connection(unit).await;
    assert_eq!((shown.reachable, shown.failures), (true, 0));
    assert_eq!(create(unit).await, (ExecutionMode::RealTime, true));
    chain.close().await;
}

async fn late_answers_do_not_close_it(engine: Engine) {
    let chain = chain(engine).await;
    let unit = chain.unit();
    chain.gate.next(Passage::HoldAnswer);
    let (early, ()) = tokio::join!(create(unit), async {
        chain.gate.writes_reached(1).await;
        chain.gate.always(Passage::Refuse(broken()));
        for _ in 0..FAILURES {
            assert_eq!(create(unit).await, (ExecutionMode::Async, true));
        }
        chain.gate.release();
    });
    assert_eq!(early, (ExecutionMode::RealTime, true), "it is no less performed");
    let lookups = chain.gate.lookups();
    chain.gate.lookups_reached(lookups + 1).await;
    assert!(!connection(unit).await.reachable);
    assert_eq!(create(unit).await, (ExecutionMode::Async, false));
    chain.gate.always(Passage::Pass);
    reachable(unit).await;
    assert_eq!(create(unit).await, (ExecutionMode::RealTime, true));
    assert_eq!(chain.performed().await, (2, 2));
    chain.close().await;
}
