//! Between the rows of a package and what they bring.

use crate::{
    channel::writer::ConfigurationPackage,
    domain::configuration::{
        ChannelConfigurationRows, ChannelSetup, DefaultCustomer, GlobalConfigurationRows,
    },
    exchange::package::PackageError,
    proto::exchange::{
        ChannelRow, CustomerGroupRow, FeatureRow, LimitRow, PackageRow, package_row::Row,
    },
};

/// Rows of 1070.
pub fn of_channel_configuration(found: ChannelConfigurationRows) -> Vec<PackageRow> {
    let ChannelConfigurationRows { channels, customer_groups } = found;
    let channels = channels.into_iter().map(|channel| Row::Channel(channel_row(channel)));
    let groups = customer_groups
        .into_iter()
        .map(|(code, name)| Row::CustomerGroup(CustomerGroupRow { code, name }));
    channels.chain(groups).map(package_row).collect()
}

/// Rows of 1110.
pub fn of_global_configuration(found: GlobalConfigurationRows) -> Vec<PackageRow> {
    let GlobalConfigurationRows { features, limits } = found;
    let features =
        features.into_iter().map(|(key, enabled)| Row::Feature(FeatureRow { key, enabled }));
    let limits = limits
        .into_iter()
        .map(|(field, max_characters)| Row::Limit(LimitRow { field, max_characters }));
    features.chain(limits).map(package_row).collect()
}

fn package_row(row: Row) -> PackageRow {
    PackageRow { row: Some(row) }
}

fn channel_row(channel: ChannelSetup) -> ChannelRow {
    let default = channel.default_customer;
    ChannelRow {
        operating_unit_number: channel.operating_unit_number,
        country: channel.country,
        create_customer_in_async_mode: channel.create_customer_in_async_mode,
        filter_shared_customer_data_tables: channel.filter_shared_customer_data_tables,
        default_customer_group: default.customer_group,
        default_currency: default.currency,
        default_language: default.language,
        default_receipt_option: default.receipt_option,
    }
}

/// What the rows of a job bring.
pub(super) fn configuration(
    job: &str,
    from_version: i64,
    rows: Vec<Row>,
) -> Result<ConfigurationPackage, PackageError> {
    if from_version != 0 {
        return Err(PackageError::Delta(from_version));
    }
    match job {
        "1070" => channel_configuration(rows).map(ConfigurationPackage::Channel),
        "1110" => global_configuration(rows).map(ConfigurationPackage::Global),
        other => Err(PackageError::OtherJob(other.chars().take(20).collect())),
    }
}

fn channel_configuration(rows: Vec<Row>) -> Result<ChannelConfigurationRows, PackageError> {
    let mut found = ChannelConfigurationRows::default();
    for row in rows {
        match row {
            Row::Channel(channel)
                if found.channels.iter().any(|known: &ChannelSetup| {
                    known.operating_unit_number == channel.operating_unit_number
                }) =>
            {
                return Err(PackageError::Twice(channel.operating_unit_number));
            }
            Row::Channel(channel) => found.channels.push(ChannelSetup {
                operating_unit_number: channel.operating_unit_number,
                country: channel.country,
                create_customer_in_async_mode: channel.create_customer_in_async_mode,
                filter_shared_customer_data_tables: channel.filter_shared_customer_data_tables,
                default_customer: DefaultCustomer {
                    customer_group: channel.default_customer_group,
                    currency: channel.default_currency,
                    language: channel.default_language,
                    receipt_option: channel.default_receipt_option,
                },
            }),
            Row::CustomerGroup(group) => {
                found.customer_groups.insert(group.code, group.name);
            }
            Row::Feature(_) => return Err(PackageError::ForeignRow("feature", "1070".to_owned())),
            Row::Limit(_) => return Err(PackageError::ForeignRow("limit", "1070".to_owned())),
        }
    }
    Ok(found)
}

fn global_configuration(rows: Vec<Row>) -> Result<GlobalConfigurationRows, PackageError> {
    let mut found = GlobalConfigurationRows::default();
    for row in rows {
        match row {
            Row::Feature(feature) => {
                found.features.insert(feature.key, feature.enabled);
            }
            Row::Limit(limit) => {
                found.limits.insert(limit.field, limit.max_characters);
            }
            Row::Channel(_) => return Err(PackageError::ForeignRow("channel", "1110".to_owned())),
            Row::CustomerGroup(_) => {
                return Err(PackageError::ForeignRow("customer group", "1110".to_owned()));
            }
        }
    }
    Ok(found)
}
