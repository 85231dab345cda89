//! The engine for several replicas on one database.

pub mod sql;
mod transaction;

use std::time::Duration;

use async_trait::async_trait;
use sqlx::{
    ConnectOptions as _, Connection as _, Executor as _, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use uuid::Uuid;

use crate::{
    channel::store::{
        Applied, ChannelStore, DownloadJob, Origin, SearchPosition, StoreError, StoreResult,
        Transaction, configuration,
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

/// Connections of one replica that read.
const READERS: u32 = 8;
/// Connections of one replica that write: one for the batch, one for looking up what a lost one did.
const WRITERS: u32 = 2;
/// Longest wait for a connection.
const PATIENCE: Duration = Duration::from_secs(5);
/// Limits of the server, so that a statement ends even if this process stops listening. A transaction of ours
/// never idles: one that does is of a replica that has stopped, and must end before the others lose patience
/// with the counter row that it holds.
const SERVER_LIMITS: [(&str, &str); 3] = [
    ("statement_timeout", "10s"),
    ("lock_timeout", "8s"),
    ("idle_in_transaction_session_timeout", "3s"),
];

pub struct PostgresStore {
    readers: PgPool,
    /// Apart, so that a burst of searches does not keep the writer waiting.
    writer: PgPool,
    options: Box<PgConnectOptions>,
}

type RecordTuple = (Uuid, Vec<u8>, String);
type CustomerTuple = (Uuid, Option<i64>, String, String, String);

impl PostgresStore {
    /// Connects, and leaves the schema alone.
    pub(super) async fn connect(options: PgConnectOptions) -> StoreResult<Self> {
        let options = options.application_name("csu").options([
            ("synchronous_commit", "on"),
            // The ROLLBACK in `pool` is mostly of nothing, which is not worth a line.
            ("client_min_messages", "error"),
        ]);
        // Alone first: a pool tries until its patience ends, and then says only that no connection came free.
        options.connect().await?.close().await?;
        let limited = options.clone().options(SERVER_LIMITS);
        let store = Self {
            readers: pool(limited.clone(), READERS).await?,
            writer: pool(limited, WRITERS).await?,
            options: Box::new(options),
        };
        store.check_durability().await?;
        Ok(store)
    }

    pub(super) async fn schema_version(&self) -> StoreResult<Option<SchemaVersion>> {
        let (tables,): (i64,) = sqlx::query_as(sql::SCHEMA_TABLE).fetch_one(&self.readers).await?;
        if tables == 0 {
            return Ok(None);
        }
        let (version, oldest_program) =
            sqlx::query_as(sql::SCHEMA_VERSION).fetch_one(&self.readers).await?;
        Ok(Some(SchemaVersion { version, oldest_program }))
    }

    /// A connection without the limits that serving has.
    pub(super) async fn migration_connection(&self) -> sqlx::Result<PgConnection> {
        self.options.connect().await
    }

    pub(super) async fn create_origin(&self, origin: &Origin, now: Timestamp) -> StoreResult<()> {
        sqlx::query(sql::CREATE_ORIGIN)
            .bind(origin.database_id)
            .bind(&origin.database_name)
            .bind(origin.request_hash_key.as_slice())
            .bind(now.millis())
            .execute(&self.readers)
            .await?;
        Ok(())
    }

    /// The settings that a promise of durability stands on, read back.
    async fn check_durability(&self) -> StoreResult<()> {
        let (fsync, full_page_writes, synchronous_commit): (String, String, String) =
            sqlx::query_as(sql::DURABILITY).fetch_one(&self.readers).await?;
        if [fsync.as_str(), &full_page_writes, &synchronous_commit] == ["on"; 3] {
            return Ok(());
        }
        Err(StoreError::Refused(format!(
            "the server would lose acknowledged customers: fsync is {fsync}, full_page_writes {full_page_writes}, \
             synchronous_commit {synchronous_commit}; set all three to on"
        )))
    }
}

async fn pool(options: PgConnectOptions, size: u32) -> StoreResult<PgPool> {
    let pool = PgPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(PATIENCE)
        // A caller who goes away while a transaction begins leaves it open (sqlx 0.9.0 counts it only once it has
        // begun), and whoever came next would read an old snapshot. This asks whether the connection lives, too.
        .test_before_acquire(false)
        .before_acquire(|connection, _| {
            Box::pin(async move { Ok(connection.execute("ROLLBACK").await.is_ok()) })
        })
        // A host that is gone without a word would keep its connections for as long as TCP hopes.
        .after_release(|connection, _| {
            Box::pin(async move {
                tokio::time::timeout(PATIENCE, connection.ping())
                    .await
                    .map_err(|_| sqlx::Error::PoolTimedOut)?
                    .map(|()| true)
            })
        })
        .connect_with(options)
        .await?;
    Ok(pool)
}

/// A text with a NUL is in no row: there is no room for it. Asking for one would be refused.
fn may_be_there(text: &str) -> bool {
    !text.contains('\0')
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

#[async_trait]
impl ChannelStore for PostgresStore {
    async fn origin(&self) -> StoreResult<Origin> {
        sqlx::query_as(sql::ORIGIN)
            .fetch_one(&self.readers)
            .await
            .map_err(Into::into)
            .and_then(payload::origin)
    }

    async fn customers(&self, ids: &[CustomerId]) -> StoreResult<Vec<KnownCustomer>> {
        customers(&mut *self.readers.acquire().await?, ids).await
    }

    async fn request_record(&self, id: RequestId) -> StoreResult<Option<RequestRecord>> {
        Ok(request_records(&mut *self.readers.acquire().await?, &[id]).await?.pop())
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
            .fetch_all(&self.readers)
            .await?;
        Ok(rows.into_iter().map(SearchPosition::from).collect())
    }

    async fn channels(&self) -> StoreResult<Vec<String>> {
        let rows: Vec<(String,)> = sqlx::query_as(sql::CHANNELS).fetch_all(&self.readers).await?;
        Ok(rows.into_iter().map(|(name,)| name).collect())
    }

    async fn configuration(&self, channel: &str) -> StoreResult<Option<ChannelConfiguration>> {
        if !may_be_there(channel) {
            return Ok(None);
        }
        let row =
            sqlx::query_as(sql::CONFIGURATION).bind(channel).fetch_optional(&self.readers).await?;
        row.map(|row| configuration::assemble(channel, row)).transpose()
    }

    async fn applied(&self, job: DownloadJob) -> StoreResult<Option<Applied>> {
        applied(&mut *self.readers.acquire().await?, job).await
    }

    async fn begin(&self) -> StoreResult<Box<dyn Transaction>> {
        let transaction =
            self.writer.begin().await.map_err(|error| StoreError::of_begin(&error))?;
        Ok(Box::new(transaction::PostgresTransaction(transaction)))
    }

    async fn checkpoint(&self) -> StoreResult<()> {
        // The server's own business.
        Ok(())
    }

    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}
