//! The parts of jobs, none of which goes wrong by itself.

use async_trait::async_trait;
use csu::{
    domain::{
        configuration::ConfigurationVersion,
        id::CustomerId,
        job::{AppliedVersions, Job, Run, RunId},
        lease::Lease,
        merge::Record,
        origin::Origin,
        revision::Counter,
        session::{PackageId, Session, SessionId},
        time::Timestamp,
    },
    headquarters::store::{
        Operation, OperationQuery, Package, PackageKey, Place, RegisteredDatabase, RunQuery,
        SchedulerStore, SchedulerTransaction, SessionQuery,
    },
    storage::StoreResult,
};
use uuid::Uuid;

use super::{FaultyStore, FaultyTransaction};

#[async_trait]
impl SchedulerStore for FaultyStore {
    async fn recurrences(&self) -> StoreResult<Vec<(Job, String)>> {
        self.inner.recurrences().await
    }

    async fn run(&self, id: RunId) -> StoreResult<Option<Run>> {
        self.inner.run(id).await
    }

    async fn runs(&self, query: &RunQuery) -> StoreResult<Vec<Run>> {
        self.inner.runs(query).await
    }

    async fn session(&self, id: SessionId) -> StoreResult<Option<Session>> {
        self.inner.session(id).await
    }

    async fn sessions(&self, query: &SessionQuery) -> StoreResult<Vec<Session>> {
        self.inner.sessions(query).await
    }

    async fn open_sessions_of(&self, origin: Origin) -> StoreResult<Vec<Session>> {
        self.inner.open_sessions_of(origin).await
    }

    async fn package(&self, key: &PackageKey) -> StoreResult<Option<Package>> {
        self.inner.package(key).await
    }

    async fn package_of(&self, id: PackageId) -> StoreResult<Option<Package>> {
        self.inner.package_of(id).await
    }

    async fn chunk(&self, id: PackageId, ordinal: u32) -> StoreResult<Option<Vec<u8>>> {
        self.inner.chunk(id, ordinal).await
    }

    async fn customers_above(
        &self,
        above: Option<CustomerId>,
        limit: u32,
    ) -> StoreResult<Vec<Record>> {
        self.inner.customers_above(above, limit).await
    }

    async fn configuration_version(&self) -> StoreResult<ConfigurationVersion> {
        self.inner.configuration_version().await
    }

    async fn concluded(&self, origin: Origin) -> StoreResult<Counter> {
        self.inner.concluded(origin).await
    }

    async fn operations(&self, query: &OperationQuery) -> StoreResult<Vec<Operation>> {
        self.inner.operations(query).await
    }

    async fn operation(&self, place: Place) -> StoreResult<Option<Operation>> {
        self.inner.operation(place).await
    }
}

#[async_trait]
impl SchedulerTransaction for FaultyTransaction {
    async fn take_lease(
        &mut self,
        name: &str,
        holder: Uuid,
        now: Timestamp,
        until: Timestamp,
    ) -> StoreResult<Option<Lease>> {
        self.inner.take_lease(name, holder, now, until).await
    }

    async fn hold_lease(&mut self, lease: &Lease, until: Timestamp) -> StoreResult<()> {
        self.inner.hold_lease(lease, until).await
    }

    async fn release_lease(&mut self, lease: &Lease) -> StoreResult<()> {
        self.inner.release_lease(lease).await
    }

    async fn set_recurrence(&mut self, job: Job, recurrence: Option<&str>) -> StoreResult<()> {
        self.inner.set_recurrence(job, recurrence).await
    }

    async fn add_run(&mut self, run: &Run) -> StoreResult<RunId> {
        self.inner.add_run(run).await
    }

    async fn lock_run(&mut self, id: RunId) -> StoreResult<Option<Run>> {
        self.inner.lock_run(id).await
    }

    async fn lock_continuous_run(
        &mut self,
        job: Job,
        since: Timestamp,
    ) -> StoreResult<Option<Run>> {
        self.inner.lock_continuous_run(job, since).await
    }

    async fn put_run(&mut self, run: &Run) -> StoreResult<()> {
        self.inner.put_run(run).await
    }

    async fn lock_database(&mut self, name: &str) -> StoreResult<Option<RegisteredDatabase>> {
        self.inner.lock_database(name).await
    }

    async fn note_database(
        &mut self,
        name: &str,
        applied: AppliedVersions,
        connected_until: Timestamp,
    ) -> StoreResult<()> {
        self.inner.note_database(name, applied, connected_until).await
    }

    async fn open_sessions(
        &mut self,
        database: &str,
        job: Option<Job>,
    ) -> StoreResult<Vec<Session>> {
        self.inner.open_sessions(database, job).await
    }

    async fn session(&mut self, id: SessionId) -> StoreResult<Option<Session>> {
        self.inner.session(id).await
    }

    async fn add_session(&mut self, session: &Session) -> StoreResult<SessionId> {
        self.inner.add_session(session).await
    }

    async fn put_session(&mut self, session: &Session) -> StoreResult<()> {
        self.inner.put_session(session).await
    }

    async fn begin_package(
        &mut self,
        key: &PackageKey,
        created_at: Timestamp,
    ) -> StoreResult<PackageId> {
        self.inner.begin_package(key, created_at).await
    }

    async fn add_chunks(
        &mut self,
        id: PackageId,
        first: u32,
        chunks: &[Vec<u8>],
    ) -> StoreResult<()> {
        self.inner.add_chunks(id, first, chunks).await
    }

    async fn finish_package(&mut self, package: &Package) -> StoreResult<()> {
        self.inner.finish_package(package).await
    }

    async fn delete_package(&mut self, id: PackageId) -> StoreResult<()> {
        self.inner.delete_package(id).await
    }

    async fn mark_delivered(
        &mut self,
        origin: Origin,
        from: i64,
        to: i64,
        at: Timestamp,
    ) -> StoreResult<()> {
        self.inner.mark_delivered(origin, from, to, at).await
    }

    async fn prune(
        &mut self,
        before: Timestamp,
        passing_before: Timestamp,
        limit: u32,
    ) -> StoreResult<u64> {
        self.inner.prune(before, passing_before, limit).await
    }
}
