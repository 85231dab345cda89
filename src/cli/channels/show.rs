//! `csu channels show`

use clap::Args;

use crate::{
    cli::{
        Exit, Failure, Outcome,
        flags::{HeadquartersFlags, Output},
        headquarters::{
            Headquarters, json,
            show::{fact, switch},
        },
        output,
    },
    proto::headquarters::{
        Channel, Database, DatabaseGroup, DefaultCustomer, FunctionalityProfile,
        ListDatabaseGroupsRequest, ListDefaultCustomersRequest,
    },
};

/// Show a channel with all that it refers to, and whether its database has registered
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  csu channels show HOUSTON
  csu channels show HOUSTON --output json | jq -r .database.last_seen_time")]
pub struct Show {
    /// Operating unit number
    #[arg(value_name = "NUMBER")]
    number: String,
    #[command(flatten)]
    client: HeadquartersFlags,
}

/// A channel and what it refers to; absent where that has gone between two answers.
struct Shown {
    channel: Channel,
    profile: Option<FunctionalityProfile>,
    customer: Option<DefaultCustomer>,
    group: Option<DatabaseGroup>,
    database: Option<Database>,
}

pub async fn run(show: &Show) -> Outcome {
    let headquarters = Headquarters::connect(&show.client).await?;
    let mut channels = headquarters.channels().await?;
    let found = channels.iter().position(|channel| channel.operating_unit_number == show.number);
    let Some(position) = found else {
        let known: Vec<_> = channels.iter().map(|it| it.operating_unit_number.as_str()).collect();
        let message = format!("there is no channel {:?}", show.number);
        return Err(headquarters.not_found("CODE_NOT_FOUND", message, &known));
    };
    let shown = Shown::of(&headquarters, channels.swap_remove(position)).await?;
    match headquarters.output {
        Output::Json => output::print_json(&shown.json())?,
        Output::Table => output::print(&output::columns(shown.facts()))?,
    }
    Ok(Exit::Done)
}

impl Shown {
    async fn of(headquarters: &Headquarters, channel: Channel) -> Result<Self, Failure> {
        let mut profiles = headquarters.profiles().await?.into_iter();
        let profile = profiles.find(|profile| profile.code == channel.functionality_profile);
        let call = async |request| headquarters.setup().list_default_customers(request).await;
        let answer = headquarters.call(ListDefaultCustomersRequest {}, call).await?;
        let mut customers = answer.default_customers.into_iter();
        let customer = customers.find(|customer| customer.code == channel.default_customer);
        let call = async |request| headquarters.setup().list_database_groups(request).await;
        let answer = headquarters.call(ListDatabaseGroupsRequest {}, call).await?;
        let is_its = |database: &Database| database.name == channel.database;
        let mut groups = answer.database_groups.into_iter();
        let group = groups.find(|group| group.databases.iter().any(is_its));
        let database =
            group.as_ref().and_then(|it| it.databases.iter().find(|it| is_its(it)).cloned());
        Ok(Self { channel, profile, customer, group, database })
    }

    fn json(&self) -> json::ShownChannel<'_> {
        json::ShownChannel {
            channel: (&self.channel).into(),
            functionality_profile: self.profile.as_ref().map(json::FunctionalityProfile::from),
            default_customer: self.customer.as_ref().map(json::DefaultCustomer::from),
            database_group: self.group.as_ref().map(json::DatabaseGroup::from),
            database: self.database.as_ref().map(json::Database::from),
        }
    }

    fn facts(&self) -> Vec<[String; 2]> {
        let Channel { functionality_profile, default_customer, database, .. } = &self.channel;
        let mut facts = vec![
            fact("Channel", self.channel.operating_unit_number.as_str()),
            fact("Country", self.channel.country.as_str()),
        ];
        let name = |profile: &FunctionalityProfile| named(&profile.code, &profile.display_name);
        let profile = self.profile.as_ref();
        facts.push(fact("Profile", profile.map_or(functionality_profile.clone(), name)));
        facts.extend(profile.map(|profile| {
            let state = switch(profile.create_customer_in_async_mode);
            fact("  create customer in async mode (F0)", state)
        }));
        let customer = self.customer.as_ref();
        facts.push(fact("Default customer", default_customer.as_str()));
        facts.extend(customer.map(|it| fact("  customer group", it.customer_group.as_str())));
        facts.extend(customer.map(|it| fact("  currency", it.currency.as_str())));
        facts.extend(customer.map(|it| fact("  language", it.language.as_str())));
        facts.extend(customer.map(|it| fact("  receipts", it.receipt_option.as_str())));
        facts.push(fact("Database", database.as_str()));
        facts.extend(self.group.as_ref().map(|it| fact("  group", it.code.as_str())));
        facts.extend(self.group.as_ref().map(|group| {
            let state = switch(group.filter_shared_customer_data_tables);
            fact("  filter shared customer data tables (X)", state)
        }));
        facts.extend(self.database.iter().flat_map(registration));
        facts
    }
}

