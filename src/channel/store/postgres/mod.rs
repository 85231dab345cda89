//! The channel database on a server, for several replicas.

pub mod sql;
mod transaction;

use async_trait::async_trait;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    channel::store::{
        Applied, ChannelStore, Identity, NewDatabase, SearchPosition, Transaction, configuration,
        payload::{self, CustomerRow},
        staging::{self, CapturedTuple},
    },
    domain::{
        configuration::ChannelConfiguration,
        id::{CustomerId, RequestId, RevisionId},
        job::DownloadJob,
        known::KnownCustomer,
        revision::Counter,
        search::Criterion,
        submission::CapturedRevision,
        time::Timestamp,
        write::RequestRecord,
    },
    storage::{
        StoreError, StoreResult,
        postgres::{PostgresEngine, may_be_there, uuids},
    },
};

pub struct PostgresStore(pub(super) PostgresEngine);

type RecordTuple = (Uuid, Vec<u8>, String);
type CustomerTuple = (Uuid, Option<i64>, String, String, String);

impl PostgresStore {
    /// Says what the database is, unless it has been said.
    pub(super) async fn create_origin(&self, new: &NewDatabase, now: Timestamp) -> StoreResult<()> {
        let mut transaction = self.0.begin().await?;
        sqlx::query(sql::CREATE_ORIGIN)
            .bind(new.id)
            .bind(&new.name)
            .bind(now.millis())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await.map_err(|error| StoreError::of_commit(&error))
    }
}

async fn customers(
    connection: &mut PgConnection,
    wanted: &[CustomerId],
) -> StoreResult<Vec<KnownCustomer>> {
    let rows: Vec<CustomerTuple> = sqlx::query_as(sql::CUSTOMERS)
        .bind(uuids(wanted.iter().map(|id| id.0)))
        .fetch_all(connection)
        .await?;
    rows.into_iter().map(|row| CustomerRow::from(row).try_into()).collect()
}

async fn request_records(
    connection: &mut PgConnection,
    wanted: &[RequestId],
) -> StoreResult<Vec<RequestRecord>> {
    let rows: Vec<RecordTuple> = sqlx::query_as(sql::REQUEST_RECORDS)
        .bind(uuids(wanted.iter().map(|id| id.0)))
        .fetch_all(connection)
        .await?;
    rows.into_iter().map(payload::record).collect()
}

async fn applied(connection: &mut PgConnection, job: DownloadJob) -> StoreResult<Option<Applied>> {
    let row: Option<(i64, i64)> =
        sqlx::query_as(sql::APPLIED).bind(job.as_str()).fetch_optional(connection).await?;
    Ok(row.map(|(version, at)| Applied { version, at: Timestamp(at) }))
}

#[async_trait]
impl ChannelStore for PostgresStore {
    async fn identity(&self) -> StoreResult<Identity> {
        sqlx::query_as(sql::ORIGIN)
            .fetch_one(&mut *self.0.read().await?)
            .await
            .map_err(Into::into)
            .and_then(payload::identity)
    }

    async fn customers(&self, ids: &[CustomerId]) -> StoreResult<Vec<KnownCustomer>> {
        customers(&mut *self.0.read().await?, ids).await
    }

    async fn request_record(&self, id: RequestId) -> StoreResult<Option<RequestRecord>> {
        Ok(request_records(&mut *self.0.read().await?, &[id]).await?.pop())
    }

    async fn captured_revisions(
        &self,
        above: Counter,
        limit: u32,
    ) -> StoreResult<Vec<CapturedRevision>> {
        let rows: Vec<CapturedTuple> = sqlx::query_as(sql::CAPTURED_REVISIONS)
            .bind(above.0)
            .bind(i64::from(limit))
            .fetch_all(&mut *self.0.read().await?)
            .await?;
        rows.into_iter().map(staging::captured).collect()
    }

    async fn search(
        &self,
        criterion: &Criterion,
        after: Option<&SearchPosition>,
        limit: u32,
    ) -> StoreResult<Vec<SearchPosition>> {
        if !may_be_there(&criterion.text) {
            return Ok(Vec::new());
        }
        let rows: Vec<(String, Uuid)> = sqlx::query_as(sql::SEARCH)
            .bind(criterion.kind.code())
            .bind(&criterion.text)
            .bind(criterion.end())
            .bind(after.map_or("", |after| after.term.as_str()))
            .bind(after.map_or(Uuid::nil(), |after| after.customer_id.0))
            .bind(i64::from(limit))
            .fetch_all(&mut *self.0.read().await?)
            .await?;
        Ok(rows.into_iter().map(SearchPosition::from).collect())
    }

    async fn channels(&self) -> StoreResult<Vec<String>> {
        let rows: Vec<(String,)> =
            sqlx::query_as(sql::CHANNELS).fetch_all(&mut *self.0.read().await?).await?;
        Ok(rows.into_iter().map(|(name,)| name).collect())
    }

    async fn configuration(&self, channel: &str) -> StoreResult<Option<ChannelConfiguration>> {
        if !may_be_there(channel) {
            return Ok(None);
        }
        let row = sqlx::query_as(sql::CONFIGURATION)
            .bind(channel)
            .fetch_optional(&mut *self.0.read().await?)
            .await?;
        row.map(|row| configuration::assemble(channel, row)).transpose()
    }

    async fn revision_id(&self, counter: Counter) -> StoreResult<Option<RevisionId>> {
        let row: Option<(Uuid,)> = sqlx::query_as(sql::REVISION_ID)
            .bind(counter.0)
            .fetch_optional(&mut *self.0.read().await?)
            .await?;
        Ok(row.map(|(id,)| RevisionId(id)))
    }

    async fn applied(&self, job: DownloadJob) -> StoreResult<Option<Applied>> {
        applied(&mut *self.0.read().await?, job).await
    }

    async fn begin(&self) -> StoreResult<Box<dyn Transaction>> {
        Ok(Box::new(transaction::PostgresTransaction(self.0.begin().await?)))
    }

    async fn checkpoint(&self) -> StoreResult<()> {
        // The server's own business.
        Ok(())
    }

    async fn close(&self) {
        self.0.close().await;
    }
}
