//! A writing transaction, READ COMMITTED: each statement sees what was committed before it began, so what a lock
//! protects is read by a later statement than the one that takes it.

use async_trait::async_trait;
use sqlx::Postgres;
use uuid::Uuid;

use crate::{
    domain::{
        conclusion::Uploaded,
        id::{CustomerId, RequestId, RevisionId},
        merge::Record,
        origin::Origin,
        revision::Counter,
        submission::{PerformedRequest, Submission},
        time::Timestamp,
        upload::Position,
    },
    headquarters::store::{
        NewIdentity, RegisteredDatabase, Rows, TakenNumbers, Transaction, VersionedSetup,
        payload::{
            self, DatabaseTuple,
            revision::{self, ReceivedTuple, UploadedTuple},
        },
        postgres::sql,
        rows, setup,
    },
    storage::{
        StoreError, StoreResult, array,
        postgres::{may_be_there, put, put_each, uuids},
    },
};

pub(super) struct PostgresTransaction(pub(super) sqlx::Transaction<'static, Postgres>);

impl PostgresTransaction {
    /// Whether it was not said before.
    pub(super) async fn create_identity(
        &mut self,
        new: &NewIdentity,
        now: Timestamp,
    ) -> StoreResult<bool> {
        let done = sqlx::query(sql::CREATE_IDENTITY)
            .bind(new.database_id)
            .bind(new.request_hash_key.as_slice())
            .bind(now.millis())
            .execute(&mut *self.0)
            .await?;
        Ok(done.rows_affected() == 1)
    }
}

#[async_trait]
impl Transaction for PostgresTransaction {
    async fn lock_customers(&mut self, ids: &[CustomerId]) -> StoreResult<Vec<CustomerId>> {
        let locked: Vec<(Uuid,)> = sqlx::query_as(sql::LOCK_CUSTOMERS)
            .bind(uuids(ids.iter().map(|id| id.0)))
            .fetch_all(&mut *self.0)
            .await?;
        Ok(locked.into_iter().map(|(id,)| CustomerId(id)).collect())
    }

    async fn records(&mut self, ids: &[CustomerId]) -> StoreResult<Vec<Record>> {
        super::records(&mut self.0, ids).await
    }

    async fn performed(
        &mut self,
        ids: &[RequestId],
    ) -> StoreResult<Vec<(RequestId, PerformedRequest)>> {
        super::memories(&mut self.0, ids).await
    }

    async fn uploaded(
        &mut self,
        revisions: &[(Origin, Counter)],
    ) -> StoreResult<Vec<((Origin, Counter), Uploaded)>> {
        let rows: Vec<UploadedTuple> = sqlx::query_as(sql::UPLOADED)
            .bind(array(&rows::places(revisions)))
            .fetch_all(&mut *self.0)
            .await?;
        rows.into_iter().map(revision::uploaded).collect()
    }

    async fn customer_groups(&mut self, codes: &[String]) -> StoreResult<Vec<String>> {
        let codes: Vec<String> = codes.iter().filter(|code| may_be_there(code)).cloned().collect();
        let found: Vec<(String,)> =
            sqlx::query_as(sql::CUSTOMER_GROUPS).bind(codes).fetch_all(&mut *self.0).await?;
        Ok(found.into_iter().map(|(code,)| code).collect())
    }

    async fn take_numbers(&mut self, count: u32) -> StoreResult<TakenNumbers> {
        let last = sqlx::query_as(sql::TAKE_NUMBERS)
            .bind(i64::from(count))
            .fetch_one(&mut *self.0)
            .await?;
        Ok(payload::taken(last, count))
    }

    async fn take_changes(&mut self, count: u32) -> StoreResult<i64> {
        let (last,): (i64,) = sqlx::query_as(sql::TAKE_CHANGES)
            .bind(i64::from(count))
            .fetch_one(&mut *self.0)
            .await?;
        Ok(payload::first(last, count))
    }

    async fn insert(&mut self, all: &Rows<'_>) -> StoreResult<()> {
        let created = rows::customers(&all.new_customers);
        let changed = rows::customers(&all.changed_customers);
        let performed = rows::performed(&all.outcomes);
        let concluded = rows::concluded(&all.outcomes);
        put_each(&mut self.0, sql::INSERT_CUSTOMERS, &created).await?;
        put_each(&mut self.0, sql::CHANGE_CUSTOMERS, &changed).await?;
        put_each(&mut self.0, sql::INSERT_OUTCOMES, &performed).await?;
        put_each(&mut self.0, sql::CONCLUDE, &concluded).await
    }

    async fn lock_origin(&mut self, origin: Origin) -> StoreResult<Position> {
        sqlx::query(sql::ADD_ORIGIN)
            .bind(origin.database_id)
            .bind(origin.incarnation)
            .execute(&mut *self.0)
            .await?;
        sqlx::query(sql::LOCK_ORIGIN)
            .bind(origin.database_id)
            .bind(origin.incarnation)
            .execute(&mut *self.0)
            .await?;
        super::origin(&mut self.0, origin).await
    }

    async fn received(
        &mut self,
        origin: Origin,
        from: Counter,
        to: Counter,
    ) -> StoreResult<Vec<(Counter, RevisionId)>> {
        let rows: Vec<ReceivedTuple> = sqlx::query_as(sql::RECEIVED)
            .bind(origin.database_id)
            .bind(origin.incarnation)
            .bind(from.0)
            .bind(to.0)
            .fetch_all(&mut *self.0)
            .await?;
        Ok(rows.into_iter().map(revision::received).collect())
    }

    async fn receive(
        &mut self,
        origin: Origin,
        submissions: &[Submission],
        received_at: Timestamp,
        position: Position,
    ) -> StoreResult<()> {
        let received = rows::received(submissions, received_at);
        put_each(&mut self.0, sql::RECEIVE, &received).await?;
        sqlx::query(sql::MOVE_ORIGIN)
            .bind(origin.database_id)
            .bind(origin.incarnation)
            .bind(position.last_counter.0)
            .bind(position.last_revision_id.map(|id| id.0))
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }

    async fn lock_setup(&mut self) -> StoreResult<VersionedSetup> {
        sqlx::query(sql::LOCK_SETUP).execute(&mut *self.0).await?;
        super::versioned_setup(&mut self.0).await
    }

    async fn change_setup(
        &mut self,
        before: &VersionedSetup,
        after: &VersionedSetup,
    ) -> StoreResult<()> {
        let difference = setup::difference(&before.setup, &after.setup)?;
        put(&mut self.0, sql::REMOVE_SETUP, &difference.removed).await?;
        put(&mut self.0, sql::PUT_SETUP, &difference.put).await?;
        sqlx::query(sql::SET_CONFIGURATION_VERSION)
            .bind(after.version.channel_configuration)
            .bind(after.version.global_configuration)
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }

    async fn lock_registrations(
        &mut self,
        name: &str,
        database_id: Uuid,
    ) -> StoreResult<Vec<RegisteredDatabase>> {
        // The table, which readers may go on to read: a row that is not there yet can't be locked.
        sqlx::query(sql::LOCK_REGISTRATIONS).execute(&mut *self.0).await?;
        let rows: Vec<DatabaseTuple> = sqlx::query_as(sql::REGISTRATIONS)
            .bind(may_be_there(name).then_some(name))
            .bind(database_id)
            .fetch_all(&mut *self.0)
            .await?;
        Ok(rows.into_iter().map(payload::database).collect())
    }

    async fn register(&mut self, database: &RegisteredDatabase) -> StoreResult<()> {
        sqlx::query(sql::REMOVE_OTHER_NAMES)
            .bind(database.origin.database_id)
            .bind(&database.name)
            .execute(&mut *self.0)
            .await?;
        sqlx::query(sql::REGISTER)
            .bind(&database.name)
            .bind(database.origin.database_id)
            .bind(database.origin.incarnation)
            .bind(&database.program_version)
            .bind(database.registered_at.millis())
            .bind(database.last_seen_at.millis())
            .bind(database.applied.customers)
            .bind(database.applied.channel_configuration)
            .bind(database.applied.global_configuration)
            .bind(database.connected_until.millis())
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }

    async fn commit(self: Box<Self>) -> StoreResult<()> {
        self.0.commit().await.map_err(|error| StoreError::of_commit(&error))
    }
}
