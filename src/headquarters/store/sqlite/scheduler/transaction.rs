//! The steps of jobs in a writing transaction.

use async_trait::async_trait;
use sqlx::{Sqlite, query::Query, sqlite::SqliteArguments};
use uuid::Uuid;

use crate::{
    domain::{
        job::{AppliedVersions, Job, Run, RunId},
        lease::Lease,
        origin::Origin,
        session::{PackageId, Session, SessionId},
        time::Timestamp,
    },
    headquarters::store::{
        Package, PackageKey, RegisteredDatabase, SchedulerTransaction,
        payload::{
            self, DatabaseTuple,
            scheduler::{self, RunTuple, SessionRow},
        },
        rows::scheduler::{self as rows, stored},
        sqlite::{scheduler::sql, transaction::SqliteTransaction},
    },
    storage::{StoreError, StoreResult, array, sqlite::put_each},
};

impl SqliteTransaction {
    /// Runs a statement that has to find its row; says whether it did.
    async fn found(&mut self, query: Query<'_, Sqlite, SqliteArguments>) -> StoreResult<bool> {
        Ok(query.execute(&mut *self.0).await?.rows_affected() == 1)
    }
}

#[async_trait]
impl SchedulerTransaction for SqliteTransaction {
    async fn take_lease(
        &mut self,
        name: &str,
        holder: Uuid,
        now: Timestamp,
        until: Timestamp,
    ) -> StoreResult<Option<Lease>> {
        let row: Option<(i64,)> = sqlx::query_as(sql::TAKE_LEASE)
            .bind(name)
            .bind(holder)
            .bind(now.millis())
            .bind(until.millis())
            .fetch_optional(&mut *self.0)
            .await?;
        Ok(row.map(|(fence,)| Lease { name: name.to_owned(), holder, fence }))
    }

    async fn hold_lease(&mut self, lease: &Lease, until: Timestamp) -> StoreResult<()> {
        let hold = sqlx::query(sql::HOLD_LEASE)
            .bind(&lease.name)
            .bind(lease.holder)
            .bind(lease.fence)
            .bind(until.millis());
        if self.found(hold).await? { Ok(()) } else { Err(StoreError::Fenced) }
    }

    async fn release_lease(&mut self, lease: &Lease) -> StoreResult<()> {
        sqlx::query(sql::RELEASE_LEASE)
            .bind(&lease.name)
            .bind(lease.holder)
            .bind(lease.fence)
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }

    async fn set_recurrence(&mut self, job: Job, recurrence: Option<&str>) -> StoreResult<()> {
        let set = match recurrence {
            Some(text) => sqlx::query(sql::SET_RECURRENCE).bind(job.code()).bind(text),
            None => sqlx::query(sql::REMOVE_RECURRENCE).bind(job.code()),
        };
        set.execute(&mut *self.0).await?;
        Ok(())
    }

    async fn add_run(&mut self, run: &Run) -> StoreResult<RunId> {
        let (id,): (i64,) = sqlx::query_as(sql::ADD_RUN)
            .bind(array(&[rows::new_run(run)]))
            .fetch_one(&mut *self.0)
            .await?;
        Ok(RunId(id))
    }

    async fn lock_run(&mut self, id: RunId) -> StoreResult<Option<Run>> {
        let row: Option<RunTuple> =
            sqlx::query_as(sql::LOCK_RUN).bind(id.0).fetch_optional(&mut *self.0).await?;
        row.map(scheduler::run).transpose()
    }

    async fn lock_continuous_run(
        &mut self,
        job: Job,
        since: Timestamp,
    ) -> StoreResult<Option<Run>> {
        let row: Option<RunTuple> = sqlx::query_as(sql::LOCK_CONTINUOUS_RUN)
            .bind(job.code())
            .bind(since.millis())
            .fetch_optional(&mut *self.0)
            .await?;
        row.map(scheduler::run).transpose()
    }

    async fn put_run(&mut self, run: &Run) -> StoreResult<()> {
        put_each(&mut self.0, sql::PUT_RUN, &[rows::run(run)]).await
    }

    async fn lock_database(&mut self, name: &str) -> StoreResult<Option<RegisteredDatabase>> {
        let row: Option<DatabaseTuple> =
            sqlx::query_as(sql::LOCK_DATABASE).bind(name).fetch_optional(&mut *self.0).await?;
        Ok(row.map(payload::database))
    }

    async fn note_database(
        &mut self,
        name: &str,
        applied: AppliedVersions,
        connected_until: Timestamp,
    ) -> StoreResult<()> {
        let note = sqlx::query(sql::NOTE_DATABASE)
            .bind(name)
            .bind(applied.customers)
            .bind(applied.channel_configuration)
            .bind(applied.global_configuration)
            .bind(connected_until.millis());
        if self.found(note).await? { Ok(()) } else { Err(StoreError::Conflict) }
    }

