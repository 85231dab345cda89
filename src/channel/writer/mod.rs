//! Everything that writes the channel database in this process goes through here: customers' writes, many of them in
//! one commit, and what is done to the database between them.

mod batch;
mod captured;
mod download;
mod maintenance;

use std::sync::Arc;

use tokio::sync::watch;
use uuid::Uuid;

pub use self::{
    batch::ChannelLedger,
    download::{AppliedStep, CustomersChunk, FullRange},
};
use self::{captured::Captured, download::Step};
pub use crate::storage::group_commit::DEFAULT_QUEUE;
use crate::{
    channel::store::{Applied, SharedStore},
    domain::{
        configuration::ConfigurationRows,
        error::Result,
        id::RequestId,
        lease::Lease,
        revision::Counter,
        time::Timestamp,
        write::{Answer, Write},
    },
    runtime::{clock::SharedClock, retry::STORE_CONFLICT},
    storage::{StoreError, StoreResult, group_commit},
};

/// Takes writes; cheap to clone.
#[derive(Clone)]
pub struct Writer {
    queue: group_commit::Writer<ChannelLedger>,
    captured: watch::Sender<Counter>,
}

/// The loop behind [`Writer`], to be run once.
pub type WriterLoop = group_commit::WriterLoop<ChannelLedger>;

/// A place in the queue of a [`Writer`].
pub type Slot = group_commit::Slot<ChannelLedger>;

/// A writer and its loop. `queue`: most writes that wait.
pub fn new(store: SharedStore, clock: SharedClock, queue: usize) -> (Writer, WriterLoop) {
    let captured = watch::Sender::new(Counter(0));
    let ledger = ChannelLedger { store, clock, captured: Captured::new(captured.clone()) };
    let (queue, writer_loop) = group_commit::new(ledger, queue);
    (Writer { queue, captured }, writer_loop)
}

impl Writer {
    /// Makes a write durable and answers. From here on it runs to its end, whether or not the caller waits.
    ///
    /// # Errors
    /// `Overloaded` when the queue is full; what [`Write::judge`] refuses; `StoreConflict`, `Unavailable`.
    pub async fn write(&self, write: Write) -> Result<Answer> {
        self.queue.write(write).await
    }

    /// Takes a place in the queue for a write that is yet to be found out.
    ///
    /// # Errors
    /// `Overloaded` when the queue is full; `Unavailable` when the unit is stopping.
    pub fn reserve(&self) -> Result<Slot> {
        self.queue.reserve()
    }

    /// Whether a write with this request id waits for its answer.
    pub fn is_running(&self, id: RequestId) -> bool {
        self.queue.is_running(id)
    }

    /// Counter of the last revision that this process has committed, or a later one that another has; 0 before the
    /// first. It grows after the commit and never falls.
    pub fn captured(&self) -> watch::Receiver<Counter> {
        self.captured.subscribe()
    }

    /// Takes the lease, unless another holder has it (`None`).
    pub async fn take_lease(&self, name: &str, holder: Uuid) -> StoreResult<Option<Lease>> {
        let name = name.to_owned();
        self.maintain(async move |ledger| {
            maintenance::take_lease(&ledger.store, ledger.clock.now(), &name, holder).await
        })
        .await
    }

    /// Lets go of the lease, unless another has taken it.
    pub async fn release_lease(&self, lease: Lease) -> StoreResult<()> {
        self.maintain(async move |ledger| maintenance::release_lease(&ledger.store, &lease).await)
            .await
    }

    /// Applies a package of configuration; says whether it was newer than what was there.
    ///
    /// # Errors
    /// [`StoreError::Fenced`], here and below: another has taken the lease, and nothing was written.
    pub async fn apply_configuration(
        &self,
        package: ConfigurationRows,
        applied: Applied,
        under: Option<&Lease>,
    ) -> StoreResult<bool> {
        let under = under.cloned();
        self.maintain(async move |ledger| {
            let (store, now) = (&ledger.store, ledger.clock.now());
            maintenance::apply_configuration(store, now, &package, applied, under.as_ref()).await
        })
        .await
    }

    /// Takes over some of what 1010 brings; says how many customers that has changed. What it takes more than one
    /// transaction for is the removal of very many customers.
    pub async fn apply_customers(
        &self,
        chunk: CustomersChunk,
        under: Option<&Lease>,
    ) -> StoreResult<usize> {
        Ok(self.apply_step(chunk, under).await?.customers)
    }

    /// Like [`Self::apply_customers`], for whoever goes by how long it took.
    pub async fn apply_step(
        &self,
        chunk: CustomersChunk,
        under: Option<&Lease>,
    ) -> StoreResult<AppliedStep> {
        let (chunk, under) = (Arc::new(chunk), under.cloned());
        let mut delays = STORE_CONFLICT.jittered();
        let mut applied = AppliedStep::default();
        loop {
            let (chunk, under) = (Arc::clone(&chunk), under.clone());
            let step = self.maintain(async move |ledger| {
                let (store, now) = (&ledger.store, ledger.clock.now());
                download::apply(store, now, &chunk, under.as_ref()).await
            });
            match step.await {
                Ok(Step::Removed(step)) => applied.add(step),
                Ok(Step::Last(step)) => {
                    applied.add(step);
                    return Ok(applied);
                }
                // Another replica was faster with one of the customers.
                Err(StoreError::Conflict) if let Some(delay) = delays.next() => {
                    tokio::time::sleep(delay).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Notes that headquarters has all revisions up to this one.
    pub async fn mark_uploaded(&self, up_to: Counter, under: Option<&Lease>) -> StoreResult<()> {
        let under = under.cloned();
        self.maintain(async move |ledger| {
            let (store, now) = (&ledger.store, ledger.clock.now());
            maintenance::mark_uploaded(store, now, up_to, under.as_ref()).await
        })
        .await
    }

    /// Notes that headquarters is done with all revisions up to this one that are marked as uploaded: what became of
    /// them comes with 1010.
    pub async fn mark_processed(&self, up_to: Counter) -> StoreResult<()> {
        self.maintain(async move |ledger| {
            maintenance::mark_processed(&ledger.store, ledger.clock.now(), up_to).await
        })
        .await
    }

    /// Keeps the key of the company's request hashes, unless the database has one.
    pub async fn set_request_hash_key(&self, key: [u8; 32]) -> StoreResult<()> {
        self.maintain(async move |ledger| {
            maintenance::set_request_hash_key(&ledger.store, &key).await
        })
        .await
    }

    /// Deletes up to `limit` request records from before the time; says how many.
    pub async fn prune_request_records(&self, before: Timestamp, limit: u32) -> StoreResult<u64> {
        self.maintain(async move |ledger| {
            maintenance::prune_request_records(&ledger.store, before, limit).await
        })
        .await
    }

    async fn maintain<T, F>(
        &self,
        job: impl FnOnce(Arc<ChannelLedger>) -> F + Send + 'static,
    ) -> StoreResult<T>
    where
        T: Send + 'static,
        F: Future<Output = StoreResult<T>> + Send + 'static,
    {
        self.queue.maintain(job).await
    }
}

// === impl AppliedStep ===

impl AppliedStep {
    fn add(&mut self, other: Self) {
        self.customers += other.customers;
        self.worked = self.worked.max(other.worked);
    }
}
