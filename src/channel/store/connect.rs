//! Opens and migrates a channel database by its URL.

use std::sync::Arc;

use sqlx::migrate::Migrator;
use uuid::Uuid;

use crate::{
    channel::store::{SharedStore, postgres::PostgresStore, sqlite::SqliteStore},
    domain::time::Timestamp,
    storage::{self, DatabaseUrl, Engine, MigrationReport, OpenError, Schema, StoreError},
};

static SQLITE_MIGRATIONS: Migrator = sqlx::migrate!("migrations/channel/sqlite");
static POSTGRES_MIGRATIONS: Migrator = sqlx::migrate!("migrations/channel/postgres");

static SCHEMA: Schema = Schema {
    sqlite: &SQLITE_MIGRATIONS,
    postgres: &POSTGRES_MIGRATIONS,
    version: 1,
    flag: "--channel-database",
};

/// What a new database is called; ignored where there is one already.
#[derive(Clone)]
pub struct NewDatabase {
    pub id: Uuid,
    pub name: String,
}

/// Opens a database for serving. An SQLite file is made and migrated; a PostgreSQL database must have been.
/// `name`: refused where the database has another one.
pub async fn open(
    url: &DatabaseUrl,
    new: NewDatabase,
    name: Option<&str>,
    now: Timestamp,
) -> Result<SharedStore, OpenError> {
    let failed = |error: StoreError| OpenError::of(url, &SCHEMA, &error);
    let store: SharedStore = match storage::open(url, &SCHEMA).await? {
        Engine::Sqlite(engine) => {
            let store = SqliteStore(engine);
            store.create_origin(&new, now).await.map_err(failed)?;
            Arc::new(store)
        }
        Engine::Postgres(engine) => {
            let store = PostgresStore(engine);
            store.create_origin(&new, now).await.map_err(failed)?;
            Arc::new(store)
        }
    };
    let found = store.identity().await.map_err(failed)?.database_name;
    match name {
        Some(wanted) if wanted != found => {
            Err(OpenError::OtherName { found, wanted: wanted.to_owned() })
        }
        _ => Ok(store),
    }
}

/// Brings a database to this program's schema. Safe to repeat, and to run from several replicas at once.
pub async fn migrate(url: &DatabaseUrl) -> Result<MigrationReport, OpenError> {
    storage::migrate(url, &SCHEMA).await
}
