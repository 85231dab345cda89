//! The databases of a process. They are opened when its ports are bound and before anything runs.

use crate::{
    channel,
    cli::settings::ServeSettings,
    domain::setup::Setup,
    headquarters,
    runtime::{
        clock::{Clock as _, SystemClock},
        ids,
    },
};

/// Of the parts that the role has.
pub struct Databases {
    pub headquarters: Option<headquarters::store::SharedStore>,
    pub channel: Option<channel::store::SharedStore>,
}

impl Databases {
    pub async fn open(settings: &ServeSettings) -> anyhow::Result<Self> {
        let mut databases = Self { headquarters: None, channel: None };
        if settings.role.has_headquarters() {
            databases.headquarters = Some(headquarters(settings).await?);
        }
        if settings.role.has_channel() {
            databases.channel = Some(channel(settings).await?);
        }
        Ok(databases)
    }
}

async fn headquarters(
    settings: &ServeSettings,
) -> anyhow::Result<headquarters::store::SharedStore> {
    use headquarters::store::{NewIdentity, open};

    let demo = settings.headquarters.demo;
    let new = NewIdentity {
        database_id: ids::new_database_id(),
        request_hash_key: ids::new_secret(),
        setup: if demo { Setup::demo(settings.new_database_name()) } else { Setup::initial() },
    };
    Ok(open(&settings.headquarters.database, new, SystemClock.now()).await?)
}

async fn channel(settings: &ServeSettings) -> anyhow::Result<channel::store::SharedStore> {
    use channel::store::{NewDatabase, open};

    let name = settings.new_database_name().to_owned();
    let new = NewDatabase { id: ids::new_database_id(), name };
    let (part, now) = (&settings.channel, SystemClock.now());
    Ok(open(&part.database, new, part.database_name.as_deref(), now).await?)
}
