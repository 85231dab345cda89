//! Headquarters' database in a file of its own.

pub mod scheduler;
pub mod sql;
mod transaction;

use async_trait::async_trait;
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::{
    domain::{
        id::{CustomerId, RequestId},
        merge::Record,
        origin::Origin,
        submission::PerformedRequest,
        time::Timestamp,
        upload::Position,
    },
    headquarters::store::{
        HeadquartersStore, Identity, NewIdentity, RegisteredDatabase, RevisionOutcome, Standing,
        Transaction, VersionedSetup, WaitingRevision,
        payload::{
            self, DatabaseTuple, MemoryTuple, PerformedTuple, RecordTuple,
            revision::{self, OutcomeTuple, PositionTuple, WaitingTuple},
        },
        setup,
    },
    storage::{
        StoreResult,
        sqlite::{SqliteEngine, uuids},
    },
};

pub struct SqliteStore(pub(super) SqliteEngine);

impl SqliteStore {
    /// Says what the database is and what is set up in it, unless that has been said.
    pub(super) async fn create_identity(
        &self,
        new: &NewIdentity,
        now: Timestamp,
    ) -> StoreResult<()> {
        let mut transaction = transaction::SqliteTransaction(self.0.begin().await?);
        if transaction.create_identity(new, now).await? {
            let nothing = VersionedSetup::default();
            transaction.change_setup(&nothing, &new.versioned_setup()).await?;
        }
        Box::new(transaction).commit().await
    }
}

async fn records(
    connection: &mut SqliteConnection,
    wanted: &[CustomerId],
) -> StoreResult<Vec<Record>> {
    let rows: Vec<RecordTuple> = sqlx::query_as(sql::RECORDS)
        .bind(uuids(wanted.iter().map(|id| id.0)))
        .fetch_all(connection)
        .await?;
    rows.into_iter().map(payload::record).collect()
}

async fn memories(
    connection: &mut SqliteConnection,
    wanted: &[RequestId],
) -> StoreResult<Vec<(RequestId, PerformedRequest)>> {
    let rows: Vec<MemoryTuple> = sqlx::query_as(sql::MEMORIES)
        .bind(uuids(wanted.iter().map(|id| id.0)))
        .fetch_all(connection)
        .await?;
    rows.into_iter().map(payload::memory).collect()
}

async fn origin(connection: &mut SqliteConnection, origin: Origin) -> StoreResult<Position> {
    let row: Option<PositionTuple> = sqlx::query_as(sql::ORIGIN)
        .bind(origin.database_id)
        .bind(origin.incarnation)
        .fetch_optional(connection)
        .await?;
    Ok(revision::position(row))
}

async fn versioned_setup(connection: &mut SqliteConnection) -> StoreResult<VersionedSetup> {
    setup::assemble(sqlx::query_as(sql::SETUP).fetch_all(connection).await?)
}

#[async_trait]
impl HeadquartersStore for SqliteStore {
    async fn identity(&self) -> StoreResult<Identity> {
        sqlx::query_as(sql::IDENTITY)
            .fetch_one(&mut *self.0.read().await?)
            .await
            .map_err(Into::into)
            .and_then(payload::identity)
    }

    async fn records(&self, ids: &[CustomerId]) -> StoreResult<Vec<Record>> {
        records(&mut *self.0.read().await?, ids).await
    }

    async fn performed(&self, id: RequestId) -> StoreResult<Option<(PerformedRequest, Record)>> {
        let row: Option<PerformedTuple> = sqlx::query_as(sql::PERFORMED)
            .bind(id.0)
            .fetch_optional(&mut *self.0.read().await?)
            .await?;
        row.map(payload::performed).transpose()
    }

    async fn standing(&self, origin: Origin, channel: &str) -> StoreResult<Standing> {
        let row = sqlx::query_as(sql::STANDING)
            .bind(origin.database_id)
            .bind(origin.incarnation)
            .bind(channel)
            .fetch_one(&mut *self.0.read().await?)
            .await?;
        payload::standing(channel, row)
    }

    async fn setup(&self) -> StoreResult<VersionedSetup> {
        versioned_setup(&mut *self.0.read().await?).await
    }

    async fn origin(&self, of: Origin) -> StoreResult<Position> {
        origin(&mut *self.0.read().await?, of).await
    }

    async fn inbox(&self, limit: u32) -> StoreResult<Vec<CustomerId>> {
        let rows: Vec<(Uuid,)> = sqlx::query_as(sql::INBOX)
            .bind(i64::from(limit))
            .fetch_all(&mut *self.0.read().await?)
            .await?;
        Ok(rows.into_iter().map(|(id,)| CustomerId(id)).collect())
    }

    async fn waiting(&self, customers: &[CustomerId]) -> StoreResult<Vec<WaitingRevision>> {
        let rows: Vec<WaitingTuple> = sqlx::query_as(sql::WAITING)
            .bind(uuids(customers.iter().map(|id| id.0)))
            .fetch_all(&mut *self.0.read().await?)
            .await?;
        rows.into_iter().map(revision::waiting).collect()
    }

    async fn outcomes(
        &self,
        origin: Origin,
        from: i64,
        to: i64,
        limit: u32,
    ) -> StoreResult<Vec<RevisionOutcome>> {
        let rows: Vec<OutcomeTuple> = sqlx::query_as(sql::OUTCOMES)
            .bind(origin.database_id)
            .bind(origin.incarnation)
            .bind(from)
            .bind(to)
            .bind(i64::from(limit))
            .fetch_all(&mut *self.0.read().await?)
            .await?;
        rows.into_iter().map(revision::outcome).collect()
    }

    async fn changes(&self, from: i64, to: i64, limit: u32) -> StoreResult<Vec<Record>> {
        let rows: Vec<RecordTuple> = sqlx::query_as(sql::CHANGES)
            .bind(from)
            .bind(to)
            .bind(i64::from(limit))
            .fetch_all(&mut *self.0.read().await?)
            .await?;
        rows.into_iter().map(payload::record).collect()
    }

    async fn last_change(&self) -> StoreResult<i64> {
        let (last,): (i64,) =
            sqlx::query_as(sql::LAST_CHANGE).fetch_one(&mut *self.0.read().await?).await?;
        Ok(last)
    }

    async fn databases(&self) -> StoreResult<Vec<RegisteredDatabase>> {
        let rows: Vec<DatabaseTuple> =
            sqlx::query_as(sql::DATABASES).fetch_all(&mut *self.0.read().await?).await?;
        Ok(rows.into_iter().map(payload::database).collect())
    }

    async fn begin(&self) -> StoreResult<Box<dyn Transaction>> {
        Ok(Box::new(transaction::SqliteTransaction(self.0.begin().await?)))
    }

    async fn checkpoint(&self) -> StoreResult<()> {
        self.0.checkpoint().await
    }

    async fn close(&self) {
        self.0.close().await;
    }
}
