//! Opens and migrates a database by its URL. Every failure says what to do next.

use std::time::Duration;

use sqlx::migrate::Migrator;

use crate::storage::{
    DatabaseUrl, Schema, StoreError,
    postgres::PostgresEngine,
    schema::{Fitness, SchemaVersion},
    sqlite::SqliteEngine,
};

/// Longest wait for a database to answer at the start.
const CONNECT_LIMIT: Duration = Duration::from_secs(15);

/// Why a database can't be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(
        "the database URL (of scheme {0:?}) can't be read; use sqlite:PATH or postgres://USER@HOST/DATABASE"
    )]
    Url(String),
    #[error(
        "the folder {path} of the database can't be made or written: {reason}; choose another with --data"
    )]
    Folder { path: String, reason: String },
    #[error("the database {database} can't be opened: {reason}")]
    Open { database: String, reason: String },
    #[error(
        "the database {database} does not exist; make it with `createdb {name}`, then run \
         `csu migrate {flag} {database}`"
    )]
    Missing { database: String, name: String, flag: &'static str },
    #[error(
        "the database {database} has schema version {found} and this program needs {needed}; run \
         `csu migrate {flag} {database}`"
    )]
    Behind { database: String, found: i64, needed: i64, flag: &'static str },
    #[error(
        "the database {database} was migrated to schema version {found}, which needs a newer csu (this one knows \
         {known}); update the program"
    )]
    TooNew { database: String, found: i64, known: i64 },
    #[error("the migration of {database} failed: {reason}; nothing of the failed step was applied")]
    Migration { database: String, reason: String },
    #[error(
        "the database is named {found:?}, not {wanted:?}; start with the right --database-name or database"
    )]
    OtherName { found: String, wanted: String },
}

/// What `migrate` did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MigrationReport {
    /// 0: the database was empty.
    pub from: i64,
    pub to: i64,
}

/// An open database of either engine.
pub enum Engine {
    Sqlite(SqliteEngine),
    Postgres(PostgresEngine),
}

/// A database while it is looked at: where it is, and what this program wants of it.
struct Found<'a> {
    engine: Engine,
    url: &'a DatabaseUrl,
    schema: &'a Schema,
}

/// Opens a database for serving. An SQLite file is made and migrated; a PostgreSQL database must have been.
pub async fn open(url: &DatabaseUrl, schema: &Schema) -> Result<Engine, OpenError> {
    let found = connect(url, schema).await?;
    match (found.fitness().await?, &found.engine) {
        (Fitness::Fits, _) => {}
        (Fitness::Behind, Engine::Sqlite(_)) => found.migrate().await?,
        (Fitness::Behind, Engine::Postgres(_)) => return Err(found.behind().await),
        (Fitness::TooNew, _) => return Err(found.too_new().await),
    }
    Ok(found.engine)
}

/// Brings a database to this program's schema. Safe to repeat, and to run from several replicas at once.
pub async fn migrate(url: &DatabaseUrl, schema: &Schema) -> Result<MigrationReport, OpenError> {
    let found = connect(url, schema).await?;
    if found.fitness().await? == Fitness::TooNew {
        return Err(found.too_new().await);
    }
    let from = found.version().await?;
    found.migrate().await?;
    let to = found.version().await?;
    Ok(MigrationReport { from, to })
}

async fn connect<'a>(url: &'a DatabaseUrl, schema: &'a Schema) -> Result<Found<'a>, OpenError> {
    let connecting = async {
        match url {
            DatabaseUrl::Sqlite(path) => {
                let folder = path.parent().unwrap_or(path);
                std::fs::create_dir_all(folder).map_err(|error| OpenError::Folder {
                    path: folder.display().to_string(),
                    reason: error.kind().to_string(),
                })?;
                SqliteEngine::connect(path).await.map(Engine::Sqlite)
            }
            DatabaseUrl::Postgres(options) => {
                PostgresEngine::connect(options.as_ref().clone()).await.map(Engine::Postgres)
            }
        }
        .map_err(|error| OpenError::of(url, schema, &error))
    };
    let engine = tokio::time::timeout(CONNECT_LIMIT, connecting).await.map_err(|_| {
        let reason = format!("no answer within {} seconds", CONNECT_LIMIT.as_secs());
        OpenError::Open { database: url.to_string(), reason }
    })??;
    Ok(Found { engine, url, schema })
}

// === impl Found ===

impl Found<'_> {
    async fn schema_version(&self) -> Result<Option<SchemaVersion>, OpenError> {
        match &self.engine {
            Engine::Sqlite(engine) => engine.schema_version().await,
            Engine::Postgres(engine) => engine.schema_version().await,
        }
        .map_err(|error| OpenError::of(self.url, self.schema, &error))
    }

    /// 0: the database is empty.
    async fn version(&self) -> Result<i64, OpenError> {
        Ok(self.schema_version().await?.map_or(0, |found| found.version))
    }

    async fn fitness(&self) -> Result<Fitness, OpenError> {
        Ok(self.schema.fitness(self.schema_version().await?))
    }

    async fn behind(&self) -> OpenError {
        let (database, needed, flag) =
            (self.url.to_string(), self.schema.version, self.schema.flag);
        match self.version().await {
            Ok(found) => OpenError::Behind { database, found, needed, flag },
            Err(error) => error,
        }
    }

    async fn too_new(&self) -> OpenError {
        let (database, known) = (self.url.to_string(), self.schema.version);
        match self.version().await {
            Ok(found) => OpenError::TooNew { database, found, known },
            Err(error) => error,
        }
    }

    async fn migrate(&self) -> Result<(), OpenError> {
        match &self.engine {
            Engine::Sqlite(engine) => {
                migrator(self.schema.sqlite).run(engine.migration_pool()).await
            }
            Engine::Postgres(engine) => match engine.migration_connection().await {
                Ok(mut connection) => migrator(self.schema.postgres).run(&mut connection).await,
                Err(error) => Err(error.into()),
            },
        }
        .map_err(|error| OpenError::Migration {
            database: self.url.to_string(),
            reason: error.to_string(),
        })
    }
}

/// A database that newer programs migrated further is fine as long as it says that this one can use it.
fn migrator(embedded: &Migrator) -> Migrator {
    let mut migrator = Migrator { migrations: embedded.migrations.clone(), ..Migrator::DEFAULT };
    migrator.set_ignore_missing(true);
    migrator
}

// === impl OpenError ===

impl OpenError {
    /// Reads how the database failed while it was opened.
    pub fn of(url: &DatabaseUrl, schema: &Schema, error: &StoreError) -> Self {
        let database = url.to_string();
        match (url, error) {
            (DatabaseUrl::Postgres(options), StoreError::Unavailable(text))
                if text.starts_with("code 3D000") =>
            {
                let name = options.get_database().unwrap_or("csu").to_owned();
                Self::Missing { database, name, flag: schema.flag }
            }
            _ => Self::Open { database, reason: error.to_string() },
        }
    }
}