    async fn open_sessions(
        &mut self,
        database: &str,
        job: Option<Job>,
    ) -> StoreResult<Vec<Session>> {
        let rows: Vec<SessionRow> = sqlx::query_as(sql::LOCK_OPEN_SESSIONS)
            .bind(database)
            .bind(job.map(Job::code))
            .fetch_all(&mut *self.0)
            .await?;
        rows.into_iter().map(scheduler::session).collect()
    }

    async fn session(&mut self, id: SessionId) -> StoreResult<Option<Session>> {
        let row: Option<SessionRow> =
            sqlx::query_as(sql::LOCK_SESSION).bind(id.0).fetch_optional(&mut *self.0).await?;
        row.map(scheduler::session).transpose()
    }

    async fn add_session(&mut self, session: &Session) -> StoreResult<SessionId> {
        let (id,): (i64,) = sqlx::query_as(sql::ADD_SESSION)
            .bind(array(&[rows::new_session(session)]))
            .fetch_one(&mut *self.0)
            .await?;
        Ok(SessionId(id))
    }

    async fn put_session(&mut self, session: &Session) -> StoreResult<()> {
        put_each(&mut self.0, sql::PUT_SESSION, &[rows::session(session)]).await
    }

    async fn begin_package(
        &mut self,
        key: &PackageKey,
        created_at: Timestamp,
    ) -> StoreResult<PackageId> {
        sqlx::query(sql::REMOVE_HALF_BUILT)
            .bind(key.job.as_str())
            .bind(key.from)
            .bind(key.to)
            .bind(i64::from(key.full))
            .bind(i64::from(key.format))
            .bind(&key.filter)
            .execute(&mut *self.0)
            .await?;
        let row: Option<(i64,)> = sqlx::query_as(sql::BEGIN_PACKAGE)
            .bind(key.job.as_str())
            .bind(key.from)
            .bind(key.to)
            .bind(i64::from(key.full))
            .bind(i64::from(key.format))
            .bind(&key.filter)
            .bind(created_at.millis())
            .fetch_optional(&mut *self.0)
            .await?;
        row.map(|(id,)| PackageId(id)).ok_or(StoreError::Conflict)
    }

    async fn add_chunks(
        &mut self,
        id: PackageId,
        first: u32,
        chunks: &[Vec<u8>],
    ) -> StoreResult<()> {
        for (ordinal, chunk) in (i64::from(first)..).zip(chunks) {
            let add = sqlx::query(sql::ADD_CHUNK).bind(id.0).bind(ordinal).bind(chunk);
            if !self.found(add).await? {
                return Err(StoreError::Conflict);
            }
        }
        Ok(())
    }

    async fn finish_package(&mut self, package: &Package) -> StoreResult<()> {
        let finish = sqlx::query(sql::FINISH_PACKAGE)
            .bind(package.id.0)
            .bind(&package.header)
            .bind(i64::from(package.chunks))
            .bind(stored(package.rows))
            .bind(stored(package.bytes));
        if self.found(finish).await? { Ok(()) } else { Err(StoreError::Conflict) }
    }

    async fn delete_package(&mut self, id: PackageId) -> StoreResult<()> {
        sqlx::query(sql::DELETE_PACKAGE).bind(id.0).execute(&mut *self.0).await?;
        Ok(())
    }

    async fn mark_delivered(
        &mut self,
        origin: Origin,
        from: i64,
        to: i64,
        at: Timestamp,
    ) -> StoreResult<()> {
        sqlx::query(sql::MARK_DELIVERED)
            .bind(origin.database_id)
            .bind(origin.incarnation)
            .bind(from)
            .bind(to)
            .bind(at.millis())
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }

    async fn prune(
        &mut self,
        before: Timestamp,
        passing_before: Timestamp,
        limit: u32,
    ) -> StoreResult<u64> {
        let (before, passing) = (before.millis(), passing_before.millis());
        let limit = i64::from(limit);
        let sessions = sqlx::query(sql::PRUNE_SESSIONS).bind(before).bind(limit).bind(passing);
        let mut pruned = sessions.execute(&mut *self.0).await?.rows_affected();
        for (statement, before) in [(sql::PRUNE_RUNS, before), (sql::PRUNE_PACKAGES, passing)] {
            let done =
                sqlx::query(statement).bind(before).bind(limit).execute(&mut *self.0).await?;
            pruned += done.rows_affected();
        }
        Ok(pruned)
    }
}
