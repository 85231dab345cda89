//! Puts a channel's configuration together from its rows, alike for both engines.

use crate::{
    domain::configuration::{
        ChannelConfiguration, ChannelConfigurationRows, ConfigurationVersion,
        GlobalConfigurationRows,
    },
    storage::{StoreResult, parse, to_text},
};

/// One snapshot of a channel's configuration, as the statement of either engine returns it: setup, array of
/// customer groups, features and limits by name, versions of 1070 and 1110.
pub(super) type ConfigurationTuple = (String, String, String, String, Option<i64>, Option<i64>);

pub(super) fn assemble(
    channel: &str,
    (setup, groups, features, limits, channel_version, global_version): ConfigurationTuple,
) -> StoreResult<ChannelConfiguration> {
    let global = GlobalConfigurationRows {
        features: parse("feature", "enabled", channel, &features)?,
        limits: parse("field_limit", "max_characters", channel, &limits)?,
    };
    let version = ConfigurationVersion {
        channel_configuration: channel_version.unwrap_or(0),
        global_configuration: global_version.unwrap_or(0),
    };
    let setup = parse("channel", "setup", channel, &setup)?;
    let groups = parse("customer_group", "code", channel, &groups)?;
    Ok(ChannelConfiguration::assemble(setup, groups, &global, version))
}

/// The rows of 1070 as the statements take them: channels, customer groups.
pub(super) fn channel_rows(rows: &ChannelConfigurationRows) -> (String, String) {
    (to_text(&rows.channels), to_text(&rows.customer_groups))
}

/// The rows of 1110 as the statements take them: features, limits.
pub(super) fn global_rows(rows: &GlobalConfigurationRows) -> (String, String) {
    (to_text(&rows.features), to_text(&rows.limits))
}
