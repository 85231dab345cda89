//! `csu profile show`

use clap::Args;

use crate::cli::{
    Exit, Outcome,
    flags::{HeadquartersFlags, Output},
    headquarters::{Headquarters, json, show::fact},
    output,
    profile::{facts, not_found},
};

/// Show a functionality profile with the channels that have it
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  csu profile show real-time
  csu profile show async --output json | jq -r '.channels[].operating_unit_number'")]
pub struct Show {
    /// Code of the profile
    #[arg(value_name = "CODE")]
    code: String,
    #[command(flatten)]
    client: HeadquartersFlags,
}

pub async fn run(show: &Show) -> Outcome {
    let headquarters = Headquarters::connect(&show.client).await?;
    let profiles = headquarters.profiles().await?;
    let Some(profile) = profiles.iter().find(|profile| profile.code == show.code) else {
        return Err(not_found(&headquarters, &show.code, "", &profiles));
    };
    let mut channels = headquarters.channels().await?;
    channels.retain(|channel| channel.functionality_profile == show.code);
    match headquarters.output {
        Output::Json => {
            output::print_json(&json::ShownProfile {
                functionality_profile: profile.into(),
                channels: channels.iter().map(json::Channel::from).collect(),
            })?;
        }
        Output::Table => {
            let numbers: Vec<_> =
                channels.iter().map(|channel| channel.operating_unit_number.as_str()).collect();
            let numbers = if numbers.is_empty() { "none".to_owned() } else { numbers.join(", ") };
            let mut facts = facts(profile);
            facts.push(fact("Channels", numbers));
            output::print(&output::columns(facts))?;
        }
    }
    Ok(Exit::Done)
}
