//! Headquarters' database: what readers ask of it, and the steps of a writing transaction. `sqlite` and `postgres`
//! keep the same contract, which `tests/it/headquarters/contract` holds them to. Only the writer
//! (`headquarters::writer`) begins transactions.

mod open;
mod payload;
pub mod postgres;
mod rows;
mod scheduler;
mod setup;
pub mod sqlite;

use std::sync::Arc;

use async_trait::async_trait;
use uuid::Uuid;

pub use open::{NewIdentity, migrate, open};
pub use scheduler::{
    Operation, OperationQuery, Package, PackageKey, Place, RunQuery, SchedulerStore,
    SchedulerTransaction, SessionQuery,
};

use crate::{
    domain::{
        conclusion::{Failure, RevisionStatus, Uploaded},
        configuration::ConfigurationVersion,
        id::{CustomerId, RequestId, RevisionId},
        job::AppliedVersions,
        merge::{Record, Superseded},
        origin::Origin,
        revision::Counter,
        setup::Setup,
        submission::{Decision, PerformedRequest, Submission},
        time::Timestamp,
        upload::Position,
        write::{Method, RequestHash},
    },
    storage::StoreResult,
};

pub type SharedStore = Arc<dyn HeadquartersStore>;

/// What this database is.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// Made with the database.
    pub database_id: Uuid,
    /// A restored headquarters begins a new life. From 1.
    pub incarnation: i64,
    /// Key of the company's request hashes, handed to every unit at registration.
    pub request_hash_key: [u8; 32],
}

/// All that is set up, with the versions of 1070 and 1110 that bring it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VersionedSetup {
    pub setup: Setup,
    pub version: ConfigurationVersion,
}

/// A channel database that has registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredDatabase {
    /// Name that channels are assigned to.
    pub name: String,
    pub origin: Origin,
    pub program_version: String,
    pub registered_at: Timestamp,
    pub last_seen_at: Timestamp,
    /// As it has said itself.
    pub applied: AppliedVersions,
    /// Until when a subscription of it counts as alive.
    pub connected_until: Timestamp,
}

/// What a real-time call may do: the database that its origin has registered, and the one that its channel belongs
/// to. Whoever calls for a channel of another database is refused.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// Name under which this very origin is registered.
    pub registered_as: Option<String>,
    /// Database of the channel; `None`: there is no such channel.
    pub channel_served_by: Option<String>,
}

/// Numbers of the account number sequence, `first` and those that follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenNumbers {
    pub format: String,
    pub first: i64,
}

/// A write with its outcome, to be remembered: a real-time one as a new row, an uploaded one in its own, which must
/// still wait.
#[derive(Debug, Clone)]
pub struct Outcome<'a> {
    pub submission: &'a Submission,
    /// When it was processed; a real-time write is received then.
    pub at: Timestamp,
    /// Its change counter.
    pub version: i64,
    pub ending: Ending,
}

/// How the way of a revision ends at headquarters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    Synchronized {
        /// Version of the customer that contains it.
        contained_in: i64,
        superseded: Vec<Superseded>,
        /// Whether it has performed its request; otherwise another one had.
        performed: bool,
    },
    Failed(Failure),
    Parked(Failure),
}

/// An uploaded revision that is not synchronized.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingRevision {
    pub submission: Submission,
    pub status: RevisionStatus,
}

/// What became of a revision, for its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisionOutcome {
    pub revision_id: RevisionId,
    pub request_id: RequestId,
    pub request_hash: RequestHash,
    /// `None`: a real-time write.
    pub counter: Option<Counter>,
    pub customer_id: CustomerId,
    pub method: Method,
    pub decision: Decision,
    pub status: RevisionStatus,
    /// The change counter of this outcome. The customer itself may stay at an older version: nothing was left to
    /// change, or another revision had performed the request.
    pub version: i64,
    /// Whoever has this version of the customer, or a later one, has what it wrote; `None`: it is not synchronized.
    pub contained_in: Option<i64>,
    /// Whether later values of others are in force where it differs.
    pub superseded: bool,
    pub error_reason: Option<String>,
    pub processed_at: Timestamp,
}

/// What a transaction writes.
#[derive(Debug, Default)]
pub struct Rows<'a> {
    pub new_customers: Vec<Record>,
    pub changed_customers: Vec<Record>,
    pub outcomes: Vec<Outcome<'a>>,
}

/// Reads, each in one snapshot, and the door to writes. Every call is bounded in time.
#[async_trait]
pub trait HeadquartersStore: SchedulerStore {
    async fn identity(&self) -> StoreResult<Identity>;

    /// The customers that there are, in no order.
    async fn records(&self, ids: &[CustomerId]) -> StoreResult<Vec<Record>>;

    /// The memory of a performed request with its customer as it is now.
    async fn performed(&self, id: RequestId) -> StoreResult<Option<(PerformedRequest, Record)>>;

    async fn standing(&self, origin: Origin, channel: &str) -> StoreResult<Standing>;

