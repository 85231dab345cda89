//! Databases that are made for one run and dropped after it.

use std::path::{Path, PathBuf};

use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection};
use tempfile::TempDir;
use uuid::Uuid;

use crate::storage::{DatabaseUrl, StoreError, StoreResult};

/// Makes databases in one place, and drops them all.
pub struct Scratch {
    place: Place,
    names: Vec<String>,
}

enum Place {
    Files(TempDir),
    /// A server, by the database of its administrator.
    Server(DatabaseUrl),
}

impl Scratch {
    /// SQLite files in a folder of their own. `parent`: where that is; the disk matters.
    pub fn files(parent: &Path) -> std::io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("csu-").tempdir_in(parent)?;
        Ok(Self { place: Place::Files(folder), names: Vec::new() })
    }

    /// Databases on the server of `administrator`, who may create them.
    pub const fn on(administrator: DatabaseUrl) -> Self {
        Self { place: Place::Server(administrator), names: Vec::new() }
    }

    /// A new database, and its URL with the password if there is one. It has no tables yet.
    pub async fn database(&mut self, name: &str, unique: Uuid) -> StoreResult<String> {
        match &self.place {
            Place::Files(folder) => Ok(url_of(&file(folder, name))),
            Place::Server(administrator) => {
                let name = server_name(name, unique);
                execute(administrator, format!("CREATE DATABASE {name}")).await?;
                self.added(name)
            }
        }
    }

    /// A copy of a database of this place, which nobody has open any more.
    pub async fn copy(&mut self, url: &str, name: &str, unique: Uuid) -> StoreResult<String> {
        match &self.place {
            Place::Files(folder) => {
                let copy = file(folder, name);
                let DatabaseUrl::Sqlite(original) = parsed(url)? else { return Err(no_server()) };
                // What was not moved out of the log yet is part of it.
                for end in ["", "-wal"] {
                    let with_end = |path: &Path| PathBuf::from(format!("{}{end}", path.display()));
                    match std::fs::copy(with_end(&original), with_end(&copy)) {
                        Err(error) if end.is_empty() => {
                            return Err(StoreError::Unavailable(error.to_string()));
                        }
                        _ => {}
                    }
                }
                Ok(url_of(&copy))
            }
            Place::Server(administrator) => {
                let DatabaseUrl::Postgres(options) = parsed(url)? else { return Err(no_server()) };
                let name = server_name(name, unique);
                let original = options.get_database().unwrap_or_default().to_owned();
                // The connections of a process that was killed end when the server notices.
                let others = format!(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{original}'"
                );
                execute(administrator, others).await?;
                execute(administrator, format!("CREATE DATABASE {name} TEMPLATE {original}"))
                    .await?;
                self.added(name)
            }
        }
    }

    /// Notes a database on the server, to be dropped.
    fn added(&mut self, name: String) -> StoreResult<String> {
        let Place::Server(DatabaseUrl::Postgres(options)) = &self.place else {
            return Err(no_server());
        };
        let url = options.as_ref().clone().database(&name).to_url_lossy();
        self.names.push(name);
        Ok(url.to_string())
    }

    pub async fn remove(self) -> StoreResult<()> {
        match self.place {
            Place::Files(folder) => {
                folder.close().map_err(|error| StoreError::Unavailable(error.to_string()))
            }
            Place::Server(administrator) => {
                for name in self.names {
                    let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                    execute(&administrator, drop).await?;
                }
                Ok(())
            }
        }
    }
}

fn file(folder: &TempDir, name: &str) -> PathBuf {
    folder.path().join(format!("{name}.db"))
}

fn url_of(file: &Path) -> String {
    format!("sqlite:{}", file.display())
}

fn server_name(name: &str, unique: Uuid) -> String {
    format!("csu_scratch_{name}_{}", unique.simple())
}

fn parsed(url: &str) -> StoreResult<DatabaseUrl> {
    url.parse().map_err(|_| StoreError::Refused("no URL of this place".to_owned()))
}

/// `statement`: made of names of our own alone.
async fn execute(administrator: &DatabaseUrl, statement: String) -> StoreResult<()> {
    let DatabaseUrl::Postgres(options) = administrator else { return Err(no_server()) };
    let mut connection = PgConnection::connect_with(options).await?;
    sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await?;
    Ok(())
}

fn no_server() -> StoreError {
    StoreError::Refused("the URL names no PostgreSQL server".to_owned())
}
