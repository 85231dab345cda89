//! The engine for several replicas on one database.

use std::time::Duration;

use serde_json::Value;
use sqlx::{
    ConnectOptions as _, Connection as _, Executor as _, PgConnection, PgPool, Postgres,
    Transaction,
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use uuid::Uuid;

use crate::storage::{StoreError, StoreResult, array, schema::SchemaVersion};

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

/// Statements that every database needs.
pub mod sql {
    crate::storage::statements! {
        SCHEMA_TABLE = "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'schema_version'";
        SCHEMA_VERSION = "SELECT version, oldest_program FROM schema_version WHERE id = 1";
        DURABILITY = "SELECT current_setting('fsync') AS fsync, current_setting('full_page_writes') AS full_page_writes,
            current_setting('synchronous_commit') AS synchronous_commit";
    }
}

/// An open database.
pub struct PostgresEngine {
    readers: PgPool,
    /// Apart, so that a burst of searches does not keep the writer waiting.
    writer: PgPool,
    options: Box<PgConnectOptions>,
}

impl PostgresEngine {
    /// Connects, and leaves the schema alone.
    pub(super) async fn connect(options: PgConnectOptions) -> StoreResult<Self> {
        let options = options.application_name("csu").options([
            ("synchronous_commit", "on"),
            // A plan that is kept is of the table as it was at first: in a new database that is an empty one, read
            // from end to end ever after. Planning takes well under a millisecond, and is once a batch.
            ("plan_cache_mode", "force_custom_plan"),
            // The ROLLBACK in `pool` is mostly of nothing, which is not worth a line.
            ("client_min_messages", "error"),
        ]);
        // Alone first: a pool tries until its patience ends, and then says only that no connection came free.
        options.connect().await?.close().await?;
        let limited = options.clone().options(SERVER_LIMITS);
        let engine = Self {
            readers: pool(limited.clone(), READERS).await?,
            writer: pool(limited, WRITERS).await?,
            options: Box::new(options),
        };
        engine.check_durability().await?;
        Ok(engine)
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

    /// A connection that reads. One statement is one snapshot.
    pub async fn read(&self) -> StoreResult<PoolConnection<Postgres>> {
        Ok(self.readers.acquire().await?)
    }

    /// A writing transaction, READ COMMITTED: each statement sees what was committed before it began.
    pub async fn begin(&self) -> StoreResult<Transaction<'static, Postgres>> {
        self.writer.begin().await.map_err(|error| StoreError::of_begin(&error))
    }

    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
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
pub fn may_be_there(text: &str) -> bool {
    !text.contains('\0')
}

/// Ids as statements take them: `= ANY($1)`.
pub fn uuids(ids: impl Iterator<Item = Uuid>) -> Vec<Uuid> {
    ids.collect()
}

/// Runs a statement over the rows, if there are any; says how many it wrote.
pub async fn put(
    connection: &mut PgConnection,
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
    connection: &mut PgConnection,
    statement: &'static str,
    rows: &[Value],
) -> StoreResult<()> {
    if put(connection, statement, rows).await? == rows.len() as u64 {
        Ok(())
    } else {
        Err(StoreError::Conflict)
    }
}
