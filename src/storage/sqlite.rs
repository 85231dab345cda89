//! The embedded engine: one file, one process. A writer connection that begins IMMEDIATE, and readers that can't
//! write, as two types.

use std::{
    fs::File,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::Value;
use sqlx::{
    Connection as _, Sqlite, SqliteConnection, SqlitePool, Transaction,
    pool::PoolConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use uuid::Uuid;

use crate::storage::{StoreError, StoreResult, array, schema::SchemaVersion, to_text};

/// Connections that read at once; each has a thread of its own.
const READERS: u32 = 4;
/// Longest wait for a connection, and for the lock of the file.
const PATIENCE: Duration = Duration::from_secs(5);
/// Pages in the write-ahead log at which the writer itself checkpoints, should the background one fall behind
/// (4 KiB each: 80 MiB).
const CHECKPOINT_PAGES: &str = "20000";

/// Statements that every database needs.
pub mod sql {
    crate::storage::statements! {
        SCHEMA_TABLE = "SELECT count(*) FROM sqlite_schema WHERE name = 'schema_version'";
        SCHEMA_VERSION = "SELECT version, oldest_program FROM schema_version WHERE id = 1";
    }
}

/// An open file.
pub struct SqliteEngine {
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

impl SqliteEngine {
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
        let engine = Self { writer, readers, checkpointer, _lock: lock };
        engine.check_durability().await?;
        Ok(engine)
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

    pub(super) const fn migration_pool(&self) -> &SqlitePool {
        &self.writer.0
    }

    /// A connection that reads. One statement is one snapshot.
    pub async fn read(&self) -> StoreResult<PoolConnection<Sqlite>> {
        Ok(self.readers.0.acquire().await?)
    }

    /// A writing transaction, which has the file's one write lock until it ends.
    pub async fn begin(&self) -> StoreResult<Transaction<'static, Sqlite>> {
        let begun = self.writer.0.begin_with("BEGIN IMMEDIATE").await;
        begun.map_err(|error| StoreError::of_begin(&error))
    }

    /// Moves what was committed out of the write-ahead log, beside the writer.
    pub async fn checkpoint(&self) -> StoreResult<()> {
        sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(&self.checkpointer.0).await?;
        Ok(())
    }

    pub async fn close(&self) {
        self.readers.0.close().await;
        self.checkpointer.0.close().await;
        self.writer.0.close().await;
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

/// Path of `sqlite:PATH`. Parameters and databases in memory are none: what is acknowledged has to last.
pub(super) fn path(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    let lasts = !path.is_empty() && !path.contains('?') && path != ":memory:";
    lasts.then(|| PathBuf::from(path))
}

/// Ids as statements take them: `IN (SELECT unhex(value, '-') FROM json_each(?1))`.
pub fn uuids(ids: impl Iterator<Item = Uuid>) -> String {
    to_text(&ids.collect::<Vec<_>>())
}

/// Runs a statement over the rows, if there are any; says how many it wrote.
pub async fn put(
    connection: &mut SqliteConnection,
    statement: &'static str,
    rows: &[Value],
) -> StoreResult<u64> {
    if rows.is_empty() {
        return Ok(0);
    }
    let done = sqlx::query(statement).bind(array(rows)).execute(connection).await?;
    Ok(done.rows_affected())
}

/// Like [`put`], where each row must be written: [`StoreError::Conflict`] if one is not.
pub async fn put_each(
    connection: &mut SqliteConnection,
    statement: &'static str,
    rows: &[Value],
) -> StoreResult<()> {
    if put(connection, statement, rows).await? == rows.len() as u64 {
        Ok(())
    } else {
        Err(StoreError::Conflict)
    }
}
