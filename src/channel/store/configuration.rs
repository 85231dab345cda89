//! Puts a channel's configuration together from its rows, alike for both engines.

use std::collections::BTreeSet;

use crate::{
    channel::store::{Applied, StoreResult, payload},
    domain::configuration::{
        ChannelConfiguration, ChannelConfigurationRows, ChannelSetup, ConfigurationVersion,
        GlobalConfigurationRows,
    },
};

/// What one snapshot holds of a channel.
pub(super) struct ConfigurationRows {
    pub setup: String,
    pub customer_groups: Vec<(String,)>,
    pub features: Vec<(String, i64)>,
    pub limits: Vec<(String, i64)>,
    pub channel_configuration: Option<Applied>,
    pub global_configuration: Option<Applied>,
}

impl ConfigurationRows {
    pub(super) fn assemble(self, channel: &str) -> StoreResult<ChannelConfiguration> {
        let setup: ChannelSetup = payload::parse("channel", "setup", channel, &self.setup)?;
        let groups: BTreeSet<String> =
            self.customer_groups.into_iter().map(|(code,)| code).collect();
        let global = GlobalConfigurationRows {
            features: self.features.into_iter().map(|(key, on)| (key, on != 0)).collect(),
            limits: self
                .limits
                .into_iter()
                .map(|(field, limit)| (field, u32::try_from(limit).unwrap_or(u32::MAX)))
                .collect(),
        };
        let version = |applied: Option<Applied>| applied.map_or(0, |applied| applied.version);
        let version = ConfigurationVersion {
            channel_configuration: version(self.channel_configuration),
            global_configuration: version(self.global_configuration),
        };
        Ok(ChannelConfiguration::assemble(setup, groups, &global, version))
    }
}

/// The rows of 1070 as the statements take them: channels, customer groups.
pub(super) fn channel_rows(rows: &ChannelConfigurationRows) -> (String, String) {
    (payload::to_text(&rows.channels), payload::to_text(&rows.customer_groups))
}

/// The rows of 1110 as the statements take them: features, limits.
pub(super) fn global_rows(rows: &GlobalConfigurationRows) -> (String, String) {
    (payload::to_text(&rows.features), payload::to_text(&rows.limits))
}