    async fn setup(&self) -> StoreResult<VersionedSetup>;

    /// How far headquarters is with an origin, which may be none.
    async fn origin(&self, origin: Origin) -> StoreResult<Position>;

    /// So many customers with revisions that wait for the batch, by their ids.
    async fn inbox(&self, limit: u32) -> StoreResult<Vec<CustomerId>>;

    /// Revisions of the customers that are not synchronized, by customer, origin and counter.
    async fn waiting(&self, customers: &[CustomerId]) -> StoreResult<Vec<WaitingRevision>>;

    /// The first outcomes of an origin's revisions, real-time ones too, whose change counter lies in (from, to], in
    /// its order. `from` of the next call is the version of the last one.
    async fn outcomes(
        &self,
        origin: Origin,
        from: i64,
        to: i64,
        limit: u32,
    ) -> StoreResult<Vec<RevisionOutcome>>;

    /// The first customers whose version lies in (from, to], by version. `from` of the next call is the version of
    /// the last one.
    async fn changes(&self, from: i64, to: i64, limit: u32) -> StoreResult<Vec<Record>>;

    /// The last change counter. Whatever has it or a lower one is visible to the reads that follow.
    async fn last_change(&self) -> StoreResult<i64>;

    /// By name.
    async fn databases(&self) -> StoreResult<Vec<RegisteredDatabase>>;

    async fn begin(&self) -> StoreResult<Box<dyn Transaction>>;

    /// Moves what was committed out of the write-ahead log, where the engine leaves that to its user.
    async fn checkpoint(&self) -> StoreResult<()>;

    async fn close(&self);
}

/// The steps of a writing transaction, in the order of their locks: customers, number sequence, counter row, rows.
/// What is received locks its origin and nothing else.
///
/// Dropping it rolls back.
#[async_trait]
pub trait Transaction: SchedulerTransaction {
    /// Locks the customers that there are, sorted, and says which are locked. A missing one is claimed by
    /// [`Self::insert`], which fails with `StoreError::Conflict` if someone else was faster.
    async fn lock_customers(&mut self, ids: &[CustomerId]) -> StoreResult<Vec<CustomerId>>;

    async fn records(&mut self, ids: &[CustomerId]) -> StoreResult<Vec<Record>>;

    /// The memories that there are.
    async fn performed(
        &mut self,
        ids: &[RequestId],
    ) -> StoreResult<Vec<(RequestId, PerformedRequest)>>;

    /// Where these uploaded revisions stand; those that there are, in no order. To be read before customers and
    /// memories: what an earlier revision has written is visible to whoever sees that it is synchronized.
    async fn uploaded(
        &mut self,
        revisions: &[(Origin, Counter)],
    ) -> StoreResult<Vec<((Origin, Counter), Uploaded)>>;

    /// Those of the customer groups that there are.
    async fn customer_groups(&mut self, codes: &[String]) -> StoreResult<Vec<String>>;

    /// Locks the sequence until the end and takes so many numbers.
    async fn take_numbers(&mut self, count: u32) -> StoreResult<TakenNumbers>;

    /// Locks the counter row until the end and takes so many change counters; says the first. Whatever is committed
    /// by then is visible to the statements that follow.
    async fn take_changes(&mut self, count: u32) -> StoreResult<i64>;

    /// `StoreError::Conflict`: a customer or memory to insert exists, a customer to change does not, or an uploaded
    /// revision has an outcome.
    async fn insert(&mut self, rows: &Rows<'_>) -> StoreResult<()>;

    /// Locks the origin until the end and says how far headquarters is with it.
    async fn lock_origin(&mut self, origin: Origin) -> StoreResult<Position>;

    /// Ids of the revisions of an origin from one counter on up to another, in their order.
    async fn received(
        &mut self,
        origin: Origin,
        from: Counter,
        to: Counter,
    ) -> StoreResult<Vec<(Counter, RevisionId)>>;

    /// Takes revisions of the origin, which is locked, and moves it to `position`.
    async fn receive(
        &mut self,
        origin: Origin,
        submissions: &[Submission],
        received_at: Timestamp,
        position: Position,
    ) -> StoreResult<()>;

    /// Locks the setup until the end and reads it.
    async fn lock_setup(&mut self) -> StoreResult<VersionedSetup>;

    /// Writes what differs from `before`, under the versions of `after`.
    async fn change_setup(
        &mut self,
        before: &VersionedSetup,
        after: &VersionedSetup,
    ) -> StoreResult<()>;

    /// Locks the registered databases until the end and reads those with this name or this database id.
    async fn lock_registrations(
        &mut self,
        name: &str,
        database_id: Uuid,
    ) -> StoreResult<Vec<RegisteredDatabase>>;

    /// Writes the registration under its name, in place of whichever was there and of any other of its database id.
    async fn register(&mut self, database: &RegisteredDatabase) -> StoreResult<()>;

    /// Durable when it returns. `StoreError::InDoubt`: there was no answer, and it may be or not.
    async fn commit(self: Box<Self>) -> StoreResult<()>;
}
