//! `csu channels list`

use clap::Args;

use crate::{
    cli::{
        Exit, Outcome,
        flags::{HeadquartersFlags, Output},
        headquarters::{Headquarters, json},
        output,
    },
    proto::headquarters::Channel,
};

/// List all channels with what they are made of
///
/// What a unit goes by is what the last 1070 brought to its database.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  csu channels list
  csu channels list --output json | jq -r '.channels[] | select(.database == \"store-1\")'")]
pub struct List {
    #[command(flatten)]
    client: HeadquartersFlags,
}

pub async fn run(list: &List) -> Outcome {
    let headquarters = Headquarters::connect(&list.client).await?;
    let channels = headquarters.channels().await?;
    match headquarters.output {
        Output::Json => {
            let channels = channels.iter().map(json::Channel::from).collect();
            output::print_json(&json::Channels { channels })?;
        }
        Output::Table if channels.is_empty() => output::note(&format!(
            "No channel yet: {}",
            headquarters.command("csu channels add NUMBER --database NAME")
        )),
        Output::Table => {
            let header = ["CHANNEL", "COUNTRY", "PROFILE", "DEFAULT CUSTOMER", "DATABASE"];
            output::print(&output::table(header, channels.iter().map(row)))?;
        }
    }
    Ok(Exit::Done)
}

fn row(channel: &Channel) -> [String; 5] {
    [
        channel.operating_unit_number.clone(),
        channel.country.clone(),
        channel.functionality_profile.clone(),
        channel.default_customer.clone(),
        channel.database.clone(),
    ]
}
