//! What headquarters switches takes effect when a job has brought it and the cached entry has expired; what is where
//! can be seen.

use std::time::Duration;

use csu::proto::channel::{ConfigurationVersion, GetChannelConfigurationResponse};
use tonic::Code;

use super::stage::{F1, F2, F3, bare, connection, create, enable, rename, steadfast, way};
use crate::harness::{Chain, Engine, Passage, START, requests::REAL_TIME_CHANNEL, wait};

crate::on_both_engines!(
    scenario_33_async_editing_is_on_at_headquarters_only,
    cached_stored_and_at_headquarters_side_by_side,
    the_way_to_headquarters_is_shown,
);

const TIME_TO_LIVE: Duration = Duration::from_mins(1);

async fn edited(chain: &Chain, name: &str, first_name: &str) -> String {
    way(chain.unit().update(rename(name, first_name)).await.unwrap().execution)
}

async fn scenario_33_async_editing_is_on_at_headquarters_only(engine: Engine) {
    let mut chain = steadfast(engine, &[F1, F2]).await;
    let name = chain.unit().created(create()).await.name;
    enable(&chain.headquarters, F3).await;
    assert_eq!(edited(&chain, &name, "Maria").await, "real-time ASYNC_EDIT_OFF");
    // No job has run, so that time changes nothing.
    chain.clock.advance(TIME_TO_LIVE);
    assert_eq!(edited(&chain, &name, "Giulia").await, "real-time ASYNC_EDIT_OFF");
    assert_eq!(chain.gate.writes(), 3);
    chain.world.restart(Vec::new()).await;
    chain.clock.advance(TIME_TO_LIVE);
    assert_eq!(edited(&chain, &name, "Sofia").await, "real-time ASYNC_EDIT_OFF");
    // It is here, and what is cached decides for a while.
    chain.bring_configuration().await;
    assert_eq!(edited(&chain, &name, "Chiara").await, "real-time ASYNC_EDIT_OFF");
    chain.clock.advance(TIME_TO_LIVE);
    assert_eq!(edited(&chain, &name, "Anna").await, "async ASYNC_EDIT");
    assert_eq!(chain.gate.writes(), 5);
    chain.close().await;
}

/// Versions of 1110: cached, stored, at headquarters.
fn versions(shown: &GetChannelConfigurationResponse) -> [i64; 3] {
    let global = |version: Option<ConfigurationVersion>| version.unwrap().global_configuration;
    let cached = shown.cached.as_ref().unwrap().version;
    let stored = shown.stored.as_ref().unwrap().version;
    [global(cached), global(stored), global(shown.headquarters_version)]
}

async fn cached_stored_and_at_headquarters_side_by_side(engine: Engine) {
    let chain = steadfast(engine, &[F1, F2]).await;
    let shown = chain.unit().configuration(REAL_TIME_CHANNEL).await.unwrap();
    assert_eq!(versions(&shown), [1, 1, 1]);
    assert_eq!(shown.headquarters_version_time.unwrap().seconds, START.millis() / 1_000);
    assert!(!shown.cached.unwrap().async_customer_editing);

    // The unit hears that there is a newer one, and gets it when the job runs.
    chain.clock.advance(Duration::from_secs(5));
    enable(&chain.headquarters, F3).await;
    let unit = chain.unit();
    wait::until("it was heard of", async || {
        let shown = unit.configuration(REAL_TIME_CHANNEL).await.unwrap();
        versions(&shown) == [1, 1, 2]
    })
    .await;
    let shown = unit.configuration(REAL_TIME_CHANNEL).await.unwrap();
    assert_eq!(versions(&shown), [1, 1, 2]);
    assert_eq!(shown.headquarters_version_time.unwrap().seconds, START.millis() / 1_000 + 5);
    assert_eq!(shown.global_configuration_applied_time.unwrap().seconds, START.millis() / 1_000);
    chain.bring_configuration().await;
    let shown = unit.configuration(REAL_TIME_CHANNEL).await.unwrap();
    assert_eq!(versions(&shown), [1, 2, 2]);
    assert!(!shown.cached.unwrap().async_customer_editing, "this decides still");
    assert!(shown.stored.unwrap().async_customer_editing, "this will decide");
    let left = TIME_TO_LIVE - Duration::from_secs(5);
    assert_eq!(Duration::try_from(shown.cached_time_left.unwrap()), Ok(left));
    chain.clock.advance(TIME_TO_LIVE);
    let shown = unit.configuration(REAL_TIME_CHANNEL).await.unwrap();
    assert_eq!(versions(&shown), [2, 2, 2]);
    chain.close().await;
}

async fn the_way_to_headquarters_is_shown(engine: Engine) {
    let chain = Chain::with_features(engine, &[]).await;
    let unit = chain.unit();
    let shown = connection(unit).await;
    assert!(shown.reachable && shown.last_failure.is_empty() && shown.last_failure_time.is_none());
    assert_eq!(shown.since_time.unwrap().seconds, START.millis() / 1_000);
    assert_eq!((shown.failures, shown.real_time_calls), (0, 0));

    chain.gate.always(Passage::Refuse(bare(Code::Unavailable)));
    for failures in 1..=5 {
        chain.clock.advance(Duration::from_secs(1));
        assert_eq!(way(unit.create(create()).await.unwrap().execution), "async HQ_UNREACHABLE");
        let shown = connection(unit).await;
        assert_eq!((shown.failures, shown.real_time_calls), (failures, failures.into()));
        assert_eq!(shown.reachable, failures < 5);
        let at = START.millis() / 1_000 + i64::from(failures);
        assert_eq!(shown.last_failure_time.unwrap().seconds, at);
    }
    // Nobody pays for finding out whether it is back.
    chain.clock.advance(Duration::from_secs(1));
    let answer = unit.create(create()).await.unwrap();
    assert_eq!(answer.execution.as_ref().unwrap().headquarters_duration, None);
    assert_eq!(way(answer.execution), "async HQ_UNREACHABLE");
    let shown = connection(unit).await;
    assert_eq!(shown.last_failure, "not reachable: UNAVAILABLE");
    assert_eq!(shown.since_time.unwrap().seconds, START.millis() / 1_000 + 5);
    assert_eq!((shown.real_time_calls, chain.gate.writes()), (5, 5));

    chain.gate.always(Passage::Pass);
    let back = async || connection(unit).await.reachable;
    wait::until("a probe has found it", back).await;
    let shown = connection(unit).await;
    assert_eq!(shown.since_time.unwrap().seconds, START.millis() / 1_000 + 6);
    assert_eq!(shown.last_failure, "not reachable: UNAVAILABLE", "the last one there was");
    assert_eq!(way(unit.create(create()).await.unwrap().execution), "real-time PROFILE_REAL_TIME");
    assert_eq!(connection(unit).await.real_time_calls, 6);
    chain.close().await;
}
