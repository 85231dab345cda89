//! Opens and migrates headquarters' database by its URL.

use std::sync::Arc;

use sqlx::migrate::Migrator;
use uuid::Uuid;

use crate::{
    domain::{configuration::ConfigurationVersion, setup::Setup, time::Timestamp},
    headquarters::store::{
        SharedStore, VersionedSetup, postgres::PostgresStore, sqlite::SqliteStore,
    },
    storage::{self, DatabaseUrl, Engine, MigrationReport, OpenError, Schema, StoreError},
};

static SQLITE_MIGRATIONS: Migrator = sqlx::migrate!("migrations/headquarters/sqlite");
static POSTGRES_MIGRATIONS: Migrator = sqlx::migrate!("migrations/headquarters/postgres");

static SCHEMA: Schema = Schema {
    sqlite: &SQLITE_MIGRATIONS,
    postgres: &POSTGRES_MIGRATIONS,
    version: 1,
    flag: "--headquarters-database",
};

/// What a new database is, its secrets, and what is set up in it; ignored where there is one already.
#[derive(Clone)]
pub struct NewIdentity {
    pub database_id: Uuid,
    pub request_hash_key: [u8; 32],
    pub setup: Setup,
}

/// Opens a database for serving. An SQLite file is made and migrated; a PostgreSQL database must have been.
pub async fn open(
    url: &DatabaseUrl,
    new: NewIdentity,
    now: Timestamp,
) -> Result<SharedStore, OpenError> {
    let failed = |error: StoreError| OpenError::of(url, &SCHEMA, &error);
    match storage::open(url, &SCHEMA).await? {
        Engine::Sqlite(engine) => {
            let store = SqliteStore(engine);
            store.create_identity(&new, now).await.map_err(failed)?;
            Ok(Arc::new(store))
        }
        Engine::Postgres(engine) => {
            let store = PostgresStore(engine);
            store.create_identity(&new, now).await.map_err(failed)?;
            Ok(Arc::new(store))
        }
    }
}

/// Brings a database to this program's schema. Safe to repeat, and to run from several replicas at once.
pub async fn migrate(url: &DatabaseUrl) -> Result<MigrationReport, OpenError> {
    storage::migrate(url, &SCHEMA).await
}

// === impl NewIdentity ===

impl NewIdentity {
    /// The setup at the first versions that units can ask for.
    pub(super) fn versioned_setup(&self) -> VersionedSetup {
        let version = ConfigurationVersion { channel_configuration: 1, global_configuration: 1 };
        VersionedSetup { setup: self.setup.clone(), version }
    }
}
