//! Customers as JSON: the keys and values of the protos' own JSON form, with every key there always.

use prost_types::Duration;
use serde::Serialize;

use crate::{cli::output::time, proto::channel as proto};

#[derive(Serialize)]
pub struct Written<'a> {
    /// Not in the answer; scripts repeat with it.
    pub request_id: &'a str,
    pub customer: Option<Customer<'a>>,
    pub execution: Option<Execution<'a>>,
}

#[derive(Serialize)]
pub struct Found<'a> {
    pub customers: Vec<Customer<'a>>,
    pub next_page_token: &'a str,
}

#[derive(Serialize)]
pub struct Shown<'a> {
    pub customer: Option<Customer<'a>>,
}

#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "as in the proto")]
pub struct Customer<'a> {
    name: &'a str,
    account_number: &'a str,
    account_number_display: &'a str,
    r#type: &'a str,
    first_name: &'a str,
    middle_name: &'a str,
    last_name: &'a str,
    organization_name: &'a str,
    display_name: &'a str,
    language: &'a str,
    customer_group: &'a str,
    currency: &'a str,
    receipt_option: &'a str,
    receipt_email: &'a str,
    contacts: Vec<Contact<'a>>,
    addresses: Vec<Address<'a>>,
    identification_number: &'a str,
    sync_state: &'a str,
    sync_progress: Option<SyncProgress<'a>>,
    etag: &'a str,
    create_time: Option<String>,
    update_time: Option<String>,
}

#[derive(Serialize)]
struct Contact<'a> {
    id: &'a str,
    kind: &'a str,
    value: &'a str,
    typed_value: &'a str,
    primary: bool,
}

#[derive(Serialize)]
struct Address<'a> {
    id: &'a str,
    purpose: &'a str,
    street: &'a str,
    street_number: &'a str,
    building: &'a str,
    district: &'a str,
    city: &'a str,
    county: &'a str,
    state: &'a str,
    postal_code: &'a str,
    country: &'a str,
    primary: bool,
    sync_state: &'a str,
    sync_progress: Option<SyncProgress<'a>>,
    create_time: Option<String>,
}

#[derive(Serialize)]
struct SyncProgress<'a> {
    captured_time: Option<String>,
    uploaded_time: Option<String>,
    processed_time: Option<String>,
    error_reason: &'a str,
}

#[derive(Serialize)]
pub struct Execution<'a> {
    mode: &'a str,
    reason: &'a str,
    configuration_version: Option<ConfigurationVersion>,
    configuration_age: Option<String>,
    headquarters_duration: Option<String>,
}

#[derive(Serialize)]
struct ConfigurationVersion {
    channel_configuration: String,
    global_configuration: String,
}

impl<'a> From<&'a proto::Customer> for Customer<'a> {
    fn from(customer: &'a proto::Customer) -> Self {
        Self {
            name: &customer.name,
            account_number: &customer.account_number,
            account_number_display: &customer.account_number_display,
            r#type: customer.r#type().as_str_name(),
            first_name: &customer.first_name,
            middle_name: &customer.middle_name,
            last_name: &customer.last_name,
            organization_name: &customer.organization_name,
            display_name: &customer.display_name,
            language: &customer.language,
            customer_group: &customer.customer_group,
            currency: &customer.currency,
            receipt_option: customer.receipt_option().as_str_name(),
            receipt_email: &customer.receipt_email,
            contacts: customer.contacts.iter().map(Contact::from).collect(),
            addresses: customer.addresses.iter().map(Address::from).collect(),
            identification_number: &customer.identification_number,
            sync_state: customer.sync_state().as_str_name(),
            sync_progress: customer.sync_progress.as_ref().map(SyncProgress::from),
            etag: &customer.etag,
            create_time: customer.create_time.as_ref().and_then(time),
            update_time: customer.update_time.as_ref().and_then(time),
        }
    }
}

impl<'a> From<&'a proto::Contact> for Contact<'a> {
    fn from(contact: &'a proto::Contact) -> Self {
        Self {
            id: &contact.id,
            kind: contact.kind().as_str_name(),
            value: &contact.value,
            typed_value: &contact.typed_value,
            primary: contact.primary,
        }
    }
}

impl<'a> From<&'a proto::Address> for Address<'a> {
    fn from(address: &'a proto::Address) -> Self {
        Self {
            id: &address.id,
            purpose: address.purpose().as_str_name(),
            street: &address.street,
            street_number: &address.street_number,
            building: &address.building,
            district: &address.district,
            city: &address.city,
            county: &address.county,
            state: &address.state,
            postal_code: &address.postal_code,
            country: &address.country,
            primary: address.primary,
            sync_state: address.sync_state().as_str_name(),
            sync_progress: address.sync_progress.as_ref().map(SyncProgress::from),
            create_time: address.create_time.as_ref().and_then(time),
        }
    }
}

impl<'a> From<&'a proto::SyncProgress> for SyncProgress<'a> {
    fn from(progress: &'a proto::SyncProgress) -> Self {
        Self {
            captured_time: progress.captured_time.as_ref().and_then(time),
            uploaded_time: progress.uploaded_time.as_ref().and_then(time),
            processed_time: progress.processed_time.as_ref().and_then(time),
            error_reason: &progress.error_reason,
        }
    }
}

impl<'a> From<&'a proto::Execution> for Execution<'a> {
    fn from(execution: &'a proto::Execution) -> Self {
        let version = execution.configuration_version.as_ref();
        Self {
            mode: execution.mode().as_str_name(),
            reason: &execution.reason,
            configuration_version: version.map(|version| ConfigurationVersion {
                channel_configuration: version.channel_configuration.to_string(),
                global_configuration: version.global_configuration.to_string(),
            }),
            configuration_age: execution.configuration_age.as_ref().map(seconds),
            headquarters_duration: execution.headquarters_duration.as_ref().map(seconds),
        }
    }
}

/// `1.5s`, to the nanosecond.
fn seconds(duration: &Duration) -> String {
    let negative = duration.seconds < 0 || duration.nanos < 0;
    let nanos = format!("{:09}", duration.nanos.unsigned_abs());
    let fraction = nanos.trim_end_matches('0');
    format!(
        "{}{}{}{fraction}s",
        if negative { "-" } else { "" },
        duration.seconds.unsigned_abs(),
        if fraction.is_empty() { "" } else { "." }
    )
}

#[cfg(test)]
mod tests;
