//! The demo company that a newcomer starts with: HOUSTON, whose profile creates customers in real time, and
//! SEATTLE, whose profile creates them in async mode.

use crate::{
    domain::{configuration::feature, time::Timestamp},
    exchange::package::{Label, encode},
    proto::exchange::{ChannelRow, CustomerGroupRow, FeatureRow, PackageRow, package_row::Row},
};

/// Packages 1070 and 1110 of the demo company.
///
/// # Errors
/// No memory.
pub fn packages() -> std::io::Result<Vec<Vec<u8>>> {
    let label = |job: &str| Label {
        job: job.to_owned(),
        from_version: 0,
        to_version: 1,
        created_at: Timestamp(0),
    };
    Ok(vec![
        encode(&label("1070"), &channel_configuration())?,
        encode(&label("1110"), &features())?,
    ])
}

fn channel_configuration() -> Vec<PackageRow> {
    let channel = |number: &str, in_async_mode| {
        Row::Channel(ChannelRow {
            operating_unit_number: number.to_owned(),
            country: "US".to_owned(),
            create_customer_in_async_mode: in_async_mode,
            filter_shared_customer_data_tables: false,
            default_customer_group: "30".to_owned(),
            default_currency: "USD".to_owned(),
            default_language: "en-US".to_owned(),
            default_receipt_option: "STANDARD".to_owned(),
        })
    };
    let group = |code: &str, name: &str| {
        Row::CustomerGroup(CustomerGroupRow { code: code.to_owned(), name: name.to_owned() })
    };
    rows([
        channel("HOUSTON", false),
        channel("SEATTLE", true),
        group("10", "Wholesale customers"),
        group("20", "Major customers"),
        group("30", "Retail customers"),
        group("90", "Staff"),
    ])
}

/// All on: the async path shows all that it can.
fn features() -> Vec<PackageRow> {
    let feature = |key: &str| Row::Feature(FeatureRow { key: key.to_owned(), enabled: true });
    rows([
        feature(feature::ENHANCED_ASYNC_CUSTOMER_CREATION),
        feature(feature::ASYNC_ADDRESS_CREATION),
        feature(feature::ASYNC_CUSTOMER_EDITING),
    ])
}

fn rows(rows: impl IntoIterator<Item = Row>) -> Vec<PackageRow> {
    rows.into_iter().map(|row| PackageRow { row: Some(row) }).collect()
}
