//! `csu profile set`

use clap::{Args, ValueEnum};

use crate::{
    cli::{
        Exit, Outcome,
        flags::{HeadquartersFlags, Output},
        headquarters::{Headquarters, json, show},
        output,
        profile::{facts, not_found},
    },
    proto::headquarters::{FunctionalityProfile, SaveFunctionalityProfileRequest},
};

/// Job that brings profiles to the channels.
const JOB: &str = "1070";

/// Change a functionality profile, or add one
///
/// Channels learn of a change by job 1070, and go by it when their cached configuration has expired.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  csu profile set real-time --create-customer-in-async-mode on
  csu profile set pop-up --create-customer-in-async-mode on --name 'Pop-up stores' --add")]
pub struct Set {
    /// Code of the profile
    #[arg(value_name = "CODE")]
    code: String,
    /// Whether customers are created in the channel and sent to headquarters later (F0)
    #[arg(long, value_enum, value_name = "on|off")]
    create_customer_in_async_mode: Switch,
    /// Its name [default: as it is]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Add the profile if there is none with this code
    #[arg(long)]
    add: bool,
    #[command(flatten)]
    client: HeadquartersFlags,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Switch {
    On,
    Off,
}

pub async fn run(set: &Set) -> Outcome {
    let headquarters = Headquarters::connect(&set.client).await?;
    let known = headquarters.profiles().await?;
    let old = known.iter().find(|profile| profile.code == set.code);
    if old.is_none() && !set.add {
        return Err(not_found(&headquarters, &set.code, "; --add adds it", &known));
    }
    let request = SaveFunctionalityProfileRequest { functionality_profile: Some(set.profile(old)) };
    let call = async |request| headquarters.setup().save_functionality_profile(request).await;
    let saved = headquarters.call(request, call).await?.functionality_profile;
    match headquarters.output {
        Output::Json => {
            let functionality_profile = saved.as_ref().map(json::FunctionalityProfile::from);
            output::print_json(&json::SavedProfile { functionality_profile })?;
        }
        Output::Table => {
            output::print(&output::columns(saved.iter().flat_map(facts)))?;
        }
    }
    show::note_delay(JOB, headquarters.output);
    Ok(Exit::Done)
}

impl Set {
    /// Headquarters replaces what is there whole: what is not said stays as it is.
    fn profile(&self, old: Option<&FunctionalityProfile>) -> FunctionalityProfile {
        let old = old.cloned().unwrap_or_default();
        FunctionalityProfile {
            code: self.code.clone(),
            display_name: self.name.clone().unwrap_or(old.display_name),
            create_customer_in_async_mode: self.create_customer_in_async_mode == Switch::On,
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
        set: Set,
    }

    #[test]
    fn the_name_stays_unless_it_is_said() {
        let profile = |line: &str, old: Option<&FunctionalityProfile>| {
            let line = format!("set a --create-customer-in-async-mode {line}");
            Line::try_parse_from(line.split(' '))
                .unwrap_or_else(|error| panic!("{error}"))
                .set
                .profile(old)
        };
        let old = FunctionalityProfile {
            code: "a".to_owned(),
            display_name: "A".to_owned(),
            create_customer_in_async_mode: false,
        };
        let on = FunctionalityProfile { create_customer_in_async_mode: true, ..old.clone() };
        assert_eq!(profile("on", Some(&old)), on);
        assert_eq!(profile("off", Some(&on)), old);
        assert_eq!(profile("off --name B", Some(&old)).display_name, "B");
        assert_eq!(profile("off --name=", Some(&old)).display_name, "");
        assert_eq!(profile("on", None).display_name, "");
    }
}
