//! The two databases that a run is over, which nobody else has.

use anyhow::Context as _;
use csu::{
    channel, headquarters,
    runtime::ids,
    storage::{DatabaseUrl, Scratch},
};

use crate::options::Engine;

pub(crate) struct Databases {
    pub(crate) headquarters: DatabaseUrl,
    pub(crate) channel: DatabaseUrl,
    /// Where they are.
    scratch: Scratch,
}

impl Databases {
    pub(crate) async fn new(engine: &Engine) -> anyhow::Result<Self> {
        let mut scratch = match engine {
            Engine::Sqlite => Scratch::files(&std::env::temp_dir())?,
            Engine::Postgres(server) => Scratch::on(server.parse()?),
        };
        match Self::within(&mut scratch).await {
            Ok((headquarters, channel)) => Ok(Self { headquarters, channel, scratch }),
            Err(error) => {
                scratch.remove().await?;
                Err(error).context("the databases")
            }
        }
    }

    async fn within(scratch: &mut Scratch) -> anyhow::Result<(DatabaseUrl, DatabaseUrl)> {
        let headquarters = scratch.database("headquarters", ids::new_database_id()).await?;
        let channel = scratch.database("channel", ids::new_database_id()).await?;
        let (headquarters, channel) = (headquarters.parse()?, channel.parse()?);
        headquarters::store::migrate(&headquarters).await?;
        channel::store::migrate(&channel).await?;
        Ok((headquarters, channel))
    }

    pub(crate) async fn remove(self) -> anyhow::Result<()> {
        Ok(self.scratch.remove().await?)
    }
}
