//! What headquarters sets up takes effect when its job has brought it *and* the cached entry has expired; until then,
//! every answer says by which version it went, and how old that is.

use std::time::Duration;

use csu::{
    domain::feature,
    proto::{
        channel::{
            ConfigurationVersion, CreateCustomerRequest, Execution, GetChannelConfigurationResponse,
        },
        headquarters::{
            EnableFeatureRequest, FunctionalityProfile, SaveFunctionalityProfileRequest,
        },
    },
};

use super::{rename_at, way};
use crate::harness::{
    Chain, Engine, Headquarters,
    requests::{REAL_TIME_CHANNEL, create},
};

crate::on_both_engines!(
    a_profile_takes_effect_after_1070_and_the_cache,
    scenario_33_a_feature_takes_effect_after_1110_and_the_cache,
);

const TIME_TO_LIVE: Duration = Duration::from_mins(1);
const MILLISECOND: Duration = Duration::from_millis(1);

fn at_houston() -> CreateCustomerRequest {
    CreateCustomerRequest { channel: REAL_TIME_CHANNEL.to_owned(), ..create() }
}

/// By which configuration, and how old it was.
fn decided_by(execution: Option<&Execution>) -> (ConfigurationVersion, Duration) {
    let execution = execution.expect("every write says what decided it");
    let age = execution.configuration_age.expect("an age");
    (execution.configuration_version.expect("a version"), age.try_into().expect("not negative"))
}

/// Cached, stored, and at headquarters.
fn side_by_side(shown: &GetChannelConfigurationResponse) -> [ConfigurationVersion; 3] {
    let version = |configuration: &Option<csu::proto::channel::ChannelConfiguration>| {
        configuration.as_ref().and_then(|it| it.version).expect("a version")
    };
    let headquarters = shown.headquarters_version.expect("it was asked");
    [version(&shown.cached), version(&shown.stored), headquarters]
}

/// Has all channels of the profile create customers in async mode.
async fn create_in_async_mode(headquarters: &Headquarters) {
    let profile = FunctionalityProfile {
        code: "real-time".to_owned(),
        create_customer_in_async_mode: true,
        ..FunctionalityProfile::default()
    };
    let request = SaveFunctionalityProfileRequest { functionality_profile: Some(profile) };
    headquarters.setup().save_functionality_profile(request).await.expect("saved");
}

async fn a_profile_takes_effect_after_1070_and_the_cache(engine: Engine) {
    let chain = Chain::new(engine).await;
    let unit = chain.unit();
    let first = unit.create(at_houston()).await.expect("created").execution;
    assert_eq!(way(first.as_ref()), "realtime PROFILE_REAL_TIME");
    let (old, age) = decided_by(first.as_ref());
    assert_eq!(age, Duration::ZERO);
    let old_way = async |age: Duration| {
        let answer = unit.create(at_houston()).await.expect("created").execution;
        assert_eq!(way(answer.as_ref()), "realtime PROFILE_REAL_TIME");
        assert_eq!(decided_by(answer.as_ref()), (old, age));
    };

    create_in_async_mode(&chain.headquarters).await;
    chain.clock.advance(Duration::from_secs(10));
    old_way(Duration::from_secs(10)).await;
    // Another job brings it no nearer, and neither does an expired entry.
    chain.headquarters.run_well("1110").await;
    chain.clock.advance(Duration::from_secs(50));
    old_way(Duration::ZERO).await;

    chain.clock.advance(Duration::from_secs(10));
    chain.headquarters.run_well("1070").await;
    old_way(Duration::from_secs(10)).await;
    let shown = unit.configuration(REAL_TIME_CHANNEL).await.expect("shown");
    let [cached, stored, headquarters] = side_by_side(&shown);
    assert_eq!((cached, stored), (old, headquarters));
    assert!(stored.channel_configuration > old.channel_configuration);
    assert_eq!(stored.global_configuration, old.global_configuration);
    let time_left: Duration = shown.cached_time_left.expect("so long").try_into().expect("time");
    assert_eq!(time_left, Duration::from_secs(50));
    chain.clock.advance(time_left - MILLISECOND);
    old_way(TIME_TO_LIVE - MILLISECOND).await;

    chain.clock.advance(MILLISECOND);
    let writes = chain.gate.writes();
    let answer = unit.create(at_houston()).await.expect("created").execution;
    assert_eq!(way(answer.as_ref()), "async PROFILE_ASYNC_CREATE");
    assert_eq!(decided_by(answer.as_ref()), (stored, Duration::ZERO));
    assert_eq!(chain.gate.writes(), writes, "headquarters is not called any more");
    let shown = unit.configuration(REAL_TIME_CHANNEL).await.expect("shown");
    assert_eq!(side_by_side(&shown), [stored; 3]);
    chain.close().await;
}

async fn scenario_33_a_feature_takes_effect_after_1110_and_the_cache(engine: Engine) {
    let features = [feature::ENHANCED_ASYNC_CUSTOMER_CREATION, feature::ASYNC_ADDRESS_CREATION];
    let chain = Chain::with_features(engine, &features).await;
    let unit = chain.unit();
    let name = unit.created(at_houston()).await.name;
    let mut number = 0;
    let mut edited = async || {
        number += 1;
        let rename = rename_at(REAL_TIME_CHANNEL, &name, &format!("Karen {number}"));
        unit.update(rename).await.expect("edited").execution
    };
    let key = feature::ASYNC_CUSTOMER_EDITING.to_owned();
    let enabled = chain.headquarters.features().enable_feature(EnableFeatureRequest { key }).await;
    enabled.expect("all that it needs is on");

    let before = edited().await;
    assert_eq!(way(before.as_ref()), "realtime ASYNC_EDIT_OFF", "no job was run");
    let (old, _) = decided_by(before.as_ref());
    chain.clock.advance(TIME_TO_LIVE);
    chain.headquarters.run_well("1070").await;
    let answer = edited().await;
    assert_eq!(way(answer.as_ref()), "realtime ASYNC_EDIT_OFF", "1070 does not bring features");
    assert_eq!(decided_by(answer.as_ref()), (old, Duration::ZERO));

    chain.clock.advance(TIME_TO_LIVE / 2);
    chain.headquarters.run_well("1110").await;
    let answer = edited().await;
    assert_eq!(way(answer.as_ref()), "realtime ASYNC_EDIT_OFF", "the entry is still good");
    assert_eq!(decided_by(answer.as_ref()), (old, TIME_TO_LIVE / 2));
    let shown = unit.configuration(REAL_TIME_CHANNEL).await.expect("shown");
    let (cached, stored) = (shown.cached.expect("it"), shown.stored.expect("it"));
    assert_eq!((cached.async_customer_editing, stored.async_customer_editing), (false, true));

    chain.clock.advance(TIME_TO_LIVE / 2);
    let answer = edited().await;
    assert_eq!(way(answer.as_ref()), "async ASYNC_EDIT");
    let (new, age) = decided_by(answer.as_ref());
    assert_eq!((Some(new), age), (stored.version, Duration::ZERO));
    assert!(new.global_configuration > old.global_configuration);
    chain.close().await;
}
