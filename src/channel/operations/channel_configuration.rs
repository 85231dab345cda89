//! Shows what decides now and what will when the cached entry expires.

use crate::{
    channel::{
        configuration::Aged,
        operations::Unit,
        realtime::{HeadquartersVersions, Snapshot},
        store::Applied,
    },
    domain::{configuration::ChannelConfiguration, error::Result, job::DownloadJob},
};

#[derive(Debug, Clone)]
pub struct ChannelConfigurations {
    pub cached: Aged,
    /// How long the cached one decides still.
    pub time_left: std::time::Duration,
    /// `None`: the channel has been taken from this database since.
    pub stored: Option<ChannelConfiguration>,
    pub channel_configuration: Option<Applied>,
    pub global_configuration: Option<Applied>,
    /// `None`: headquarters has not been asked since the unit started.
    pub at_headquarters: Option<HeadquartersVersions>,
    pub connection: Snapshot,
    /// Writes that headquarters was asked to perform.
    pub real_time_calls: u64,
}

/// # Errors
/// `ChannelNotConfigured`, `InvalidFields`, `Unavailable`.
pub async fn channel_configuration(unit: &Unit, channel: &str) -> Result<ChannelConfigurations> {
    let cached = unit.configuration.get(channel).await?;
    let time_left = unit.configuration.time_to_live().saturating_sub(cached.age);
    Ok(ChannelConfigurations {
        stored: unit.store.configuration(&cached.configuration.channel).await?,
        channel_configuration: unit.store.applied(DownloadJob::ChannelConfiguration).await?,
        global_configuration: unit.store.applied(DownloadJob::GlobalConfiguration).await?,
        at_headquarters: unit.realtime.versions(),
        connection: unit.realtime.snapshot(),
        real_time_calls: unit.realtime.calls(),
        cached,
        time_left,
    })
}
