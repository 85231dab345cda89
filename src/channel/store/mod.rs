//! The channel database: what readers ask of it, and the steps of a writing transaction. `sqlite` and `postgres`
//! keep the same contract, which `tests/it/contract` holds them to. Only the writer (`channel::writer`) begins
//! transactions.

mod configuration;
mod connect;
mod payload;
pub mod postgres;
mod rows;
pub mod sqlite;
mod staging;

use std::sync::Arc;

use async_trait::async_trait;
use uuid::Uuid;

pub use connect::{NewDatabase, migrate, open};
pub use rows::{EventKind, Rows};

#[cfg(doc)]
use crate::storage::StoreError;
use crate::{
    domain::{
        base::Base,
        configuration::{ChannelConfiguration, ChannelConfigurationRows, GlobalConfigurationRows},
        id::{CustomerId, RequestId, RevisionId},
        job::DownloadJob,
        known::KnownCustomer,
        lease::Lease,
        origin::Origin,
        outcome::{Outcome, OutcomeStatus},
        revision::{Counter, Revision, RevisionKey},
        search::Criterion,
        submission::CapturedRevision,
        time::Timestamp,
        write::RequestRecord,
    },
    storage::StoreResult,
};

pub type SharedStore = Arc<dyn ChannelStore>;

/// What this database is towards headquarters.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    pub origin: Origin,
    /// Name under which headquarters assigns channels to it.
    pub database_name: String,
    /// Key of the company's request hashes; `None`: the database has never registered.
    pub request_hash_key: Option<[u8; 32]>,
}

/// The last package applied of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applied {
    pub version: i64,
    pub at: Timestamp,
}

/// Ids of customers above `above`, up to and with `up_to`; `None`: from the first, to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdRange {
    pub above: Option<CustomerId>,
    pub up_to: Option<CustomerId>,
}

/// Counters that a transaction has taken; it holds the counter row until it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    pub first_revision: Counter,
    pub first_event: Counter,
    /// Not before the capture time of any earlier revision.
    pub captured_at: Timestamp,
}

/// Where a page of a search goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchPosition {
    pub term: String,
    pub customer_id: CustomerId,
}

/// Reads, each in one snapshot, and the door to writes. Every call is bounded in time.
#[async_trait]
pub trait ChannelStore: Send + Sync + 'static {
    async fn identity(&self) -> StoreResult<Identity>;

    /// The customers that there are, in no order.
    async fn customers(&self, ids: &[CustomerId]) -> StoreResult<Vec<KnownCustomer>>;

    async fn request_record(&self, id: RequestId) -> StoreResult<Option<RequestRecord>>;

    /// Up to `limit` revisions above the counter, in the order of their counters, as headquarters is sent them.
    async fn captured_revisions(
        &self,
        above: Counter,
        limit: u32,
    ) -> StoreResult<Vec<CapturedRevision>>;

    /// Up to `limit` terms that meet the criterion after `after`, by term and customer in the order of bytes.
    async fn search(
        &self,
        criterion: &Criterion,
        after: Option<&SearchPosition>,
        limit: u32,
    ) -> StoreResult<Vec<SearchPosition>>;

    /// Operating unit numbers, sorted.
    async fn channels(&self) -> StoreResult<Vec<String>>;

    async fn configuration(&self, channel: &str) -> StoreResult<Option<ChannelConfiguration>>;

    /// Id of the revision with this counter.
    async fn revision_id(&self, counter: Counter) -> StoreResult<Option<RevisionId>>;

    /// `None`: no package of the job was ever applied.
    async fn applied(&self, job: DownloadJob) -> StoreResult<Option<Applied>>;

    async fn begin(&self) -> StoreResult<Box<dyn Transaction>>;

    /// Moves what was committed out of the write-ahead log, where the engine leaves that to its user.
    async fn checkpoint(&self) -> StoreResult<()>;

    async fn close(&self);
}

/// The steps of a writing transaction, in the order of their locks: lease, customers, counter row, rows.
///
/// Dropping it rolls back.
#[async_trait]
pub trait Transaction: Send {
    /// Locks the customers that there are, sorted, and says which are locked. A missing one is claimed by [`Self::insert`],
    /// which fails with [`StoreError::Conflict`] if someone else was faster.
    async fn lock_customers(&mut self, ids: &[CustomerId]) -> StoreResult<Vec<CustomerId>>;

