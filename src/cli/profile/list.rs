//! `csu profile list`

use clap::Args;

use crate::{
    cli::{
        Exit, Outcome,
        flags::{HeadquartersFlags, Output},
        headquarters::{Headquarters, json, show::switch},
        output,
    },
    proto::headquarters::FunctionalityProfile,
};

/// List all functionality profiles
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  csu profile list
  csu profile list --output json | jq -r '.functionality_profiles[].code'")]
pub struct List {
    #[command(flatten)]
    client: HeadquartersFlags,
}

pub async fn run(list: &List) -> Outcome {
    let headquarters = Headquarters::connect(&list.client).await?;
    let profiles = headquarters.profiles().await?;
    match headquarters.output {
        Output::Json => {
            let functionality_profiles =
                profiles.iter().map(json::FunctionalityProfile::from).collect();
            output::print_json(&json::Profiles { functionality_profiles })?;
        }
        Output::Table => {
            let header = ["PROFILE", "CREATE CUSTOMER IN ASYNC MODE", "NAME"];
            output::print(&output::table(header, profiles.iter().map(row)))?;
        }
    }
    Ok(Exit::Done)
}

fn row(profile: &FunctionalityProfile) -> [String; 3] {
    let in_async_mode = switch(profile.create_customer_in_async_mode).to_owned();
    [profile.code.clone(), in_async_mode, profile.display_name.clone()]
}
