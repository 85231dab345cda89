//! Everything that writes the channel database in this process goes through here: customers' writes, many of them in
//! one commit, and what is done to the database between them.

mod batch;
mod download;

use crate::{
    channel::store::{Applied, SharedStore},
    domain::{
        configuration::{ChannelConfigurationRows, GlobalConfigurationRows},
        error::Result,
        id::RequestId,
        revision::Counter,
        time::Timestamp,
        write::{Answer, Write},
    },
    runtime::clock::SharedClock,
    storage::{StoreResult, group_commit},
};

pub use self::{batch::ChannelLedger, download::CustomersChunk};
pub use crate::storage::group_commit::DEFAULT_QUEUE;

/// Takes writes; cheap to clone.
#[derive(Clone)]
pub struct Writer(group_commit::Writer<ChannelLedger>);

/// The loop behind [`Writer`], to be run once.
pub type WriterLoop = group_commit::WriterLoop<ChannelLedger>;

/// A place in the queue of a [`Writer`].
pub type Slot = group_commit::Slot<ChannelLedger>;

/// A package of configuration.
pub enum ConfigurationPackage {
    /// 1070
    Channel(ChannelConfigurationRows),
    /// 1110
    Global(GlobalConfigurationRows),
}

/// A writer and its loop. `queue`: most writes that wait.
pub fn new(store: SharedStore, clock: SharedClock, queue: usize) -> (Writer, WriterLoop) {
    let (writer, writer_loop) = group_commit::new(ChannelLedger { store, clock }, queue);
    (Writer(writer), writer_loop)
}

impl Writer {
    /// Makes a write durable and answers. From here on it runs to its end, whether or not the caller waits.
    ///
    /// # Errors
    /// `Overloaded` when the queue is full; what [`Write::judge`] refuses; `StoreConflict`, `Unavailable`.
    pub async fn write(&self, write: Write) -> Result<Answer> {
        self.0.write(write).await
    }

    /// Takes a place in the queue for a write that is yet to be found out.
    ///
    /// # Errors
    /// `Overloaded` when the queue is full; `Unavailable` when the unit is stopping.
    pub fn reserve(&self) -> Result<Slot> {
        self.0.reserve()
    }

    /// Whether a write with this request id waits for its answer.
    pub fn is_running(&self, id: RequestId) -> bool {
        self.0.is_running(id)
    }

    /// Applies a package of configuration; says whether it was newer than what was there.
    pub async fn apply_configuration(
        &self,
        package: ConfigurationPackage,
        applied: Applied,
    ) -> StoreResult<bool> {
        self.0
            .maintain(async move |ledger| {
                batch::apply_configuration(&ledger.store, &package, applied).await
            })
            .await
    }

    /// Takes over some of what 1010 brings; says how many customers that has changed.
    pub async fn apply_customers(&self, chunk: CustomersChunk) -> StoreResult<usize> {
        self.0
            .maintain(async move |ledger| {
                download::apply(&ledger.store, ledger.clock.now(), &chunk).await
            })
            .await
    }

    /// Notes that headquarters has all revisions up to this one.
    pub async fn mark_uploaded(&self, up_to: Counter) -> StoreResult<()> {
        self.0
            .maintain(async move |ledger| {
                download::mark_uploaded(&ledger.store, up_to, ledger.clock.now()).await
            })
            .await
    }

    /// Keeps the key of the company's request hashes, unless the database has one.
    pub async fn set_request_hash_key(&self, key: [u8; 32]) -> StoreResult<()> {
        self.0
            .maintain(async move |ledger| batch::set_request_hash_key(&ledger.store, &key).await)
            .await
    }

    /// Deletes up to `limit` request records from before the time; says how many.
    pub async fn prune_request_records(&self, before: Timestamp, limit: u32) -> StoreResult<u64> {
        self.0
            .maintain(async move |ledger| {
                batch::prune_request_records(&ledger.store, before, limit).await
            })
            .await
    }
}