    async fn customers(&mut self, ids: &[CustomerId]) -> StoreResult<Vec<KnownCustomer>>;

    async fn request_records(&mut self, ids: &[RequestId]) -> StoreResult<Vec<RequestRecord>>;

    /// Revisions of the customers without outcome here, in the order of their counters.
    async fn waiting_revisions(&mut self, ids: &[CustomerId]) -> StoreResult<Vec<Revision>>;

    /// Those of the revisions that there are.
    async fn revision_keys(&mut self, counters: &[Counter]) -> StoreResult<Vec<RevisionKey>>;

    /// The bases that there are.
    async fn bases(&mut self, ids: &[CustomerId]) -> StoreResult<Vec<Base>>;

    /// Outcomes of the customers' revisions that wait still, with headquarters' version that contains each.
    async fn outcomes(
        &mut self,
        ids: &[CustomerId],
    ) -> StoreResult<Vec<(Counter, OutcomeStatus, i64)>>;

    /// Takes a lease that nobody holds: one that was released, that has lapsed, or that the same holder had. `None`:
    /// another has it.
    async fn take_lease(
        &mut self,
        name: &str,
        holder: Uuid,
        now: Timestamp,
        until: Timestamp,
    ) -> StoreResult<Option<Lease>>;

    /// Locks the lease until the end and holds it for longer; it comes before every other lock.
    /// [`StoreError::Fenced`]: another has taken it.
    async fn hold_lease(&mut self, lease: &Lease, until: Timestamp) -> StoreResult<()>;

    /// Lets go of a lease, unless another has taken it.
    async fn release_lease(&mut self, lease: &Lease) -> StoreResult<()>;

    /// Headquarters has an outcome for the revisions up to this one, which 1010 will bring. Those that it is not
    /// known to have are left out.
    async fn mark_processed(&mut self, up_to: Counter, at: Timestamp) -> StoreResult<()>;

    /// Up to `limit` customers with ids in the range that headquarters has sent with at most this version and that
    /// have no revision that waits, those that are to be kept aside.
    async fn absent(
        &mut self,
        range: &IdRange,
        kept: &[CustomerId],
        version: i64,
        limit: u32,
    ) -> StoreResult<Vec<CustomerId>>;

    /// Headquarters has the revisions up to this one.
    async fn mark_uploaded(&mut self, up_to: Counter, at: Timestamp) -> StoreResult<()>;

    /// Keeps outcomes of revisions that wait; an older one does not replace a newer.
    async fn put_outcomes(&mut self, outcomes: &[Outcome], at: Timestamp) -> StoreResult<()>;

    /// Notes what 1010 has brought, unless as much or more was noted.
    async fn set_customers_applied(&mut self, applied: Applied) -> StoreResult<()>;

    /// Locks the counter row until the end and takes counters. Whatever is committed by then is visible to the
    /// statements that follow.
    async fn take_counters(
        &mut self,
        revisions: u32,
        events: u32,
        now: Timestamp,
    ) -> StoreResult<Taken>;

    /// [`StoreError::Conflict`]: a customer or request record to insert exists, or a customer to change does not, or
    /// has a base as new as the one to put in its place.
    async fn insert(&mut self, rows: &Rows) -> StoreResult<()>;

    /// Replaces the configuration of 1070 unless the one there is as new or newer; says whether it did.
    async fn apply_channel_configuration(
        &mut self,
        rows: &ChannelConfigurationRows,
        applied: Applied,
    ) -> StoreResult<bool>;

    /// Replaces the configuration of 1110 unless the one there is as new or newer; says whether it did.
    async fn apply_global_configuration(
        &mut self,
        rows: &GlobalConfigurationRows,
        applied: Applied,
    ) -> StoreResult<bool>;

    /// Keeps the company's key, unless there is one.
    async fn set_request_hash_key(&mut self, key: &[u8; 32]) -> StoreResult<()>;

    /// Deletes up to `limit` request records recorded before the time; says how many.
    async fn prune_request_records(&mut self, before: Timestamp, limit: u32) -> StoreResult<u64>;

    /// Durable when it returns. [`StoreError::InDoubt`]: there was no answer, and it may be or not.
    async fn commit(self: Box<Self>) -> StoreResult<()>;
}