/// Which database goes by this name, and when it was heard of.
fn registration(database: &Database) -> Vec<[String; 2]> {
    if database.database_id.is_empty() {
        return vec![fact("  registered as", "not registered yet")];
    }
    let seen = database.last_seen_time.as_ref().and_then(output::time);
    vec![
        fact("  registered as", database.database_id.as_str()),
        fact("  program", database.program_version.as_str()),
        fact("  last seen", seen.unwrap_or_default()),
    ]
}

fn named(code: &str, name: &str) -> String {
    if name.is_empty() { code.to_owned() } else { format!("{code} ({name})") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown() -> Shown {
        let text = str::to_owned;
        let database =
            Database { name: text("store-1"), group: text("tills"), ..Database::default() };
        Shown {
            channel: Channel {
                operating_unit_number: text("HOUSTON"),
                country: text("US"),
                functionality_profile: text("real-time"),
                default_customer: text("default"),
                database: text("store-1"),
            },
            profile: Some(FunctionalityProfile {
                code: text("real-time"),
                display_name: text("At once"),
                create_customer_in_async_mode: false,
            }),
            customer: Some(DefaultCustomer {
                code: text("default"),
                customer_group: text("30"),
                currency: text("USD"),
                language: text("en-US"),
                receipt_option: text("EMAIL"),
            }),
            group: Some(DatabaseGroup {
                code: text("tills"),
                filter_shared_customer_data_tables: true,
                databases: vec![database.clone()],
            }),
            database: Some(database),
        }
    }

    #[test]
    fn all_that_it_refers_to_is_shown() {
        assert_eq!(
            output::columns(shown().facts()),
            "\
Channel                                   HOUSTON
Country                                   US
Profile                                   real-time (At once)
  create customer in async mode (F0)      off
Default customer                          default
  customer group                          30
  currency                                USD
  language                                en-US
  receipts                                EMAIL
Database                                  store-1
  group                                   tills
  filter shared customer data tables (X)  on
  registered as                           not registered yet"
        );
    }

    #[test]
    fn a_database_that_has_registered_says_when_it_was_heard_of() {
        let mut shown = shown();
        let time = prost_types::Timestamp { seconds: 1_700_000_000, nanos: 0 };
        shown.database = shown.database.map(|database| Database {
            database_id: "d".to_owned(),
            program_version: "0.1.0".to_owned(),
            last_seen_time: Some(time),
            ..database
        });
        let facts = output::columns(shown.facts());
        for part in ["  d\n", "  0.1.0\n", "  2023-11-14T22:13:20Z"] {
            assert!(facts.contains(part), "{part} is not in: {facts}");
        }
        let json = serde_json::to_value(shown.json()).unwrap();
        assert_eq!(json["database"]["last_seen_time"], "2023-11-14T22:13:20Z");
        assert_eq!(json["database_group"]["filter_shared_customer_data_tables"], true);
    }

    #[test]
    fn what_has_gone_is_left_out() {
        let bare = Shown { profile: None, customer: None, group: None, database: None, ..shown() };
        let facts = output::columns(bare.facts());
        assert_eq!(facts.lines().count(), 5, "{facts}");
        assert!(bare.json().database.is_none());
    }
}
