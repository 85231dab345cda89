//! The engine for several replicas on one database.

pub mod sql;
mod transaction;

use std::time::Duration;

use async_trait::async_trait;
use sqlx::{
    Connection as _, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use uuid::Uuid;

use crate::{
    channel::store::{
        Applied, ChannelStore, DownloadJob, Origin, SearchPosition, StoreError, StoreResult,
        Transaction,
        configuration::ConfigurationRows,
        payload::{self, CustomerRow},
        schema::SchemaVersion,
    },
    domain::{
        configuration::ChannelConfiguration,
        id::{CustomerId, RequestId},
        known::KnownCustomer,
        search::Criterion,
        time::Timestamp,
        write::RequestRecord,
    },
};

/// Most connections of one replica.
const CONNECTIONS: u32 = 10;
/// Longest wait for a connection.
const PATIENCE: Duration = Duration::from_secs(5);

pub struct PostgresStore {
    pool: PgPool,
}

type RecordTuple = (Uuid, Vec<u8>, String);
type CustomerTuple = (Uuid, Option<i64>, String, String, String);

impl PostgresStore {
    /// Connects, and leaves the schema alone.
    pub(super) async fn connect(options: PgConnectOptions) -> StoreResult<Self> {
        // In the server, so that a statement ends even if this process stops listening.
        let options = options.application_name("csu").options([
            ("synchronous_commit", "on"),
            ("statement_timeout", "10s"),
            ("lock_timeout", "10s"),
            ("idle_in_transaction_session_timeout", "30s"),
        ]);
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(PATIENCE)
            .connect_with(options)
            .await?;
        let store = Self { pool };
        store.check_durability().await?;
        Ok(store)
    }

    pub(super) async fn schema_version(&self) -> StoreResult<Option<SchemaVersion>> {
        let (tables,): (i64,) = sqlx::query_as(sql::SCHEMA_TABLE).fetch_one(&self.pool).await?;
        if tables == 0 {
            return Ok(None);
        }
        let (version, oldest_program) =
            sqlx::query_as(sql::SCHEMA_VERSION).fetch_one(&self.pool).await?;
        Ok(Some(SchemaVersion { version, oldest_program }))
    }

    pub(super) fn migration_pool(&self) -> &PgPool {
        &self.pool
    }

    pub(super) async fn create_origin(&self, origin: &Origin, now: Timestamp) -> StoreResult<()> {
        sqlx::query(sql::CREATE_ORIGIN)
            .bind(origin.database_id)
            .bind(&origin.database_name)
            .bind(origin.request_hash_key.as_slice())
            .bind(now.millis())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Prepares every statement: the schema and the program understand each other.
    pub async fn prepare_all(&self) -> StoreResult<()> {
        use sqlx::{Executor as _, SqlSafeStr as _};
        let mut connection = self.pool.acquire().await?;
        for (name, text) in sql::ALL {
            connection
                .prepare(text.into_sql_str())
                .await
                .map_err(|error| StoreError::Refused(format!("{name}: {error}")))?;
        }
        Ok(())
    }

    /// The settings that a promise of durability stands on, read back.
    async fn check_durability(&self) -> StoreResult<()> {
        let (fsync, full_page_writes, synchronous_commit): (String, String, String) =
            sqlx::query_as(sql::DURABILITY).fetch_one(&self.pool).await?;
        if [fsync.as_str(), &full_page_writes, &synchronous_commit] == ["on"; 3] {
            return Ok(());
        }
        Err(StoreError::Refused(format!(
            "the server would lose acknowledged customers: fsync is {fsync}, full_page_writes {full_page_writes}, \
             synchronous_commit {synchronous_commit}; set all three to on"
        )))
    }
}

/// Ids as the statements take them.
fn uuids(ids: impl Iterator<Item = Uuid>) -> Vec<Uuid> {
    ids.collect()
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
        sqlx::query_as(sql::APPLIED).bind(job.number()).fetch_optional(connection).await?;
    Ok(row.map(|(version, at)| Applied { version, at: Timestamp(at) }))
}

async fn configuration(
    connection: &mut PgConnection,
    channel: &str,
) -> StoreResult<Option<ChannelConfiguration>> {
    let setup: Option<(String,)> =
        sqlx::query_as(sql::CHANNEL).bind(channel).fetch_optional(&mut *connection).await?;
    let Some((setup,)) = setup else { return Ok(None) };
    let rows = ConfigurationRows {
        setup,
        customer_groups: sqlx::query_as(sql::CUSTOMER_GROUPS).fetch_all(&mut *connection).await?,
        features: sqlx::query_as(sql::FEATURES).fetch_all(&mut *connection).await?,
        limits: sqlx::query_as(sql::FIELD_LIMITS).fetch_all(&mut *connection).await?,
        channel_configuration: applied(connection, DownloadJob::ChannelConfiguration).await?,
        global_configuration: applied(connection, DownloadJob::GlobalConfiguration).await?,
    };
    rows.assemble(channel).map(Some)
}

#[async_trait]
impl ChannelStore for PostgresStore {
    async fn origin(&self) -> StoreResult<Origin> {
        sqlx::query_as(sql::ORIGIN)
            .fetch_one(&self.pool)
            .await
            .map_err(Into::into)
            .and_then(payload::origin)
    }

    async fn customers(&self, ids: &[CustomerId]) -> StoreResult<Vec<KnownCustomer>> {
        customers(&mut *self.pool.acquire().await?, ids).await
    }

    async fn request_record(&self, id: RequestId) -> StoreResult<Option<RequestRecord>> {
        Ok(request_records(&mut *self.pool.acquire().await?, &[id]).await?.pop())
    }

    async fn search(
        &self,
        criterion: &Criterion,
        after: Option<&SearchPosition>,
        limit: u32,
    ) -> StoreResult<Vec<SearchPosition>> {
        let rows: Vec<(String, Uuid)> = sqlx::query_as(sql::SEARCH)
            .bind(criterion.kind.code())
            .bind(&criterion.text)
            .bind(criterion.end())
            .bind(after.map_or("", |after| after.term.as_str()))
            .bind(after.map_or(Uuid::nil(), |after| after.customer_id.0))
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        Ok(rows.into_iter().map(SearchPosition::from).collect())
    }

    async fn channels(&self) -> StoreResult<Vec<String>> {
        let rows: Vec<(String,)> = sqlx::query_as(sql::CHANNELS).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(|(name,)| name).collect())
    }

    async fn configuration(&self, channel: &str) -> StoreResult<Option<ChannelConfiguration>> {
        let mut connection = self.pool.acquire().await?;
        // One snapshot: a package may be applied between two statements.
        let mut snapshot =
            connection.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        configuration(&mut snapshot, channel).await
    }

    async fn applied(&self, job: DownloadJob) -> StoreResult<Option<Applied>> {
        applied(&mut *self.pool.acquire().await?, job).await
    }

    async fn begin(&self) -> StoreResult<Box<dyn Transaction>> {
        let transaction = self.pool.begin().await?;
        Ok(Box::new(transaction::PostgresTransaction(transaction)))
    }

    async fn checkpoint(&self) -> StoreResult<()> {
        // The server's own business.
        Ok(())
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}
