//! Rows of 1070 and 1110.

use std::collections::BTreeMap;

use crate::{
    domain::{
        configuration::{
            ChannelConfigurationRows, ChannelSetup, ConfigurationRows, DefaultCustomer,
            GlobalConfigurationRows,
        },
        job::DownloadJob,
    },
    proto::exchange::{
        ChannelRow, CustomerGroupRow, FeatureRow, LimitRow, PackageRow, package_row::Row,
    },
    wire::{
        Malformed,
        package::{PackageError, error::shown, foreign, package_row},
        text,
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

/// What the rows of a configuration job bring, of all chunks of a package.
///
/// # Errors
/// A job that brings no configuration, or rows that are none of it.
pub fn configuration(job: DownloadJob, rows: Vec<Row>) -> Result<ConfigurationRows, PackageError> {
    match job {
        DownloadJob::ChannelConfiguration => {
            channel_configuration(rows).map(ConfigurationRows::Channel)
        }
        DownloadJob::GlobalConfiguration => {
            global_configuration(rows).map(ConfigurationRows::Global)
        }
        DownloadJob::Customers => Err(PackageError::OtherJob(job.as_str().to_owned())),
    }
}

fn channel_configuration(rows: Vec<Row>) -> Result<ChannelConfigurationRows, PackageError> {
    let mut channels = BTreeMap::new();
    let mut order = Vec::new();
    let mut customer_groups = BTreeMap::new();
    for row in rows {
        match row {
            Row::Channel(row) => {
                let channel = channel_setup(row)?;
                order.push(channel.operating_unit_number.clone());
                once(&mut channels, channel.operating_unit_number.clone(), channel)?;
            }
            Row::CustomerGroup(group) => {
                let name = text(group.name, "customer_group.name")?;
                once(&mut customer_groups, key(group.code, "customer_group.code")?, name)?;
            }
            other => return Err(foreign(&other, DownloadJob::ChannelConfiguration)),
        }
    }
    let channels = order.iter().filter_map(|number| channels.remove(number)).collect();
    Ok(ChannelConfigurationRows { channels, customer_groups })
}

fn global_configuration(rows: Vec<Row>) -> Result<GlobalConfigurationRows, PackageError> {
    let mut found = GlobalConfigurationRows::default();
    for row in rows {
        match row {
            Row::Feature(feature) => {
                once(&mut found.features, key(feature.key, "feature.key")?, feature.enabled)?;
            }
            Row::Limit(limit) => {
                once(&mut found.limits, key(limit.field, "limit.field")?, limit.max_characters)?;
            }
            other => return Err(foreign(&other, DownloadJob::GlobalConfiguration)),
        }
    }
    Ok(found)
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

fn channel_setup(row: ChannelRow) -> Result<ChannelSetup, Malformed> {
    Ok(ChannelSetup {
        operating_unit_number: key(row.operating_unit_number, "channel.operating_unit_number")?,
        country: text(row.country, "channel.country")?,
        create_customer_in_async_mode: row.create_customer_in_async_mode,
        filter_shared_customer_data_tables: row.filter_shared_customer_data_tables,
        default_customer: DefaultCustomer {
            customer_group: text(row.default_customer_group, "channel.default_customer_group")?,
            currency: text(row.default_currency, "channel.default_currency")?,
            language: text(row.default_language, "channel.default_language")?,
            receipt_option: text(row.default_receipt_option, "channel.default_receipt_option")?,
        },
    })
}

/// A text by which rows are told apart.
fn key(key: String, field: &'static str) -> Result<String, Malformed> {
    if key.is_empty() { Err(Malformed(field)) } else { text(key, field) }
}

fn once<T>(rows: &mut BTreeMap<String, T>, key: String, row: T) -> Result<(), PackageError> {
    let twice = PackageError::Twice(shown(&key));
    if rows.insert(key, row).is_some() { Err(twice) } else { Ok(()) }
}
