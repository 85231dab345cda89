//! What is done to the database between two batches, each in one transaction.

use uuid::Uuid;

use crate::{
    channel::store::{Applied, SharedStore, Transaction},
    domain::{
        configuration::ConfigurationRows,
        lease::{LEASE_LASTS, Lease},
        revision::Counter,
        time::Timestamp,
    },
    storage::StoreResult,
};

/// A transaction that holds the lease, if it is of a job: nobody else can take it before the end.
pub(super) async fn begin(
    store: &SharedStore,
    under: Option<&Lease>,
    now: Timestamp,
) -> StoreResult<Box<dyn Transaction>> {
    let mut transaction = store.begin().await?;
    if let Some(lease) = under {
        transaction.hold_lease(lease, now.plus(LEASE_LASTS)).await?;
    }
    Ok(transaction)
}

pub(super) async fn take_lease(
    store: &SharedStore,
    now: Timestamp,
    name: &str,
    holder: Uuid,
) -> StoreResult<Option<Lease>> {
    let mut transaction = store.begin().await?;
    let lease = transaction.take_lease(name, holder, now, now.plus(LEASE_LASTS)).await?;
    if lease.is_some() {
        transaction.commit().await?;
    }
    Ok(lease)
}

pub(super) async fn release_lease(store: &SharedStore, lease: &Lease) -> StoreResult<()> {
    let mut transaction = store.begin().await?;
    transaction.release_lease(lease).await?;
    transaction.commit().await
}

pub(super) async fn apply_configuration(
    store: &SharedStore,
    now: Timestamp,
    package: &ConfigurationRows,
    applied: Applied,
    under: Option<&Lease>,
) -> StoreResult<bool> {
    let mut transaction = begin(store, under, now).await?;
    let newer = match package {
        ConfigurationRows::Channel(rows) => {
            transaction.apply_channel_configuration(rows, applied).await?
        }
        ConfigurationRows::Global(rows) => {
            transaction.apply_global_configuration(rows, applied).await?
        }
    };
    if newer {
        transaction.commit().await?;
    }
    Ok(newer)
}

/// Headquarters has all revisions up to this one.
pub(super) async fn mark_uploaded(
    store: &SharedStore,
    now: Timestamp,
    up_to: Counter,
    under: Option<&Lease>,
) -> StoreResult<()> {
    let mut transaction = begin(store, under, now).await?;
    transaction.mark_uploaded(up_to, now).await?;
    transaction.commit().await
}

/// Headquarters is done with all revisions up to this one.
pub(super) async fn mark_processed(
    store: &SharedStore,
    now: Timestamp,
    up_to: Counter,
) -> StoreResult<()> {
    let mut transaction = store.begin().await?;
    transaction.mark_processed(up_to, now).await?;
    transaction.commit().await
}

pub(super) async fn set_request_hash_key(store: &SharedStore, key: &[u8; 32]) -> StoreResult<()> {
    let mut transaction = store.begin().await?;
    transaction.set_request_hash_key(key).await?;
    transaction.commit().await
}

pub(super) async fn prune_request_records(
    store: &SharedStore,
    before: Timestamp,
    limit: u32,
) -> StoreResult<u64> {
    let mut transaction = store.begin().await?;
    let pruned = transaction.prune_request_records(before, limit).await?;
    transaction.commit().await?;
    Ok(pruned)
}
