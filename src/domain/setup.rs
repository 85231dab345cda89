//! What headquarters sets up: channels with their profiles and defaults, code lists, limits, features. Jobs 1070
//! and 1110 bring it to the channels.

mod check;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::domain::{
    configuration::{
        ChannelConfigurationRows, ChannelSetup, DefaultCustomer, GlobalConfigurationRows,
    },
    error::{Error, FieldReason, Result},
    feature::{self, Feature},
    limits::Limits,
    setup::check::{Fields, receipt_option},
    validation,
};

/// Group of the channel databases that nobody has put into another.
pub const DEFAULT_GROUP: &str = "default";
/// Most characters that a limit may allow.
const MOST_CHARACTERS: u32 = 1_000;

/// All of it, by code.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Setup {
    pub channels: BTreeMap<String, Channel>,
    pub functionality_profiles: BTreeMap<String, FunctionalityProfile>,
    pub database_groups: BTreeMap<String, DatabaseGroup>,
    pub databases: BTreeMap<String, Database>,
    pub default_customers: BTreeMap<String, DefaultCustomer>,
    /// Code and name.
    pub customer_groups: BTreeMap<String, String>,
    /// Field and most characters.
    pub limits: BTreeMap<String, u32>,
    /// States by key; one that is not here is off.
    pub features: BTreeMap<String, bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// ISO 3166-1 alpha-2 country of the operating unit.
    pub country: String,
    pub functionality_profile: String,
    pub default_customer: String,
    /// Name of the channel database that serves it.
    pub database: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FunctionalityProfile {
    pub name: String,
    /// F0
    pub create_customer_in_async_mode: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DatabaseGroup {
    /// X
    pub filter_shared_customer_data_tables: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Database {
    pub group: String,
}

impl Setup {
    /// What a new headquarters begins with, so that its first channel can be added at once: profiles for both ways,
    /// customer groups and a default customer. All features are off.
    pub fn initial() -> Self {
        let profile = |code: &str, name: &str, in_async_mode| {
            let name = name.to_owned();
            let create_customer_in_async_mode = in_async_mode;
            (code.to_owned(), FunctionalityProfile { name, create_customer_in_async_mode })
        };
        let group = |code: &str, name: &str| (code.to_owned(), name.to_owned());
        Self {
            functionality_profiles: BTreeMap::from([
                profile("real-time", "Create customers in real time", false),
                profile("async", "Create customers in async mode", true),
            ]),
            database_groups: BTreeMap::from([(DEFAULT_GROUP.to_owned(), DatabaseGroup::default())]),
            default_customers: BTreeMap::from([(
                "default".to_owned(),
                DefaultCustomer {
                    customer_group: "30".to_owned(),
                    currency: "USD".to_owned(),
                    language: "en-US".to_owned(),
                    receipt_option: "STANDARD".to_owned(),
                },
            )]),
            customer_groups: BTreeMap::from([
                group("10", "Wholesale customers"),
                group("20", "Major customers"),
                group("30", "Retail customers"),
                group("90", "Staff"),
            ]),
            ..Self::default()
        }
    }

    /// The demo company: HOUSTON, whose profile creates customers in real time, and SEATTLE, whose profile creates
    /// them in async mode, both served by one database; all features on, so that the async path shows all it can.
    pub fn demo(database: &str) -> Self {
        let channel = |number: &str, profile: &str| {
            let channel = Channel {
                country: "US".to_owned(),
                functionality_profile: profile.to_owned(),
                default_customer: "default".to_owned(),
                database: database.to_owned(),
            };
            (number.to_owned(), channel)
        };
        let group = DEFAULT_GROUP.to_owned();
        Self {
            channels: BTreeMap::from([
                channel("HOUSTON", "real-time"),
                channel("SEATTLE", "async"),
            ]),
            databases: BTreeMap::from([(database.to_owned(), Database { group })]),
            features: feature::ALL
                .iter()
                .filter(|feature| !feature.mandatory)
                .map(|feature| (feature.key.to_owned(), true))
                .collect(),
            ..Self::initial()
        }
    }

    /// What 1070 brings to a database.
    pub fn channel_configuration(&self, database: &str) -> ChannelConfigurationRows {
        let served = self.channels.iter().filter(|(_, channel)| channel.database == database);
        let filters = self.filters_customers(database);
        ChannelConfigurationRows {
            channels: served
                .map(|(number, channel)| ChannelSetup {
                    operating_unit_number: number.clone(),
                    country: channel.country.clone(),
                    create_customer_in_async_mode: self
                        .functionality_profiles
                        .get(&channel.functionality_profile)
                        .is_some_and(|profile| profile.create_customer_in_async_mode),
                    filter_shared_customer_data_tables: filters,
                    default_customer: self
                        .default_customers
                        .get(&channel.default_customer)
                        .cloned()
                        .unwrap_or_default(),
                })
                .collect(),
            customer_groups: self.customer_groups.clone(),
        }
    }

    /// What 1110 brings to every database.
    pub fn global_configuration(&self) -> GlobalConfigurationRows {
        let enabled = self.enabled();
        let state = |feature: &Feature| (feature.key.to_owned(), feature::is_on(feature, &enabled));
        GlobalConfigurationRows {
            features: feature::ALL.iter().map(state).collect(),
            limits: self.limits.clone(),
        }
    }

    /// Keys of the features that were enabled.
    pub fn enabled(&self) -> BTreeSet<String> {
        self.features.iter().filter(|(_, on)| **on).map(|(key, _)| key.clone()).collect()
    }

    /// # Errors
    /// `FeatureNotFound`, `FeaturePrerequisitesMissing`.
    pub fn enable(&mut self, key: &str) -> Result<()> {
        let feature = feature::find(key)?;
        feature::check_enabling(feature, &self.enabled())?;
        if !feature.mandatory {
            self.features.insert(feature.key.to_owned(), true);
        }
        Ok(())
    }

    /// # Errors
    /// `FeatureNotFound`, `FeatureMandatory`, `FeatureRequiredByOthers`.
    pub fn disable(&mut self, key: &str) -> Result<()> {
        let feature = feature::find(key)?;
        feature::check_disabling(feature, &self.enabled())?;
        self.features.remove(feature.key);
        Ok(())
    }

    /// Adds its database where that is new.
    ///
    /// # Errors
    /// `InvalidFields`, references to what is not there among them.
    pub fn save_channel(&mut self, number: &str, channel: Channel) -> Result<()> {
        let mut fields = Fields::of("channel");
        fields.code("operating_unit_number", number);
        fields.canonical("country", &channel.country, validation::canonical_country);
        fields.code("database", &channel.database);
        let profiles = &self.functionality_profiles;
        fields.reference("functionality_profile", &channel.functionality_profile, profiles);
        fields.reference("default_customer", &channel.default_customer, &self.default_customers);
        fields.finish()?;
        if !self.databases.contains_key(&channel.database) {
            let group = DEFAULT_GROUP.to_owned();
            self.databases.insert(channel.database.clone(), Database { group });
        }
        self.channels.insert(number.to_owned(), channel);
        Ok(())
    }

    /// # Errors
    /// `InvalidFields`.
    pub fn save_functionality_profile(
        &mut self,
        code: &str,
        profile: FunctionalityProfile,
    ) -> Result<()> {
        let mut fields = Fields::of("functionality_profile");
        fields.code("code", code);
        fields.name("display_name", &profile.name);
        fields.finish()?;
        self.functionality_profiles.insert(code.to_owned(), profile);
        Ok(())
    }

    /// # Errors
    /// `InvalidFields`.
    pub fn save_database_group(&mut self, code: &str, group: DatabaseGroup) -> Result<()> {
        let mut fields = Fields::of("database_group");
        fields.code("code", code);
        fields.finish()?;
        self.database_groups.insert(code.to_owned(), group);
        Ok(())
    }

    /// # Errors
    /// `InvalidFields`.
    pub fn save_database(&mut self, name: &str, group: &str) -> Result<()> {
        let mut fields = Fields::of("database");
        fields.code("name", name);
        let group = if group.is_empty() { DEFAULT_GROUP } else { group };
        fields.reference("group", group, &self.database_groups);
        fields.finish()?;
        self.databases.insert(name.to_owned(), Database { group: group.to_owned() });
        Ok(())
    }

    /// # Errors
    /// `InvalidFields`.
    pub fn save_default_customer(&mut self, code: &str, customer: DefaultCustomer) -> Result<()> {
        let mut fields = Fields::of("default_customer");
        fields.code("code", code);
        fields.reference("customer_group", &customer.customer_group, &self.customer_groups);
        fields.canonical("currency", &customer.currency, validation::canonical_currency);
        fields.canonical("language", &customer.language, validation::canonical_language);
        fields.canonical("receipt_option", &customer.receipt_option, receipt_option);
        fields.finish()?;
        self.default_customers.insert(code.to_owned(), customer);
        Ok(())
    }

    /// # Errors
    /// `InvalidFields`.
    pub fn save_customer_group(&mut self, code: &str, name: &str) -> Result<()> {
        let mut fields = Fields::of("customer_group");
        fields.code("code", code);
        let limit = Limits::default().customer(crate::domain::field::CustomerField::CustomerGroup);
        if code.chars().count() > limit as usize {
            fields.add("code", FieldReason::TooLong, &format!("has more than {limit} characters"));
        }
        fields.name("display_name", name);
        fields.finish()?;
        self.customer_groups.insert(code.to_owned(), name.to_owned());
        Ok(())
    }

    /// # Errors
    /// `CodeNotFound`; `InUse` while a default customer has it.
    pub fn delete_customer_group(&mut self, code: &str) -> Result<()> {
        const WHAT: &str = "customer group";
        let mut users = self.default_customers.iter().filter(|(_, it)| it.customer_group == code);
        if let Some((user, _)) = users.next() {
            let by = format!("default customer {user:?}");
            return Err(Error::InUse { what: WHAT, code: code.to_owned(), by });
        }
        match self.customer_groups.remove(code) {
            Some(_) => Ok(()),
            None => Err(Error::CodeNotFound { what: WHAT, code: code.chars().take(60).collect() }),
        }
    }

    /// `most`: 0 takes it back to the product's.
    ///
    /// # Errors
    /// `InvalidFields`.
    pub fn save_limit(&mut self, field: &str, most: u32) -> Result<()> {
        let mut fields = Fields::of("limit");
        if !Limits::has(field) {
            fields.add("field", FieldReason::UnknownField, "is no field with a limit");
        }
        if most > MOST_CHARACTERS {
            let text = format!("is more than {MOST_CHARACTERS}");
            fields.add("max_characters", FieldReason::OutOfRange, &text);
        }
        fields.finish()?;
        if most == 0 {
            self.limits.remove(field);
        } else {
            self.limits.insert(field.to_owned(), most);
        }
        Ok(())
    }

    fn filters_customers(&self, database: &str) -> bool {
        self.databases
            .get(database)
            .and_then(|database| self.database_groups.get(&database.group))
            .is_some_and(|group| group.filter_shared_customer_data_tables)
    }
}

#[cfg(test)]
#[path = "setup_tests.rs"]
mod tests;
