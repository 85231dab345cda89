//! How a channel is configured: what 1070 and 1110 bring, as the operations use it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::domain::{feature, limits::Limits};

/// Versions of the packages that a configuration comes from; 0 where none was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ConfigurationVersion {
    /// Of 1070.
    pub channel_configuration: i64,
    /// Of 1110.
    pub global_configuration: i64,
}

/// The switches that decide routes. "Performance improvements for customer orders and customer transactions"
/// is mandatory in the product, so it is no switch here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "five independent switches of the product")]
pub struct RoutingFlags {
    /// F0, functionality profile: create customer in async mode. Governs creation only.
    pub create_customer_in_async_mode: bool,
    /// F1: enable enhanced async customer creation.
    pub enhanced_async_customer_creation: bool,
    /// F2: enable asynchronous creation for customer addresses.
    pub async_address_creation: bool,
    /// F3: enable editing customers in asynchronous mode.
    pub async_customer_editing: bool,
    /// X, channel schema: filter shared customer data tables.
    pub filter_shared_customer_data_tables: bool,
}

/// What new customers inherit. Never a receipt e-mail: it would be copied to everyone.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DefaultCustomer {
    pub customer_group: String,
    pub currency: String,
    pub language: String,
    /// Canonical name of a receipt option (`EMAIL`).
    pub receipt_option: String,
}

/// A channel's configuration at one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelConfiguration {
    /// Operating unit number.
    pub channel: String,
    pub version: ConfigurationVersion,
    /// ISO 3166-1 alpha-2 country of the operating unit.
    pub country: String,
    pub flags: RoutingFlags,
    pub default_customer: DefaultCustomer,
    /// Codes of the customer groups that headquarters has.
    pub customer_groups: BTreeSet<String>,
    pub limits: Limits,
}

/// One channel as 1070 brings it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelSetup {
    pub operating_unit_number: String,
    pub country: String,
    pub create_customer_in_async_mode: bool,
    pub filter_shared_customer_data_tables: bool,
    pub default_customer: DefaultCustomer,
}

/// All of 1070.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChannelConfigurationRows {
    pub channels: Vec<ChannelSetup>,
    /// Code and name.
    pub customer_groups: BTreeMap<String, String>,
}

/// All of 1110.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GlobalConfigurationRows {
    pub features: BTreeMap<String, bool>,
    /// Field path and most characters.
    pub limits: BTreeMap<String, u32>,
}

impl ChannelConfiguration {
    /// Puts together what the database holds. Unknown features and limits are of a newer headquarters and
    /// have no meaning here.
    pub fn assemble(
        setup: ChannelSetup,
        customer_groups: BTreeSet<String>,
        global: &GlobalConfigurationRows,
        version: ConfigurationVersion,
    ) -> Self {
        let on = |key| global.features.get(key).copied().unwrap_or(false);
        Self {
            channel: setup.operating_unit_number,
            version,
            country: setup.country,
            flags: RoutingFlags {
                create_customer_in_async_mode: setup.create_customer_in_async_mode,
                enhanced_async_customer_creation: on(feature::ENHANCED_ASYNC_CUSTOMER_CREATION),
                async_address_creation: on(feature::ASYNC_ADDRESS_CREATION),
                async_customer_editing: on(feature::ASYNC_CUSTOMER_EDITING),
                filter_shared_customer_data_tables: setup.filter_shared_customer_data_tables,
            },
            default_customer: setup.default_customer,
            customer_groups,
            limits: Limits::from_rows(&global.limits),
        }
    }
}

/// What one of the two configuration jobs brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigurationRows {
    /// 1070
    Channel(ChannelConfigurationRows),
    /// 1110
    Global(GlobalConfigurationRows),
}
