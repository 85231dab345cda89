//! Jobs, sessions and packages.

pub mod sql;
mod transaction;

use async_trait::async_trait;

use crate::{
    domain::{
        conclusion::RevisionStatus,
        configuration::ConfigurationVersion,
        id::CustomerId,
        job::{Job, Run, RunId},
        merge::Record,
        origin::Origin,
        revision::Counter,
        session::{PackageId, Session, SessionId},
    },
    headquarters::store::{
        Operation, OperationQuery, Package, PackageKey, Place, RunQuery, SchedulerStore,
        SessionQuery,
        payload::{
            self, RecordTuple,
            scheduler::{self, OperationRow, PackageTuple, RunTuple, SessionRow},
        },
        sqlite::SqliteStore,
    },
    storage::{StoreResult, array},
};

#[async_trait]
impl SchedulerStore for SqliteStore {
    async fn recurrences(&self) -> StoreResult<Vec<(Job, String)>> {
        let rows: Vec<(String, String)> =
            sqlx::query_as(sql::RECURRENCES).fetch_all(&mut *self.0.read().await?).await?;
        rows.into_iter().map(scheduler::recurrence).collect()
    }

    async fn run(&self, id: RunId) -> StoreResult<Option<Run>> {
        let row: Option<RunTuple> =
            sqlx::query_as(sql::RUN).bind(id.0).fetch_optional(&mut *self.0.read().await?).await?;
        row.map(scheduler::run).transpose()
    }

    async fn runs(&self, query: &RunQuery) -> StoreResult<Vec<Run>> {
        let statement = match query {
            RunQuery { running: true, .. } => sql::RUNNING_RUNS,
            RunQuery { job: Some(_), .. } => sql::RUNS_OF_JOB,
            _ => sql::RUNS,
        };
        let rows: Vec<RunTuple> = sqlx::query_as(statement)
            .bind(query.job.map(Job::code))
            .bind(query.before.map_or(i64::MAX, |id| id.0))
            .bind(i64::from(query.limit))
            .fetch_all(&mut *self.0.read().await?)
            .await?;
        rows.into_iter().map(scheduler::run).collect()
    }

    async fn session(&self, id: SessionId) -> StoreResult<Option<Session>> {
        let row: Option<SessionRow> = sqlx::query_as(sql::SESSION)
            .bind(id.0)
            .fetch_optional(&mut *self.0.read().await?)
            .await?;
        row.map(scheduler::session).transpose()
    }

    async fn sessions(&self, query: &SessionQuery) -> StoreResult<Vec<Session>> {
        let statement = match query {
            SessionQuery { run: Some(_), .. } => sql::SESSIONS_OF_RUN,
            SessionQuery { open: true, .. } => sql::OPEN_SESSIONS,
            SessionQuery { database: Some(_), .. } => sql::SESSIONS_OF_DATABASE,
            _ => sql::SESSIONS,
        };
        let rows: Vec<SessionRow> = sqlx::query_as(statement)
            .bind(query.job.map(Job::code))
            .bind(query.database.as_deref())
            .bind(query.run.map(|id| id.0))
            .bind(i64::from(query.open))
            .bind(query.before.map_or(i64::MAX, |id| id.0))
            .bind(i64::from(query.limit))
            .fetch_all(&mut *self.0.read().await?)
            .await?;
        rows.into_iter().map(scheduler::session).collect()
    }

    async fn open_sessions_of(&self, origin: Origin) -> StoreResult<Vec<Session>> {
        let rows: Vec<SessionRow> = sqlx::query_as(sql::OPEN_SESSIONS_OF_ORIGIN)
            .bind(origin.database_id)
            .bind(origin.incarnation)
            .fetch_all(&mut *self.0.read().await?)
            .await?;
        rows.into_iter().map(scheduler::session).collect()
    }

    async fn package(&self, key: &PackageKey) -> StoreResult<Option<Package>> {
        let row: Option<PackageTuple> = sqlx::query_as(sql::PACKAGE)
            .bind(key.job.as_str())
            .bind(key.from)
            .bind(key.to)
            .bind(i64::from(key.full))
            .bind(i64::from(key.format))
            .bind(&key.filter)
            .fetch_optional(&mut *self.0.read().await?)
            .await?;
        row.map(scheduler::package).transpose()
    }

    async fn package_of(&self, id: PackageId) -> StoreResult<Option<Package>> {
        let row: Option<PackageTuple> = sqlx::query_as(sql::PACKAGE_OF)
            .bind(id.0)
            .fetch_optional(&mut *self.0.read().await?)
            .await?;
        row.map(scheduler::package).transpose()
    }

    async fn chunk(&self, id: PackageId, ordinal: u32) -> StoreResult<Option<Vec<u8>>> {
        let row: Option<(Vec<u8>,)> = sqlx::query_as(sql::CHUNK)
            .bind(id.0)
            .bind(i64::from(ordinal))
            .fetch_optional(&mut *self.0.read().await?)
            .await?;
        Ok(row.map(|(data,)| data))
    }

    async fn customers_above(
        &self,
        above: Option<CustomerId>,
        limit: u32,
    ) -> StoreResult<Vec<Record>> {
        let query = match above {
            None => sqlx::query_as(sql::FIRST_CUSTOMERS),
            Some(above) => sqlx::query_as(sql::CUSTOMERS_ABOVE).bind(above.0),
        };
        let rows: Vec<RecordTuple> =
            query.bind(i64::from(limit)).fetch_all(&mut *self.0.read().await?).await?;
        rows.into_iter().map(payload::record).collect()
    }

    async fn configuration_version(&self) -> StoreResult<ConfigurationVersion> {
        let (channel_configuration, global_configuration) =
            sqlx::query_as(sql::CONFIGURATION_VERSION)
                .fetch_one(&mut *self.0.read().await?)
                .await?;
        Ok(ConfigurationVersion { channel_configuration, global_configuration })
    }

    async fn concluded(&self, origin: Origin) -> StoreResult<Counter> {
        let (counter,): (i64,) = sqlx::query_as(sql::CONCLUDED)
            .bind(origin.database_id)
            .bind(origin.incarnation)
            .fetch_one(&mut *self.0.read().await?)
            .await?;
        Ok(Counter(counter))
    }

    async fn operations(&self, query: &OperationQuery) -> StoreResult<Vec<Operation>> {
        let statuses =
            if query.statuses.is_empty() { RevisionStatus::ALL } else { &query.statuses };
        let statuses: Vec<_> = statuses.iter().map(|status| status.as_str()).collect();
        let (at, place) = scheduler::after(query);
        let rows: Vec<OperationRow> = sqlx::query_as(sql::OPERATIONS)
            .bind(array(&statuses))
            .bind(query.superseded.map(i64::from))
            .bind(query.database_id)
            .bind(query.channel.as_deref())
            .bind(query.customer.map(|id| id.0))
            .bind(at.millis())
            .bind(place.origin.database_id)
            .bind(place.origin.incarnation)
            .bind(place.counter.0)
            .bind(i64::from(query.limit))
            .fetch_all(&mut *self.0.read().await?)
            .await?;
        rows.into_iter().map(scheduler::operation).collect()
    }

    async fn operation(&self, place: Place) -> StoreResult<Option<Operation>> {
        let row: Option<OperationRow> = sqlx::query_as(sql::OPERATION)
            .bind(place.origin.database_id)
            .bind(place.origin.incarnation)
            .bind(place.counter.0)
            .fetch_optional(&mut *self.0.read().await?)
            .await?;
        row.map(scheduler::operation).transpose()
    }
}
