//! A database of a test's own, on either engine.

use std::pin::pin;

use csu::{
    channel::store::{self, NewDatabase, SharedStore},
    domain::{setup::Setup, time::Timestamp},
    headquarters::store::{self as headquarters_store, NewIdentity},
    runtime::ids,
    storage::{DatabaseUrl, OpenError},
};
use sqlx::{Connection as _, PgConnection, SqliteConnection};
use tempfile::TempDir;

use super::{tools, wait};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

pub struct Database {
    pub engine: Engine,
    /// As `--channel-database` and `--headquarters-database` take it.
    pub url: String,
    /// PostgreSQL: the server's own database, and the name of this one.
    on: Option<(String, String)>,
    folder: TempDir,
}

impl Database {
    /// An empty database: PostgreSQL's is not migrated, SQLite's file not made.
    pub async fn empty(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => {
                let folder = tempfile::tempdir().expect("a temporary folder");
                let url = format!("sqlite:{}/channel.db", folder.path().display());
                Self { engine, url, on: None, folder }
            }
            Engine::Postgres => Self::empty_on(&tools::required("CSU_TEST_POSTGRES")).await,
        }
    }

    /// An empty database on the PostgreSQL server that has this one.
    pub async fn empty_on(server: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let name = format!("csu_{}", ids::new_database_id().simple());
        let mut admin = PgConnection::connect(server).await.expect("the server");
        sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}")))
            .execute(&mut admin)
            .await
            .expect("a new database");
        let (base, _) = server.rsplit_once('/').expect("a database in the URL");
        let url = format!("{base}/{name}");
        Self { engine: Engine::Postgres, url, on: Some((server.to_owned(), name)), folder }
    }

    /// A migrated database of a channel.
    pub async fn new(engine: Engine) -> Self {
        Self::empty(engine).await.migrated().await
    }

    /// SQLite's is migrated when it is opened.
    pub async fn migrated(self) -> Self {
        if self.engine == Engine::Postgres {
            store::migrate(&self.parsed()).await.expect("migrations run");
        }
        self
    }

    /// A migrated database of headquarters. SQLite's is migrated when it is opened.
    pub async fn new_headquarters(engine: Engine) -> Self {
        let database = Self::empty(engine).await;
        if engine == Engine::Postgres {
            headquarters_store::migrate(&database.parsed()).await.expect("migrations run");
        }
        database
    }

    pub fn parsed(&self) -> DatabaseUrl {
        self.url.parse().expect("a URL of ours")
    }

    /// The URL as texts for people show it.
    pub fn url_shown(&self) -> String {
        self.parsed().to_string()
    }

    /// Folder for what else a test keeps.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    pub async fn try_open(&self, now: Timestamp) -> Result<SharedStore, OpenError> {
        self.try_open_as("store-1", now).await
    }

    async fn try_open_as(&self, name: &str, now: Timestamp) -> Result<SharedStore, OpenError> {
        let new = NewDatabase { id: ids::new_database_id(), name: name.to_owned() };
        store::open(&self.parsed(), new, None, now).await
    }

    /// A new one gets this name towards headquarters.
    pub async fn open_as(&self, name: &str, now: Timestamp) -> SharedStore {
        self.try_open_as(name, now).await.expect("the database opens")
    }

    pub async fn open(&self, now: Timestamp) -> SharedStore {
        self.try_open(now).await.expect("the database opens")
    }

    /// Opens it as headquarters'. A new one begins with the initial setup.
    pub async fn try_open_headquarters(
        &self,
        now: Timestamp,
    ) -> Result<headquarters_store::SharedStore, OpenError> {
        headquarters_store::open(&self.parsed(), Self::new_identity(Setup::initial()), now).await
    }

    pub async fn open_headquarters(&self, now: Timestamp) -> headquarters_store::SharedStore {
        self.try_open_headquarters(now).await.expect("the database opens")
    }

    /// What a new headquarters is.
    pub fn new_identity(setup: Setup) -> NewIdentity {
        NewIdentity {
            database_id: ids::new_database_id(),
            request_hash_key: ids::new_secret(),
            setup,
        }
    }

    /// Runs `second` until it waits for what the first one holds, lets the first one go, and `second` to its end.
    pub async fn behind<T>(
        &self,
        release: impl Future<Output = ()>,
        second: impl Future<Output = T>,
    ) -> T {
        let mut second = pin!(second);
        let waits = async {
            match self.engine {
                // It waits for the only connection that writes, and is woken by nobody.
                Engine::Sqlite => {
                    for _ in 0..100 {
                        tokio::task::yield_now().await;
                    }
                }
                Engine::Postgres => {
                    let waiting = "SELECT count(*) FROM pg_stat_activity
                        WHERE datname = current_database() AND wait_event_type = 'Lock'";
                    let one_waits = async || self.number(waiting).await == 1;
                    wait::until("the second waits", one_waits).await;
                }
            }
        };
        tokio::select! {
            biased;
            _ = &mut second => panic!("the second waits for the first"),
            () = waits => {}
        }
        release.await;
        wait::bounded("the second transaction", second).await
    }

    /// The only column of a query's rows, as text.
    pub async fn texts(&self, query: &str) -> Vec<String> {
        let query = sqlx::AssertSqlSafe(query.to_owned());
        match self.engine {
            Engine::Sqlite => {
                let mut connection = SqliteConnection::connect(&self.url).await.expect("the file");
                sqlx::query_scalar(query).fetch_all(&mut connection).await.expect("a query")
            }
            Engine::Postgres => {
                let mut connection = PgConnection::connect(&self.url).await.expect("the server");
                sqlx::query_scalar(query).fetch_all(&mut connection).await.expect("a query")
            }
        }
    }

    /// The only value of a query, a number.
    pub async fn number(&self, query: &str) -> i64 {
        let query = sqlx::AssertSqlSafe(query.to_owned());
        match self.engine {
            Engine::Sqlite => {
                let mut connection = SqliteConnection::connect(&self.url).await.expect("the file");
                sqlx::query_scalar(query).fetch_one(&mut connection).await.expect("a query")
            }
            Engine::Postgres => {
                let mut connection = PgConnection::connect(&self.url).await.expect("the server");
                sqlx::query_scalar(query).fetch_one(&mut connection).await.expect("a query")
            }
        }
    }

    /// Changes rows behind the program's back.
    pub async fn execute(&self, statement: &str) {
        let statement = sqlx::AssertSqlSafe(statement.to_owned());
        match self.engine {
            Engine::Sqlite => {
                let mut connection = SqliteConnection::connect(&self.url).await.expect("the file");
                sqlx::query(statement).execute(&mut connection).await.expect("a statement");
            }
            Engine::Postgres => {
                let mut connection = PgConnection::connect(&self.url).await.expect("the server");
                sqlx::query(statement).execute(&mut connection).await.expect("a statement");
            }
        }
    }

    /// An id as a literal of the engine's SQL.
    pub fn id(&self, id: uuid::Uuid) -> String {
        match self.engine {
            Engine::Sqlite => format!("X'{}'", id.simple()),
            Engine::Postgres => format!("'{id}'"),
        }
    }

    /// An expression of the engine's SQL: an id's 32 hexadecimal digits.
    pub fn uuid_text(&self, column: &str) -> String {
        match self.engine {
            Engine::Sqlite => format!("lower(hex({column}))"),
            Engine::Postgres => format!("replace({column}::text, '-', '')"),
        }
    }

    pub async fn remove(&self) {
        if let Some((server, name)) = &self.on {
            let mut admin = PgConnection::connect(server).await.expect("the server");
            let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            sqlx::query(sqlx::AssertSqlSafe(drop)).execute(&mut admin).await.expect("dropped");
        }
    }
}
