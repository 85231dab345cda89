//! What headquarters keeps of its jobs: runs, sessions and their packages, leases, and how far each channel database
//! is.

use async_trait::async_trait;
use uuid::Uuid;

#[cfg(doc)]
use crate::storage::StoreError;
use crate::{
    domain::{
        conclusion::RevisionStatus,
        configuration::ConfigurationVersion,
        id::{CustomerId, RequestId},
        job::{AppliedVersions, DownloadJob, Job, Run, RunId},
        lease::Lease,
        merge::{Record, Superseded},
        origin::Origin,
        revision::Counter,
        session::{PackageId, Session, SessionId},
        time::Timestamp,
        write::Method,
    },
    headquarters::store::RegisteredDatabase,
    storage::StoreResult,
};

/// What a package is about. There is one of each.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PackageKey {
    pub job: DownloadJob,
    pub from: i64,
    pub to: i64,
    pub full: bool,
    /// Format of its rows.
    pub format: u32,
    /// For whom it is: empty for everyone, else in the job's own terms.
    pub filter: String,
}

/// A package that is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    pub id: PackageId,
    pub key: PackageKey,
    /// Its encoded `PackageHeader`.
    pub header: Vec<u8>,
    pub chunks: u32,
    pub rows: u64,
    /// Of its chunks.
    pub bytes: u64,
}

/// Runs, the latest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RunQuery {
    pub job: Option<Job>,
    /// Only those that run.
    pub running: bool,
    /// Only those with a lower number.
    pub before: Option<RunId>,
    pub limit: u32,
}

/// Sessions, the latest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SessionQuery {
    pub job: Option<Job>,
    pub database: Option<String>,
    pub run: Option<RunId>,
    pub open: bool,
    /// Only those with a lower number.
    pub before: Option<SessionId>,
    pub limit: u32,
}

/// Where an uploaded revision stands in its database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub origin: Origin,
    pub counter: Counter,
}

/// Uploaded revisions, the latest received first, those that were received at once by their places, falling.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OperationQuery {
    /// Those with one of these; none: all.
    pub statuses: Vec<RevisionStatus>,
    /// `Some`: whether synchronized ones must have, or must not have, lost a value against others.
    pub superseded: Option<bool>,
    /// Id of the channel database.
    pub database_id: Option<Uuid>,
    pub channel: Option<String>,
    pub customer: Option<CustomerId>,
    /// Only those after this one.
    pub after: Option<(Timestamp, Place)>,
    pub limit: u32,
}

/// An uploaded revision as people are shown it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    pub place: Place,
    /// Name under which its database is registered.
    pub database: Option<String>,
    pub request_id: RequestId,
    pub method: Method,
    pub channel: String,
    pub caller: String,
    pub customer_id: CustomerId,
    pub account_number: Option<String>,
    pub captured_at: Timestamp,
    pub received_at: Timestamp,
    pub processed_at: Option<Timestamp>,
    pub delivered_at: Option<Timestamp>,
    pub status: RevisionStatus,
    pub superseded: Vec<Superseded>,
    pub error_reason: Option<String>,
    pub error_text: Option<String>,
}

/// Reads, each in one snapshot.
#[async_trait]
pub trait SchedulerStore: Send + Sync + 'static {
    /// Cron expressions of the jobs that have one.
    async fn recurrences(&self) -> StoreResult<Vec<(Job, String)>>;

    async fn run(&self, id: RunId) -> StoreResult<Option<Run>>;

    async fn runs(&self, query: &RunQuery) -> StoreResult<Vec<Run>>;

    async fn session(&self, id: SessionId) -> StoreResult<Option<Session>>;

    async fn sessions(&self, query: &SessionQuery) -> StoreResult<Vec<Session>>;

    /// Open sessions of an origin, of all jobs, in the order of their numbers.
    async fn open_sessions_of(&self, origin: Origin) -> StoreResult<Vec<Session>>;

    /// `None`: there is none, or it is being built.
    async fn package(&self, key: &PackageKey) -> StoreResult<Option<Package>>;

    /// `None`: there is none, or it is being built.
    async fn package_of(&self, id: PackageId) -> StoreResult<Option<Package>>;

    /// `None`: there is none, or its package is being built.
    async fn chunk(&self, id: PackageId, ordinal: u32) -> StoreResult<Option<Vec<u8>>>;

    /// The first customers above this id, by id.
    async fn customers_above(
        &self,
        above: Option<CustomerId>,
        limit: u32,
    ) -> StoreResult<Vec<Record>>;

    /// Versions of what 1070 and 1110 bring.
    async fn configuration_version(&self) -> StoreResult<ConfigurationVersion>;

    /// The highest counter of an origin up to which no revision waits for the batch.
    async fn concluded(&self, origin: Origin) -> StoreResult<Counter>;

    async fn operations(&self, query: &OperationQuery) -> StoreResult<Vec<Operation>>;

    async fn operation(&self, place: Place) -> StoreResult<Option<Operation>>;
}

