//! Shows what decides now and what will when the cached entry expires.

use crate::{
    channel::{
        configuration::Aged,
        operations::Unit,
        store::{Applied, DownloadJob},
    },
    domain::{configuration::ChannelConfiguration, error::Result},
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
        cached,
        time_left,
    })
}
