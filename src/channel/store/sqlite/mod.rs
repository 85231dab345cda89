//! The embedded engine: one file, one process. A writer connection that begins IMMEDIATE, and readers that can't
//! write, as two types.

pub mod sql;
mod transaction;

use std::{
    fs::File,
    path::{Path, PathBuf},
    time::Duration,
};

use async_trait::async_trait;
use sqlx::{
    Connection as _, SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
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

/// Connections that read at once; each has a thread of its own.
const READERS: u32 = 4;
/// Longest wait for a connection, and for the lock of the file.
const PATIENCE: Duration = Duration::from_secs(5);
/// Pages in the write-ahead log at which the writer itself checkpoints, should the background one fall behind
/// (4 KiB each: 80 MiB).
const CHECKPOINT_PAGES: &str = "20000";

pub struct SqliteStore {
    writer: WriterPool,
    readers: ReaderPool,
    checkpointer: ReaderPool,
    /// Held while the store is open: a second process would not share this one's writer.
    _lock: File,
}

/// One connection, the only one that writes.
struct WriterPool(SqlitePool);

/// Connections that see the last commit.
struct ReaderPool(SqlitePool);

type RecordTuple = (Uuid, Vec<u8>, String);
type CustomerTuple = (Uuid, Option<i64>, String, String, String);

impl SqliteStore {
    /// Opens the file, making it if missing, and leaves its schema alone.
    pub(super) async fn connect(path: &Path) -> StoreResult<Self> {
        let lock = lock(path)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(PATIENCE)
            .pragma("secure_delete", "ON")
            .pragma("wal_autocheckpoint", CHECKPOINT_PAGES);
        let pool = |size| {
            SqlitePoolOptions::new()
                .max_connections(size)
                .acquire_timeout(PATIENCE)
                // When the disk is full, SQLite ends a transaction by itself and sqlx does not notice: such a
                // connection would begin no other.
                .before_acquire(|connection, _| Box::pin(async { Ok(!connection.is_in_transaction()) }))
        };
        let writer = WriterPool(pool(1).connect_with(options.clone()).await?);
        let read_only = options.clone().pragma("query_only", "ON");
        let readers = ReaderPool(pool(READERS).connect_with(read_only).await?);
        let checkpointer = ReaderPool(pool(1).connect_with(options).await?);
        let store = Self { writer, readers, checkpointer, _lock: lock };
        store.check_durability().await?;
        Ok(store)
    }

    pub(super) async fn schema_version(&self) -> StoreResult<Option<SchemaVersion>> {
        let (tables,): (i64,) = sqlx::query_as(sql::SCHEMA_TABLE).fetch_one(&self.writer.0).await?;
        if tables == 0 {
            return Ok(None);
        }
        let (version, oldest_program) =
            sqlx::query_as(sql::SCHEMA_VERSION).fetch_one(&self.writer.0).await?;
        Ok(Some(SchemaVersion { version, oldest_program }))
    }

    pub(super) fn migration_pool(&self) -> &SqlitePool {
        &self.writer.0
    }

    pub(super) async fn create_origin(&self, origin: &Origin, now: Timestamp) -> StoreResult<()> {
        sqlx::query(sql::CREATE_ORIGIN)
            .bind(origin.database_id)
            .bind(&origin.database_name)
            .bind(origin.request_hash_key.as_slice())
            .bind(now.millis())
            .execute(&self.writer.0)
            .await?;
        Ok(())
    }

    /// The settings that a promise of durability stands on, read back.
    async fn check_durability(&self) -> StoreResult<()> {
        let (journal,): (String,) =
            sqlx::query_as("PRAGMA journal_mode").fetch_one(&self.writer.0).await?;
        let (synchronous,): (i64,) =
            sqlx::query_as("PRAGMA synchronous").fetch_one(&self.writer.0).await?;
        if journal == "wal" && synchronous == 2 {
            return Ok(());
        }
        Err(StoreError::Refused(format!(
            "journal_mode is {journal} and synchronous {synchronous}, not wal and 2 (FULL)"
        )))
    }
}

fn lock(path: &Path) -> StoreResult<File> {
    let mut lock_path = path.as_os_str().to_owned();
    lock_path.push(".lock");
    let lock_path = PathBuf::from(lock_path);
    let file = File::create(&lock_path)
        .map_err(|error| StoreError::Unavailable(format!("{}: {error}", lock_path.display())))?;
    file.try_lock().map_err(|_| {
        StoreError::Unavailable(format!("{} is in use by another csu process", path.display()))
    })?;
    Ok(file)
}

/// Ids as the statements take them.
fn ids(ids: impl Iterator<Item = Uuid>) -> String {
    payload::to_text(&ids.collect::<Vec<_>>())
}

async fn customers(
    connection: &mut SqliteConnection,
    wanted: &[CustomerId],
) -> StoreResult<Vec<KnownCustomer>> {
    let rows: Vec<CustomerTuple> = sqlx::query_as(sql::CUSTOMERS)
        .bind(ids(wanted.iter().map(|id| id.0)))
        .fetch_all(connection)
        .await?;
    rows.into_iter().map(|row| CustomerRow::from(row).try_into()).collect()
}

async fn request_records(
    connection: &mut SqliteConnection,
    wanted: &[RequestId],
) -> StoreResult<Vec<RequestRecord>> {
    let rows: Vec<RecordTuple> = sqlx::query_as(sql::REQUEST_RECORDS)
        .bind(ids(wanted.iter().map(|id| id.0)))
        .fetch_all(connection)
        .await?;
    rows.into_iter().map(payload::record).collect()
}

async fn applied(
    connection: &mut SqliteConnection,
    job: DownloadJob,
) -> StoreResult<Option<Applied>> {
    let row: Option<(i64, i64)> =
        sqlx::query_as(sql::APPLIED).bind(job.number()).fetch_optional(connection).await?;
    Ok(row.map(|(version, at)| Applied { version, at: Timestamp(at) }))
}

#[async_trait]
impl ChannelStore for SqliteStore {
    async fn origin(&self) -> StoreResult<Origin> {
        sqlx::query_as(sql::ORIGIN)
            .fetch_one(&self.readers.0)
            .await
            .map_err(Into::into)
            .and_then(payload::origin)
    }

    async fn customers(&self, ids: &[CustomerId]) -> StoreResult<Vec<KnownCustomer>> {
        customers(&mut *self.readers.0.acquire().await?, ids).await
    }

    async fn request_record(&self, id: RequestId) -> StoreResult<Option<RequestRecord>> {
        Ok(request_records(&mut *self.readers.0.acquire().await?, &[id]).await?.pop())
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
            .fetch_all(&self.readers.0)
            .await?;
        Ok(rows.into_iter().map(SearchPosition::from).collect())
    }

    async fn channels(&self) -> StoreResult<Vec<String>> {
        let rows: Vec<(String,)> = sqlx::query_as(sql::CHANNELS).fetch_all(&self.readers.0).await?;
        Ok(rows.into_iter().map(|(name,)| name).collect())
    }

    async fn configuration(&self, channel: &str) -> StoreResult<Option<ChannelConfiguration>> {
        let row = sqlx::query_as(sql::CONFIGURATION)
            .bind(channel)
            .fetch_optional(&self.readers.0)
            .await?;
        row.map(|row| configuration::assemble(channel, row)).transpose()
    }

    async fn applied(&self, job: DownloadJob) -> StoreResult<Option<Applied>> {
        applied(&mut *self.readers.0.acquire().await?, job).await
    }

    async fn begin(&self) -> StoreResult<Box<dyn Transaction>> {
        let transaction = self
            .writer
            .0
            .begin_with("BEGIN IMMEDIATE")
            .await
            .map_err(|error| StoreError::of_begin(&error))?;
        Ok(Box::new(transaction::SqliteTransaction(transaction)))
    }

    async fn checkpoint(&self) -> StoreResult<()> {
        sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(&self.checkpointer.0).await?;
        Ok(())
    }

    async fn close(&self) {
        self.readers.0.close().await;
        self.checkpointer.0.close().await;
        self.writer.0.close().await;
    }
}

/// Path of `sqlite:PATH`. Parameters and databases in memory are none: what is acknowledged has to last.
pub(super) fn path(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    let lasts = !path.is_empty() && !path.contains('?') && path != ":memory:";
    lasts.then(|| PathBuf::from(path))
}
