//! Headquarters.

mod contract;
mod exchange;
mod faulty_store;
mod features;
mod realtime;
mod registration;
mod setup;
mod writer;

use csu::proto::headquarters::{Channel, Database, SaveChannelRequest, SaveDatabaseRequest};

use crate::harness::Headquarters;

/// Adds a channel that creates customers async, or moves it to this database.
async fn add_channel(headquarters: &Headquarters, number: &str, database: &str) {
    let channel = Channel {
        operating_unit_number: number.to_owned(),
        country: "US".to_owned(),
        functionality_profile: "async".to_owned(),
        default_customer: "default".to_owned(),
        database: database.to_owned(),
    };
    let request = SaveChannelRequest { channel: Some(channel) };
    headquarters.setup().save_channel(request).await.expect("a channel");
}

/// Adds a database that may register.
async fn add_database(headquarters: &Headquarters, name: &str) {
    let database = Database { name: name.to_owned(), ..Database::default() };
    let request = SaveDatabaseRequest { database: Some(database) };
    headquarters.setup().save_database(request).await.expect("a database");
}

/// Versions of 1070 and 1110.
async fn versions(headquarters: &Headquarters) -> (i64, i64) {
    let version = headquarters.serving().headquarters.store.setup().await.expect("a read").version;
    (version.channel_configuration, version.global_configuration)
}
