//! Real-time writes that headquarters has performed for this database, and that it has forgotten or never knew of.

use std::time::Duration;

use csu::{
    channel::writer::CustomersChunk,
    domain::{
        base::Base,
        configuration::ConfigurationVersion,
        outcome::PerformedWrite,
        routing::RealTimeReason,
        submission::Decision,
        write::{Method, Mode, REQUEST_RECORDS_KEPT, Write},
    },
};

use super::channel::{Channel, base, done, rename};
use crate::harness::{Engine, START, writes};

crate::on_both_engines!(
    one_that_nobody_remembers_is_remembered_once,
    one_that_is_remembered_stays_so,
    only_young_ones_that_the_base_contains_are_remembered,
    an_added_address_is_named,
    the_answer_is_the_customer_with_all_that_waits,
);

const VERSION: i64 = 5;

/// As headquarters tells of a write that it has performed.
fn performed(write: &Write, version: i64) -> PerformedWrite {
    PerformedWrite {
        request_id: write.request_id,
        request_hash: write.request_hash,
        method: write.method(),
        customer_id: write.customer_id,
        decision: Decision {
            reason: RealTimeReason::ProfileRealTime.as_str().to_owned(),
            configuration_version: ConfigurationVersion {
                channel_configuration: 3,
                global_configuration: 4,
            },
            configuration_age: Duration::from_secs(5),
        },
        version,
        performed_at: START,
    }
}

async fn bring(channel: &Channel, bases: Vec<Base>, performed: Vec<PerformedWrite>) {
    channel.bring(CustomersChunk { bases, performed, ..CustomersChunk::default() }).await;
}

async fn records(channel: &Channel) -> i64 {
    channel.database.number("SELECT count(*) FROM request_record").await
}

/// A customer of headquarters that this database has heard nothing of, with the create that it has forgotten.
async fn unheard_of() -> (Write, Base) {
    let (create, other) = (writes::create("Berg"), Channel::new(Engine::Sqlite).await);
    let base = base(&other.write(create.clone()).await, VERSION);
    other.close().await;
    (create, base)
}

async fn one_that_nobody_remembers_is_remembered_once(engine: Engine) {
    let channel = Channel::new(engine).await;
    let (create, base) = unheard_of().await;
    for _ in 0..2 {
        let twice = vec![performed(&create, VERSION); 2];
        bring(&channel, vec![base.clone()], twice).await;
        assert_eq!(records(&channel).await, 1);
    }
    let record = channel.store.request_record(create.request_id).await.unwrap().unwrap();
    assert_eq!(record.request_hash, create.request_hash);
    let answer = record.answer;
    assert_eq!((answer.method, answer.address_id), (Method::CreateCustomer, None));
    assert_eq!(answer.known, channel.customer(create.customer_id).await);
    assert_eq!(answer.known.customer, base.customer);
    assert_eq!(answer.execution.mode, Mode::RealTime(RealTimeReason::ProfileRealTime));
    assert_eq!(answer.execution.configuration_version.global_configuration, 4);
    // Its caller comes back.
    assert_eq!(channel.writer.write(create).await, Ok(answer));
    assert_eq!(channel.database.number("SELECT revision FROM counter").await, 0);
    channel.close().await;
}

async fn one_that_is_remembered_stays_so(engine: Engine) {
    let channel = Channel::new(engine).await;
    let create = writes::create("Berg");
    let answer = channel.writer.write(create.clone()).await.unwrap();
    let base = base(&answer.known, VERSION);
    bring(&channel, vec![base], vec![performed(&create, VERSION)]).await;
    // Of another content, which is somebody else's word.
    let reused = PerformedWrite { request_hash: [9; 32], ..performed(&create, VERSION) };
    bring(&channel, Vec::new(), vec![reused]).await;
    assert_eq!(records(&channel).await, 1);
    assert_eq!(channel.writer.write(create).await, Ok(answer), "word for word");
    channel.close().await;
}

async fn only_young_ones_that_the_base_contains_are_remembered(engine: Engine) {
    let channel = Channel::new(engine).await;
    let (create, base) = unheard_of().await;
    let id = create.customer_id;
    let newer = performed(&rename(id, "Later"), VERSION + 1);
    let nobodys = performed(&rename(writes::request_id().customer_id(), "Who"), 1);
    let mut of_newer_program = performed(&rename(id, "New"), VERSION);
    of_newer_program.decision.reason = "SOMETHING_NEW".to_owned();
    let mut old = performed(&rename(id, "Old"), VERSION);
    old.performed_at = START.minus(REQUEST_RECORDS_KEPT);
    let mut almost_old = performed(&rename(id, "Almost old"), VERSION);
    almost_old.performed_at.0 = old.performed_at.0 + 1;
    let all = vec![newer.clone(), nobodys, of_newer_program, old, almost_old.clone()];
    bring(&channel, Vec::new(), all.clone()).await;
    assert_eq!(records(&channel).await, 0, "the customer is not here");
    bring(&channel, vec![base.clone()], all.clone()).await;
    assert_eq!(records(&channel).await, 1);
    assert!(channel.store.request_record(almost_old.request_id).await.unwrap().is_some());
    bring(&channel, vec![Base { version: VERSION + 1, ..base }], all).await;
    assert_eq!(records(&channel).await, 2);
    assert!(channel.store.request_record(newer.request_id).await.unwrap().is_some());
    // Each is forgotten when it would have been.
    let a_millisecond = Duration::from_millis(2);
    let before = START.plus(a_millisecond).minus(REQUEST_RECORDS_KEPT);
    assert_eq!(channel.writer.prune_request_records(before, 10).await.unwrap(), 1);
    channel.close().await;
}

async fn an_added_address_is_named(engine: Engine) {
    let channel = Channel::new(engine).await;
    let (create, base) = unheard_of().await;
    let add = writes::add_address(create.customer_id, "3 Union Street");
    let writes = vec![performed(&create, VERSION), performed(&add, VERSION)];
    bring(&channel, vec![base], writes).await;
    let record = channel.store.request_record(add.request_id).await.unwrap().unwrap();
    assert_eq!(record.answer.address_id, Some(add.request_id.address_id(0)));
    channel.close().await;
}

async fn the_answer_is_the_customer_with_all_that_waits(engine: Engine) {
    let channel = Channel::new(engine).await;
    let created = channel.write(writes::create("Berg")).await;
    let id = created.customer.id;
    channel.apply(vec![base(&created, VERSION)], vec![done(1, VERSION)]).await;
    channel.write(rename(id, "Karin")).await;
    channel.write(rename(id, "Maria")).await;
    // The first edit is done with, the second goes on waiting, and a real-time write comes in between.
    let mut newer = base(&created, VERSION + 2);
    newer.customer.fields.set(csu::domain::field::CustomerField::FirstName, "Karin");
    let add = writes::add_address(id, "3 Union Street");
    channel
        .bring(CustomersChunk {
            bases: vec![newer],
            outcomes: vec![done(2, VERSION + 1)],
            performed: vec![performed(&add, VERSION + 2)],
            ..CustomersChunk::default()
        })
        .await;
    let known = channel.customer(id).await;
    assert_eq!((super::channel::first_name(&known), known.waiting[0].counter.0), ("Maria", 3));
    let record = channel.store.request_record(add.request_id).await.unwrap().unwrap();
    assert_eq!(record.answer.known, known);
    channel.close().await;
}
