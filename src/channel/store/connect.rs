//! Opens and migrates a channel database by its URL. Every failure says what to do next.

use std::{fmt, path::PathBuf, str::FromStr, sync::Arc, time::Duration};

use sqlx::{migrate::Migrator, postgres::PgConnectOptions};
use uuid::Uuid;

use crate::{
    channel::store::{
        Origin, SharedStore, StoreError,
        postgres::PostgresStore,
        schema::{self, Fitness, SchemaVersion},
        sqlite::{self, SqliteStore},
    },
    domain::time::Timestamp,
};

/// Longest wait for a database to answer at the start.
const CONNECT_LIMIT: Duration = Duration::from_secs(15);

static SQLITE_MIGRATIONS: Migrator = sqlx::migrate!("migrations/channel/sqlite");
static POSTGRES_MIGRATIONS: Migrator = sqlx::migrate!("migrations/channel/postgres");

/// Where a channel database is. Prints without its password.
#[derive(Clone)]
pub enum DatabaseUrl {
    Sqlite(PathBuf),
    Postgres(Box<PgConnectOptions>),
}

/// What a new database is called, and its secrets; ignored where there is one already.
#[derive(Clone)]
pub struct NewOrigin {
    pub database_id: Uuid,
    pub database_name: String,
    pub request_hash_key: [u8; 32],
}

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
         `csu migrate --channel-database {database}`"
    )]
    Missing { database: String, name: String },
    #[error(
        "the database {database} has schema version {found} and this program needs {needed}; run \
         `csu migrate --channel-database {database}`"
    )]
    Behind { database: String, found: i64, needed: i64 },
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

enum Engine {
    Sqlite(SqliteStore),
    Postgres(PostgresStore),
}

/// Opens a database for serving. An SQLite file is made and migrated; a PostgreSQL database must have been.
/// `name`: refused where the database has another one.
pub async fn open(
    url: &DatabaseUrl,
    new: NewOrigin,
    name: Option<&str>,
    now: Timestamp,
) -> Result<SharedStore, OpenError> {
    let engine = connect(url).await?;
    match (engine.fitness(url).await?, &engine) {
        (Fitness::Fits, _) => {}
        (Fitness::Behind, Engine::Sqlite(_)) => engine.migrate(url).await?,
        (Fitness::Behind, Engine::Postgres(_)) => {
            let found = engine.schema_version(url).await?.map_or(0, |found| found.version);
            return Err(OpenError::Behind {
                database: url.to_string(),
                found,
                needed: schema::VERSION,
            });
        }
        (Fitness::TooNew, _) => return Err(engine.too_new(url).await),
    }
    let new = Origin {
        database_id: new.database_id,
        database_name: new.database_name,
        incarnation: 1,
        request_hash_key: new.request_hash_key,
    };
    let store = engine.into_store(url, &new, now).await?;
    let found = store.origin().await.map_err(|error| url.failed(&error))?.database_name;
    match name {
        Some(wanted) if wanted != found => {
            Err(OpenError::OtherName { found, wanted: wanted.to_owned() })
        }
        _ => Ok(store),
    }
}

/// Brings a database to this program's schema. Safe to repeat, and to run from several replicas at once.
pub async fn migrate(url: &DatabaseUrl) -> Result<MigrationReport, OpenError> {
    let engine = connect(url).await?;
    if engine.fitness(url).await? == Fitness::TooNew {
        return Err(engine.too_new(url).await);
    }
    let from = engine.schema_version(url).await?.map_or(0, |found| found.version);
    engine.migrate(url).await?;
    let to = engine.schema_version(url).await?.map_or(0, |found| found.version);
    Ok(MigrationReport { from, to })
}

