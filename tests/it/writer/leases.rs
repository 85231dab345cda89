//! What is done under a lease that another has taken meanwhile leaves nothing behind.

use std::time::Duration;

use csu::{
    channel::{
        store::{Applied, IdRange},
        writer::{CustomersChunk, FullRange},
    },
    domain::{
        configuration::{ConfigurationRows, GlobalConfigurationRows},
        job::DownloadJob,
        lease::{LEASE_LASTS, Lease},
        revision::Counter,
        sync::{Entity, SyncState},
    },
    storage::{StoreError, StoreResult},
};
use uuid::Uuid;

use super::channel::{Channel, base, done, rename};
use crate::harness::{Engine, START, writes};

crate::on_both_engines!(
    one_of_two_replicas_has_it,
    each_transaction_holds_it_for_longer,
    nothing_is_left_of_what_is_done_under_a_stale_one,
    of_many_who_try_at_once_one_has_it,
);

const ONE: Uuid = Uuid::from_u128(1);
const TWO: Uuid = Uuid::from_u128(2);
const APPLIED: Applied = Applied { version: 9, at: START };

fn is_fenced<T>(result: &StoreResult<T>) -> bool {
    matches!(result, Err(StoreError::Fenced))
}

fn configuration() -> ConfigurationRows {
    ConfigurationRows::Global(GlobalConfigurationRows::default())
}

async fn one_of_two_replicas_has_it(engine: Engine) {
    let channel = Channel::new(engine).await;
    let other = channel.replica().await;
    let lease = channel.writer.take_lease("1010", ONE).await.unwrap().expect("it is free");
    assert_eq!(other.writer.take_lease("1010", TWO).await.unwrap(), None);
    assert!(other.writer.take_lease("1070", TWO).await.unwrap().is_some());
    channel.writer.release_lease(lease).await.unwrap();
    let taken = other.writer.take_lease("1010", TWO).await.unwrap().expect("it is free again");
    assert_eq!((taken.holder, taken.fence), (TWO, 2));
    // Whoever dies with one holds it up for so long and no longer.
    channel.clock.advance(LEASE_LASTS - Duration::from_millis(1));
    assert_eq!(channel.writer.take_lease("1010", ONE).await.unwrap(), None);
    channel.clock.advance(Duration::from_millis(1));
    assert!(channel.writer.take_lease("1010", ONE).await.unwrap().is_some());
    other.close(engine).await;
    channel.close().await;
}

async fn each_transaction_holds_it_for_longer(engine: Engine) {
    let channel = Channel::new(engine).await;
    let lease = channel.writer.take_lease("1010", ONE).await.unwrap().unwrap();
    let most = LEASE_LASTS - Duration::from_millis(1);
    let taken = async || channel.writer.take_lease("1010", TWO).await.unwrap().is_some();
    channel.clock.advance(most);
    channel.writer.apply_customers(CustomersChunk::default(), Some(&lease)).await.unwrap();
    channel.clock.advance(most);
    assert!(!taken().await);
    assert!(
        channel.writer.apply_configuration(configuration(), APPLIED, Some(&lease)).await.unwrap()
    );
    channel.clock.advance(most);
    assert!(!taken().await);
    channel.writer.mark_uploaded(Counter(0), Some(&lease)).await.unwrap();
    channel.clock.advance(most);
    assert!(!taken().await);
    channel.clock.advance(Duration::from_millis(1));
    assert!(taken().await);
    channel.close().await;
}

/// Everything that a holder does, with a chunk of each kind.
async fn nothing_is_left_of_what_is_done_under_a_stale_one(engine: Engine) {
    let channel = Channel::new(engine).await;
    let created = channel.write(writes::create("Berg")).await;
    let id = created.customer.id;
    channel.apply(vec![base(&created, 5)], vec![done(1, 5)]).await;
    let gone = channel.write(writes::create("Roth")).await;
    channel.apply(vec![base(&gone, 5)], vec![done(2, 5)]).await;
    channel.write(rename(id, "Karin")).await;
    let lost = channel.writer.take_lease("1010", ONE).await.unwrap().unwrap();
    channel.clock.advance(LEASE_LASTS);
    let held = channel.writer.take_lease("1010", TWO).await.unwrap().unwrap();
    let never = Lease { name: "P-0001".to_owned(), ..held.clone() };

    let known = channel.customer(id).await;
    let tables = async || {
        let rows = "SELECT revision || ' ' || event || ' ' || (SELECT count(*) FROM customer) || ' ' ||
            (SELECT count(*) FROM request_record) || ' ' || (SELECT max(held_until) FROM job_lease) FROM counter";
        channel.database.texts(rows).await
    };
    let before = tables().await;
    for stale in [&lost, &never] {
        let chunk = CustomersChunk {
            bases: vec![base(&known, 7)],
            outcomes: vec![done(3, 7)],
            applied: Some(APPLIED),
            ..CustomersChunk::default()
        };
        assert!(is_fenced(&channel.writer.apply_customers(chunk, Some(stale)).await));
        let everything = IdRange { above: None, up_to: None };
        let chunk = CustomersChunk {
            full: Some(FullRange { ids: everything, version: 9 }),
            applied: Some(APPLIED),
            ..CustomersChunk::default()
        };
        assert!(is_fenced(&channel.writer.apply_customers(chunk, Some(stale)).await));
        let configuration =
            channel.writer.apply_configuration(configuration(), APPLIED, Some(stale)).await;
        assert!(is_fenced(&configuration));
        assert!(is_fenced(&channel.writer.mark_uploaded(Counter(9), Some(stale)).await));
        channel.writer.release_lease(stale.clone()).await.unwrap();
    }
    assert_eq!(tables().await, before);
    assert_eq!(channel.customer(id).await, known);
    let state = known.progress(Entity::Customer).expect("it waits").state();
    assert_eq!(state, SyncState::PendingUpload);
    for job in DownloadJob::ALL {
        assert_eq!(channel.store.applied(*job).await.unwrap(), None);
    }
    // The holder goes on.
    channel.writer.mark_uploaded(Counter(9), Some(&held)).await.unwrap();
    channel.close().await;
}

async fn of_many_who_try_at_once_one_has_it(engine: Engine) {
    let channel = Channel::new(engine).await;
    let other = channel.replica().await;
    for round in 1..=10_i64 {
        let tries = (0..8_u128).map(|holder| {
            let writer = if holder % 2 == 0 { &channel.writer } else { &other.writer };
            writer.take_lease("1010", Uuid::from_u128(holder + 1))
        });
        let taken = futures::future::try_join_all(tries).await.unwrap();
        let fences: Vec<_> = taken.iter().flatten().map(|lease| lease.fence).collect();
        assert_eq!(fences, [round]);
        channel.clock.advance(LEASE_LASTS);
    }
    other.close(engine).await;
    channel.close().await;
}