/// Steps of a writing transaction. The lease comes before every other lock, a database before its sessions.
#[async_trait]
pub trait SchedulerTransaction: Send {
    /// Takes a lease that nobody holds: one that was released, that has lapsed, or that the same holder had. `None`:
    /// another has it.
    async fn take_lease(
        &mut self,
        name: &str,
        holder: Uuid,
        now: Timestamp,
        until: Timestamp,
    ) -> StoreResult<Option<Lease>>;

    /// Locks the lease until the end and holds it for longer. [`StoreError::Fenced`]: another has taken it.
    async fn hold_lease(&mut self, lease: &Lease, until: Timestamp) -> StoreResult<()>;

    /// Lets go of a lease, unless another has taken it.
    async fn release_lease(&mut self, lease: &Lease) -> StoreResult<()>;

    /// `None`: it has none any more.
    async fn set_recurrence(&mut self, job: Job, recurrence: Option<&str>) -> StoreResult<()>;

    /// Adds a run under a number of its own, which it says.
    async fn add_run(&mut self, run: &Run) -> StoreResult<RunId>;

    /// Locks the run until the end.
    async fn lock_run(&mut self, id: RunId) -> StoreResult<Option<Run>>;

    /// Locks the last run of the job that came by itself, if it began after this time.
    async fn lock_continuous_run(&mut self, job: Job, since: Timestamp)
    -> StoreResult<Option<Run>>;

    /// [`StoreError::Conflict`]: there is none of its number.
    async fn put_run(&mut self, run: &Run) -> StoreResult<()>;

    /// Locks the registration until the end.
    async fn lock_database(&mut self, name: &str) -> StoreResult<Option<RegisteredDatabase>>;

    /// Notes what a registered database has applied, and until when it counts as connected.
    /// [`StoreError::Conflict`]: none is registered under this name any more.
    async fn note_database(
        &mut self,
        name: &str,
        applied: AppliedVersions,
        connected_until: Timestamp,
    ) -> StoreResult<()>;

    /// Locks the open sessions of a database, of one job or all, until the end; in the order of their numbers.
    async fn open_sessions(
        &mut self,
        database: &str,
        job: Option<Job>,
    ) -> StoreResult<Vec<Session>>;

    /// Locks the session until the end.
    async fn session(&mut self, id: SessionId) -> StoreResult<Option<Session>>;

    /// Adds a session under a number of its own, which it says.
    async fn add_session(&mut self, session: &Session) -> StoreResult<SessionId>;

    /// [`StoreError::Conflict`]: there is none of its number.
    async fn put_session(&mut self, session: &Session) -> StoreResult<()>;

    /// Begins a package, in place of one of the same key that was left half built. [`StoreError::Conflict`]: there is
    /// a whole one.
    async fn begin_package(
        &mut self,
        key: &PackageKey,
        created_at: Timestamp,
    ) -> StoreResult<PackageId>;

    /// Adds chunks, the first of them under this ordinal. [`StoreError::Conflict`]: there is such a chunk, or no
    /// such package is being built any more.
    async fn add_chunks(
        &mut self,
        id: PackageId,
        first: u32,
        chunks: &[Vec<u8>],
    ) -> StoreResult<()>;

    /// From now on it is whole. [`StoreError::Conflict`]: no such package is being built any more.
    async fn finish_package(&mut self, package: &Package) -> StoreResult<()>;

    /// With its chunks, unless an open session needs it.
    async fn delete_package(&mut self, id: PackageId) -> StoreResult<()>;

    /// Notes of the revisions of an origin whose outcome lies in (from, to] when their database had it, unless that
    /// is known.
    async fn mark_delivered(
        &mut self,
        origin: Origin,
        from: i64,
        to: i64,
        at: Timestamp,
    ) -> StoreResult<()>;

    /// Deletes up to `limit` runs and sessions each that have ended before the time, sessions of runs that came by
    /// themselves and packages before `passing_before`, and nothing that an open session needs; says how many in all.
    /// What others have locked stays for the next time.
    async fn prune(
        &mut self,
        before: Timestamp,
        passing_before: Timestamp,
        limit: u32,
    ) -> StoreResult<u64>;
}
