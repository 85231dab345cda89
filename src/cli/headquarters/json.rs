//! What headquarters sets up as JSON: the keys of the protos, with every key there always.

use serde::Serialize;

use crate::{cli::output::time, proto::headquarters as proto};

#[derive(Serialize)]
pub struct Features<'a> {
    pub features: Vec<Feature<'a>>,
}

#[derive(Serialize)]
pub struct Profiles<'a> {
    pub functionality_profiles: Vec<FunctionalityProfile<'a>>,
}

#[derive(Serialize)]
pub struct SavedProfile<'a> {
    pub functionality_profile: Option<FunctionalityProfile<'a>>,
}

#[derive(Serialize)]
pub struct ShownProfile<'a> {
    pub functionality_profile: FunctionalityProfile<'a>,
    /// Those that have it.
    pub channels: Vec<Channel<'a>>,
}

#[derive(Serialize)]
pub struct Channels<'a> {
    pub channels: Vec<Channel<'a>>,
}

#[derive(Serialize)]
pub struct SavedChannel<'a> {
    pub channel: Option<Channel<'a>>,
}

/// With what it refers to; `null` where that is not there.
#[derive(Serialize)]
pub struct ShownChannel<'a> {
    pub channel: Channel<'a>,
    pub functionality_profile: Option<FunctionalityProfile<'a>>,
    pub default_customer: Option<DefaultCustomer<'a>>,
    pub database_group: Option<DatabaseGroup<'a>>,
    pub database: Option<Database<'a>>,
}

#[derive(Serialize)]
pub struct Feature<'a> {
    key: &'a str,
    display_name: &'a str,
    description: &'a str,
    enabled: bool,
    mandatory: bool,
    prerequisites: &'a [String],
}

#[derive(Serialize)]
pub struct Channel<'a> {
    operating_unit_number: &'a str,
    country: &'a str,
    functionality_profile: &'a str,
    default_customer: &'a str,
    database: &'a str,
}

#[derive(Serialize)]
pub struct FunctionalityProfile<'a> {
    code: &'a str,
    display_name: &'a str,
    create_customer_in_async_mode: bool,
}

#[derive(Serialize)]
pub struct DefaultCustomer<'a> {
    code: &'a str,
    customer_group: &'a str,
    currency: &'a str,
    language: &'a str,
    receipt_option: &'a str,
}

/// Without its databases: there may be hundreds, and who asks for one channel gets its own.
#[derive(Serialize)]
pub struct DatabaseGroup<'a> {
    code: &'a str,
    filter_shared_customer_data_tables: bool,
}

#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "as in the proto")]
pub struct Database<'a> {
    name: &'a str,
    group: &'a str,
    database_id: &'a str,
    program_version: &'a str,
    last_seen_time: Option<String>,
}

impl<'a> From<&'a proto::Feature> for Feature<'a> {
    fn from(feature: &'a proto::Feature) -> Self {
        Self {
            key: &feature.key,
            display_name: &feature.display_name,
            description: &feature.description,
            enabled: feature.enabled,
            mandatory: feature.mandatory,
            prerequisites: &feature.prerequisites,
        }
    }
}

impl<'a> From<&'a proto::Channel> for Channel<'a> {
    fn from(channel: &'a proto::Channel) -> Self {
        Self {
            operating_unit_number: &channel.operating_unit_number,
            country: &channel.country,
            functionality_profile: &channel.functionality_profile,
            default_customer: &channel.default_customer,
            database: &channel.database,
        }
    }
}

impl<'a> From<&'a proto::FunctionalityProfile> for FunctionalityProfile<'a> {
    fn from(profile: &'a proto::FunctionalityProfile) -> Self {
        Self {
            code: &profile.code,
            display_name: &profile.display_name,
            create_customer_in_async_mode: profile.create_customer_in_async_mode,
        }
    }
}

impl<'a> From<&'a proto::DefaultCustomer> for DefaultCustomer<'a> {
    fn from(customer: &'a proto::DefaultCustomer) -> Self {
        Self {
            code: &customer.code,
            customer_group: &customer.customer_group,
            currency: &customer.currency,
            language: &customer.language,
            receipt_option: &customer.receipt_option,
        }
    }
}

impl<'a> From<&'a proto::DatabaseGroup> for DatabaseGroup<'a> {
    fn from(group: &'a proto::DatabaseGroup) -> Self {
        Self {
            code: &group.code,
            filter_shared_customer_data_tables: group.filter_shared_customer_data_tables,
        }
    }
}

impl<'a> From<&'a proto::Database> for Database<'a> {
    fn from(database: &'a proto::Database) -> Self {
        Self {
            name: &database.name,
            group: &database.group,
            database_id: &database.database_id,
            program_version: &database.program_version,
            last_seen_time: database.last_seen_time.as_ref().and_then(time),
        }
    }
}