async fn connect(url: &DatabaseUrl) -> Result<Engine, OpenError> {
    let connecting = async {
        match url {
            DatabaseUrl::Sqlite(path) => {
                let folder = path.parent().unwrap_or(path);
                std::fs::create_dir_all(folder).map_err(|error| OpenError::Folder {
                    path: folder.display().to_string(),
                    reason: error.kind().to_string(),
                })?;
                SqliteStore::connect(path).await.map(Engine::Sqlite)
            }
            DatabaseUrl::Postgres(options) => {
                PostgresStore::connect(options.as_ref().clone()).await.map(Engine::Postgres)
            }
        }
        .map_err(|error| url.failed(&error))
    };
    tokio::time::timeout(CONNECT_LIMIT, connecting).await.map_err(|_| OpenError::Open {
        database: url.to_string(),
        reason: format!("no answer within {} seconds", CONNECT_LIMIT.as_secs()),
    })?
}

impl Engine {
    async fn schema_version(&self, url: &DatabaseUrl) -> Result<Option<SchemaVersion>, OpenError> {
        match self {
            Self::Sqlite(store) => store.schema_version().await,
            Self::Postgres(store) => store.schema_version().await,
        }
        .map_err(|error| url.failed(&error))
    }

    async fn fitness(&self, url: &DatabaseUrl) -> Result<Fitness, OpenError> {
        Ok(schema::fitness(self.schema_version(url).await?))
    }

    async fn too_new(&self, url: &DatabaseUrl) -> OpenError {
        match self.schema_version(url).await {
            Ok(found) => OpenError::TooNew {
                database: url.to_string(),
                found: found.map_or(0, |found| found.version),
                known: schema::VERSION,
            },
            Err(error) => error,
        }
    }

    async fn migrate(&self, url: &DatabaseUrl) -> Result<(), OpenError> {
        match self {
            Self::Sqlite(store) => migrator(&SQLITE_MIGRATIONS).run(store.migration_pool()).await,
            Self::Postgres(store) => match store.migration_connection().await {
                Ok(mut connection) => migrator(&POSTGRES_MIGRATIONS).run(&mut connection).await,
                Err(error) => Err(error.into()),
            },
        }
        .map_err(|error| OpenError::Migration {
            database: url.to_string(),
            reason: error.to_string(),
        })
    }

    async fn into_store(
        self,
        url: &DatabaseUrl,
        origin: &Origin,
        now: Timestamp,
    ) -> Result<SharedStore, OpenError> {
        let failed = |error: StoreError| url.failed(&error);
        Ok(match self {
            Self::Sqlite(store) => {
                store.create_origin(origin, now).await.map_err(failed)?;
                Arc::new(store)
            }
            Self::Postgres(store) => {
                store.create_origin(origin, now).await.map_err(failed)?;
                Arc::new(store)
            }
        })
    }
}

/// A database that newer programs migrated further is fine as long as it says that this one can use it.
fn migrator(embedded: &Migrator) -> Migrator {
    let mut migrator = Migrator { migrations: embedded.migrations.clone(), ..Migrator::DEFAULT };
    migrator.set_ignore_missing(true);
    migrator
}

impl DatabaseUrl {
    fn failed(&self, error: &StoreError) -> OpenError {
        let database = self.to_string();
        match (self, error) {
            (Self::Postgres(options), StoreError::Unavailable(text))
                if text.starts_with("code 3D000") =>
            {
                OpenError::Missing {
                    database,
                    name: options.get_database().unwrap_or("csu").to_owned(),
                }
            }
            _ => OpenError::Open { database, reason: error.to_string() },
        }
    }
}

impl FromStr for DatabaseUrl {
    type Err = OpenError;

    fn from_str(url: &str) -> Result<Self, OpenError> {
        // The scheme only: what follows may hold a password wherever its writer put it.
        let scheme = url.split_once(':').map(|(scheme, _)| scheme);
        let invalid = || OpenError::Url(scheme.unwrap_or_default().chars().take(20).collect());
        match scheme {
            Some("sqlite") => sqlite::path(url).map(Self::Sqlite).ok_or_else(invalid),
            Some("postgres" | "postgresql") => PgConnectOptions::from_str(url)
                .map(|options| Self::Postgres(Box::new(options)))
                .map_err(|_| invalid()),
            _ => Err(invalid()),
        }
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(options) => write!(
                f,
                "postgres://{}@{}:{}/{}",
                options.get_username(),
                options.get_host(),
                options.get_port(),
                options.get_database().unwrap_or_default()
            ),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
