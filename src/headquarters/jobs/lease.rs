//! The right to make sessions of a job, which one run has at a time.

use std::{sync::Arc, time::Duration};

use futures::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{
        job::Job,
        lease::{LEASE_LASTS, Lease},
    },
    headquarters::{Headquarters, store::Transaction},
    runtime::{
        ids,
        retry::{Policy, STORE_CONFLICT, retry},
    },
    storage::{StoreError, StoreResult},
};

/// Another run has the lease: 10, 20, … 320 ms and then 500 ms. It needs it for moments, or its process is dead and loses it.
const TAKEN: Policy =
    Policy { first: Duration::from_millis(10), cap: Duration::from_millis(500), attempts: None };

/// Waits until the caller has the job's lease; `None`: it was cancelled before.
pub(super) async fn take(
    headquarters: &Headquarters,
    job: Job,
    cancelled: &CancellationToken,
) -> StoreResult<Option<Lease>> {
    let mut delays = TAKEN.jittered();
    // Each run is a holder of its own: two of one process would fence each other.
    let holder = ids::new_database_id();
    loop {
        let now = headquarters.clock.now();
        let until = now.plus(LEASE_LASTS);
        let lease = headquarters
            .writer
            .transact(move |transaction| {
                Box::pin(
                    async move { transaction.take_lease(job.code(), holder, now, until).await },
                )
            })
            .await?;
        let Some(delay) = delays.next().filter(|_| lease.is_none()) else { return Ok(lease) };
        if cancelled.run_until_cancelled(tokio::time::sleep(delay)).await.is_none() {
            return Ok(None);
        }
    }
}

pub(super) async fn release(headquarters: &Headquarters, lease: Lease) {
    let released = headquarters
        .writer
        .transact(move |transaction| {
            Box::pin(async move { transaction.release_lease(&lease).await })
        })
        .await;
    if let Err(error) = released {
        tracing::debug!(%error, "a lease is left to lapse");
    }
}

/// Takes steps in a transaction under the lease, which it holds for longer; again where another transaction came
/// between.
pub(super) async fn under<T: Send + 'static>(
    headquarters: &Headquarters,
    lease: &Lease,
    steps: impl for<'a> Fn(&'a mut dyn Transaction) -> BoxFuture<'a, StoreResult<T>>
    + Send
    + Sync
    + 'static,
) -> StoreResult<T> {
    let steps = Arc::new(steps);
    let attempt = || {
        let (steps, lease) = (Arc::clone(&steps), lease.clone());
        let until = headquarters.clock.now().plus(LEASE_LASTS);
        headquarters.writer.transact(move |transaction| {
            Box::pin(async move {
                transaction.hold_lease(&lease, until).await?;
                steps(transaction).await
            })
        })
    };
    retry(STORE_CONFLICT, attempt, |error| matches!(error, StoreError::Conflict)).await
}
