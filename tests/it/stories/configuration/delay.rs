//! A change at headquarters takes effect when it was brought here *and* the cached entry has expired.

use std::time::Duration;

use csu::proto::channel::{ConfigurationVersion, Customer, Execution};
use tonic::Code;

use crate::harness::{
    Company, Engine, START, World,
    requests::{ASYNC_CHANNEL, create, create_named, phone, reason, update, violations},
};

crate::on_both_engines!(
    a_change_takes_effect_when_the_cached_entry_expires,
    an_older_package_is_passed_over,
    a_restarted_unit_goes_by_its_newer_package_at_once,
);

const TIME_TO_LIVE: Duration = Duration::from_mins(1);
const MILLISECOND: Duration = Duration::from_millis(1);

fn version(both: i64) -> Option<ConfigurationVersion> {
    Some(ConfigurationVersion { channel_configuration: both, global_configuration: both })
}

fn duration(duration: Duration) -> Option<prost_types::Duration> {
    Some(prost_types::Duration::try_from(duration).unwrap())
}

fn decided_by(execution: Option<Execution>) -> (Option<ConfigurationVersion>, Duration) {
    let execution = execution.expect("every write says what decided it");
    let age = execution.configuration_age.expect("an age");
    (execution.configuration_version, age.try_into().unwrap())
}

/// On PostgreSQL a second replica brings it, and goes by it at once; the first one's cache is its own.
async fn a_change_takes_effect_when_the_cached_entry_expires(engine: Engine) {
    let mut world = World::of(engine, &Company::new()).await;
    let created = world.replica().create(create()).await.unwrap();
    assert_eq!(decided_by(created.execution), (version(1), Duration::ZERO));
    let mut customer = created.customer.unwrap();
    let mut rename = |first_name: &str| {
        customer.first_name = first_name.to_owned();
        update(Customer::clone(&customer), &["first_name"])
    };

    world.advance(Duration::from_secs(20));
    let newer = Company::new().version(2).f3(false).seattle(|channel| {
        channel.default_currency = "EUR".to_owned();
    });
    let refusal = (Code::FailedPrecondition, "CUSTOMER_PENDING_SYNC".to_owned());
    if engine == Engine::Postgres {
        let second = world.add_replica_with(&newer).await;
        let refused = second.update(rename("At once")).await.unwrap_err();
        assert_eq!(reason(&refused), refusal);
    } else {
        assert!(world.apply(&newer).await);
    }

    let replica = world.replica();
    let old = replica.update(rename("Old")).await.unwrap();
    assert_eq!(decided_by(old.execution), (version(1), Duration::from_secs(20)));

    let last = TIME_TO_LIVE - MILLISECOND;
    world.advance(last - Duration::from_secs(20));
    let old = replica.update(rename("Old still")).await.unwrap();
    assert_eq!(decided_by(old.execution), (version(1), last), "to the last millisecond");
    let inherited = replica.created(create_named("Anna", "Rossi")).await;
    assert_eq!(inherited.currency, "USD", "defaults too");
    let shown = replica.configuration(ASYNC_CHANNEL).await.unwrap();
    assert_eq!(shown.cached_age, duration(last));
    assert_eq!(shown.cached_time_left, duration(MILLISECOND));
    let (cached, stored) = (shown.cached.unwrap(), shown.stored.unwrap());
    assert_eq!((cached.version, stored.version), (version(1), version(2)));
    assert_eq!((cached.async_customer_editing, stored.async_customer_editing), (true, false));
    let currency = |configuration: csu::proto::channel::ChannelConfiguration| {
        configuration.default_customer.unwrap().currency
    };
    assert_eq!((currency(cached), currency(stored)), ("USD".to_owned(), "EUR".to_owned()));
    for applied in
        [shown.channel_configuration_applied_time, shown.global_configuration_applied_time]
    {
        assert_eq!(applied.unwrap().seconds, START.millis() / 1_000 + 20);
    }

    world.advance(MILLISECOND);
    let refused = replica.update(rename("New")).await.unwrap_err();
    assert_eq!(reason(&refused), refusal);
    let inherited = replica.create(create_named("Anna", "Rossi")).await.unwrap();
    assert_eq!(decided_by(inherited.execution), (version(2), Duration::ZERO));
    assert_eq!(inherited.customer.unwrap().currency, "EUR");
    let shown = replica.configuration(ASYNC_CHANNEL).await.unwrap();
    assert_eq!(shown.cached, shown.stored);
    assert_eq!(shown.cached_age, duration(Duration::ZERO));
    assert_eq!(shown.cached_time_left, duration(TIME_TO_LIVE));
    world.close().await;
}

async fn an_older_package_is_passed_over(engine: Engine) {
    let mut world = World::of(engine, &Company::new().version(5).f3(false)).await;
    let stored = async |world: &World| {
        let stored = world.replica().configuration(ASYNC_CHANNEL).await.unwrap().stored.unwrap();
        (stored.version, stored.async_customer_editing)
    };
    for version in [4, 5] {
        assert!(!world.apply(&Company::new().version(version)).await, "version {version}");
    }
    assert_eq!(stored(&world).await, (version(5), false));
    world.restart(Company::new().version(4).packages()).await;
    assert_eq!(stored(&world).await, (version(5), false), "a restart with an older one too");
    assert!(world.apply(&Company::new().version(6)).await);
    assert_eq!(stored(&world).await, (version(6), true));
    world.close().await;
}

async fn a_restarted_unit_goes_by_its_newer_package_at_once(engine: Engine) {
    let mut world = World::of(engine, &Company::new()).await;
    let name = world.replica().created(create()).await.name;
    let newer = Company::new().version(2).f0(false).limit("customer.first_name", 5).only("SEATTLE");
    world.restart(newer.packages()).await;
    let replica = world.replica();
    assert_eq!(replica.read(&name).await.first_name, "Karen", "what was captured stays");

    let answer = replica.create(create_named("Maria", "Rossi")).await.unwrap();
    let execution = answer.execution.unwrap();
    assert_eq!(execution.reason, "HQ_UNREACHABLE", "the profile creates in real time now");
    assert_eq!(decided_by(Some(execution)), (version(2), Duration::ZERO));

    let refused = replica.create(create_named("Giulia", "Rossi")).await.unwrap_err();
    assert_eq!(
        violations(&refused),
        [("customer.first_name".to_owned(), "TOO_LONG".to_owned())],
        "headquarters' limit, as 1110 says"
    );

    // The only channel need not be named, and the other one is gone.
    let mut unnamed = create_named("Luca", "Rossi");
    unnamed.channel.clear();
    unnamed.customer.as_mut().unwrap().contacts.push(phone("(425) 555-0100"));
    let contacts = replica.created(unnamed).await.contacts;
    assert_eq!(contacts[0].value, "+14255550100");
    let mut elsewhere = create_named("Luca", "Rossi");
    elsewhere.channel = "HOUSTON".to_owned();
    let refused = replica.create(elsewhere).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::FailedPrecondition, "CHANNEL_NOT_CONFIGURED".to_owned()));
    world.close().await;
}
