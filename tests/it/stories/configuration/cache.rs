//! One load for all who wait, and none while the entry is young.

use std::time::Duration;

use csu::proto::channel::{ExplainRouteRequest, Operation};
use futures::future::{join, join_all};
use tonic::Code;

use crate::harness::{
    Engine, START, World,
    replica::Clients,
    requests::{ASYNC_CHANNEL, REAL_TIME_CHANNEL, reason, request_id},
    wait,
    wrapped_store::Mode,
};

crate::on_both_engines!(a_thousand_callers_are_one_load, a_failed_load_is_not_repeated_by_everyone);

/// Asks for nothing but the configuration.
fn question(channel: &str) -> ExplainRouteRequest {
    ExplainRouteRequest {
        channel: channel.to_owned(),
        operation: Operation::CreateCustomer.into(),
        ..ExplainRouteRequest::default()
    }
}

async fn a_thousand_callers_are_one_load(engine: Engine) {
    let (world, store) = World::wrapped(engine).await;
    assert_eq!(store.configuration.count(), 0, "nothing is loaded before it is asked for");
    // Four connections: one takes 256 calls at once.
    let mut connections = Vec::new();
    for _ in 0..4 {
        connections.push(Clients::connect(world.replica().address).await);
    }
    for round in 1..=2 {
        store.configuration.set(Mode::Hold);
        let calls = connections
            .iter()
            .flat_map(|connection| (0..250).map(|_| connection.explain(question(ASYNC_CHANNEL))));
        let opening = async {
            store.configuration.reached(round).await;
            // Whatever was sent before this on its connection has arrived when this is answered.
            for connection in &connections {
                assert!(connection.has_not_seen(&request_id()).await);
            }
            store.configuration.set(Mode::Pass);
        };
        let (answers, ()) =
            wait::bounded("a thousand answers", join(join_all(calls), opening)).await;
        let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
        assert_eq!(answers.len(), 1_000);
        assert!(answers.iter().all(|answer| answer == &answers[0]));
        assert_eq!(store.configuration.count(), round, "one load for all of them");

        world.advance(Duration::from_millis(59_999));
        world.replica().explain(question(ASYNC_CHANNEL)).await.unwrap();
        assert_eq!(store.configuration.count(), round, "and none while it is young");
        world.advance(Duration::from_millis(1));
    }
    world.replica().explain(question(REAL_TIME_CHANNEL)).await.unwrap();
    assert_eq!(store.configuration.count(), 3, "each channel has its own entry");
    world.close().await;
}

async fn a_failed_load_is_not_repeated_by_everyone(engine: Engine) {
    let (world, store) = World::wrapped(engine).await;
    let replica = world.replica();
    replica.explain(question(ASYNC_CHANNEL)).await.unwrap();
    world.advance(Duration::from_mins(1));
    store.configuration.set(Mode::Fail);
    for _ in 0..5 {
        let failed = replica.explain(question(ASYNC_CHANNEL)).await.unwrap_err();
        assert_eq!(reason(&failed), (Code::Unavailable, "STORE_UNAVAILABLE".to_owned()));
    }
    assert_eq!(store.configuration.count(), 2, "the failure is remembered");
    store.configuration.set(Mode::Pass);
    world.advance(Duration::from_millis(999));
    assert!(replica.explain(question(ASYNC_CHANNEL)).await.is_err());
    world.advance(Duration::from_millis(1));
    let answer = replica.explain(question(ASYNC_CHANNEL)).await.unwrap();
    assert_eq!(answer.configuration_age.unwrap().seconds, 0);
    assert_eq!(store.configuration.count(), 3);

    // A machine's clock that was ahead and is set right must not make an entry last for ever.
    world.clock.set(START);
    assert!(replica.explain(question(ASYNC_CHANNEL)).await.is_ok());
    assert_eq!(store.configuration.count(), 4, "an entry from the future has expired");
    world.close().await;
}
