//! The two databases that a run is over, which nobody else has.

use anyhow::Context as _;
use csu::{channel, headquarters, runtime::ids, storage::DatabaseUrl};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tempfile::TempDir;

use crate::options::Engine;

pub(crate) struct Databases {
    pub(crate) headquarters: DatabaseUrl,
    pub(crate) channel: DatabaseUrl,
    /// Where they are.
    place: Place,
}

enum Place {
    Folder(TempDir),
    /// A server, and the names of both.
    Server(String, [String; 2]),
}

impl Databases {
    pub(crate) async fn new(engine: &Engine) -> anyhow::Result<Self> {
        match engine {
            Engine::Sqlite => Self::in_files(),
            Engine::Postgres(server) => Self::on(server).await.context("the PostgreSQL server"),
        }
    }

    fn in_files() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let file = |name: &str| format!("sqlite:{}/{name}.db", folder.path().display()).parse();
        let (headquarters, channel) = (file("headquarters")?, file("channel")?);
        Ok(Self { headquarters, channel, place: Place::Folder(folder) })
    }

    async fn on(server: &str) -> anyhow::Result<Self> {
        let name = || format!("csu_bench_{}", ids::new_database_id().simple());
        let names = [name(), name()];
        let mut admin = PgConnection::connect(server).await?;
        for name in &names {
            let create = AssertSqlSafe(format!("CREATE DATABASE {name}"));
            sqlx::query(create).execute(&mut admin).await?;
        }
        let (base, _) = server.rsplit_once('/').context("a URL names a database")?;
        let [headquarters, channel] = &names;
        let url = |name: &str| format!("{base}/{name}").parse::<DatabaseUrl>();
        let (headquarters, channel) = (url(headquarters)?, url(channel)?);
        headquarters::store::migrate(&headquarters).await?;
        channel::store::migrate(&channel).await?;
        Ok(Self { headquarters, channel, place: Place::Server(server.to_owned(), names) })
    }

    pub(crate) async fn remove(self) -> anyhow::Result<()> {
        match self.place {
            Place::Folder(folder) => Ok(folder.close()?),
            Place::Server(server, names) => {
                let mut admin = PgConnection::connect(&server).await?;
                for name in names {
                    let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                    sqlx::query(AssertSqlSafe(drop)).execute(&mut admin).await?;
                }
                Ok(())
            }
        }
    }
}
