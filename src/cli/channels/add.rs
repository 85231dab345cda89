//! `csu channels add`

use clap::Args;
use tonic::Code;

use crate::{
    cli::{
        Exit, Outcome,
        client::Refusal,
        flags::{HeadquartersFlags, Output},
        headquarters::{
            Headquarters, json,
            show::{fact, note_delay},
        },
        output::{self, shell_word},
    },
    proto::headquarters::{Channel, SaveChannelRequest},
};

/// Job that brings channels to the units.
const JOB: &str = "1070";

/// Add a channel
///
/// Its database is added with it where it is new. The unit that serves the database learns of the channel by job
/// 1070.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  csu channels add DALLAS --database store-1
  csu channels add BERLIN --database store-2 --country DE --profile async")]
pub struct Add {
    /// Operating unit number
    #[arg(value_name = "NUMBER")]
    number: String,
    /// Name of the channel database that serves it
    #[arg(long, value_name = "NAME")]
    database: String,
    /// Country of the operating unit, by its ISO 3166-1 alpha-2 code
    #[arg(long, value_name = "ISO3166", default_value = "US")]
    country: String,
    /// Code of the functionality profile
    #[arg(long, value_name = "CODE", default_value = "real-time")]
    profile: String,
    /// Code of the default customer
    #[arg(long, value_name = "CODE", default_value = "default")]
    default_customer: String,
    #[command(flatten)]
    client: HeadquartersFlags,
}

pub async fn run(add: &Add) -> Outcome {
    let headquarters = Headquarters::connect(&add.client).await?;
    // Save would replace it. Two administrators who add the same at once are theirs to sort out.
    let known = headquarters.channels().await?;
    if let Some(channel) = known.iter().find(|it| it.operating_unit_number == add.number) {
        return Err(headquarters.refused(exists(channel)));
    }
    let request = SaveChannelRequest { channel: Some(add.channel()) };
    let call = async |request| headquarters.setup().save_channel(request).await;
    let saved = headquarters.call(request, call).await?.channel;
    match headquarters.output {
        Output::Json => {
            let channel = saved.as_ref().map(json::Channel::from);
            output::print_json(&json::SavedChannel { channel })?;
        }
        Output::Table => {
            output::print(&output::columns(saved.iter().flat_map(facts)))?;
            note_delay(JOB, headquarters.output);
            output::note(&format!(
                "Database {0} is served by: csu serve --role channel --database-name {0}",
                shell_word(&add.database)
            ));
        }
    }
    Ok(Exit::Done)
}

fn exists(channel: &Channel) -> Refusal {
    let Channel { operating_unit_number: number, database, .. } = channel;
    let message = format!("channel {number} is there already, in database {database}");
    Refusal::by_us(Code::AlreadyExists, "CHANNEL_EXISTS", message)
        .with("channel", number)
        .with("database", database)
}

fn facts(channel: &Channel) -> [[String; 2]; 5] {
    [
        fact("Channel", channel.operating_unit_number.as_str()),
        fact("Country", channel.country.as_str()),
        fact("Profile", channel.functionality_profile.as_str()),
        fact("Default customer", channel.default_customer.as_str()),
        fact("Database", channel.database.as_str()),
    ]
}

impl Add {
    fn channel(&self) -> Channel {
        Channel {
            operating_unit_number: self.number.clone(),
            country: self.country.clone(),
            functionality_profile: self.profile.clone(),
            default_customer: self.default_customer.clone(),
            database: self.database.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        add: Add,
    }

    #[test]
    fn a_database_is_all_that_has_to_be_said() {
        let parse =
            |line: &str| Line::try_parse_from(line.split(' ')).map(|line| line.add.channel());
        let channel =
            parse("add BERLIN --database store-2").unwrap_or_else(|error| panic!("{error}"));
        let expected = Channel {
            operating_unit_number: "BERLIN".to_owned(),
            country: "US".to_owned(),
            functionality_profile: "real-time".to_owned(),
            default_customer: "default".to_owned(),
            database: "store-2".to_owned(),
        };
        assert_eq!(channel, expected);
        assert!(parse("add BERLIN").is_err() && parse("add --database store-2").is_err());
    }
}
