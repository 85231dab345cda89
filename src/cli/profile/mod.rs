//! `csu profile`: the functionality profiles of a running headquarters.

mod list;
mod set;
mod show;

use clap::Subcommand;

use crate::{
    cli::{
        EXIT_CODES, Failure, Outcome,
        headquarters::{Headquarters, show::fact, show::switch},
        one_thread,
    },
    proto::headquarters::FunctionalityProfile,
};

/// Show and set functionality profiles, which say how channels create customers
#[derive(Debug, Subcommand)]
#[command(after_help = EXIT_CODES)]
pub enum Profile {
    List(list::List),
    Show(show::Show),
    Set(set::Set),
}

pub fn run(profile: &Profile) -> Outcome {
    one_thread()?.block_on(async {
        match profile {
            Profile::List(list) => list::run(list).await,
            Profile::Show(show) => show::run(show).await,
            Profile::Set(set) => set::run(set).await,
        }
    })
}

fn facts(profile: &FunctionalityProfile) -> Vec<[String; 2]> {
    vec![
        fact("Profile", profile.code.as_str()),
        fact("Name", profile.display_name.as_str()),
        fact("Create customer in async mode (F0)", switch(profile.create_customer_in_async_mode)),
    ]
}

fn not_found(
    headquarters: &Headquarters,
    code: &str,
    advice: &str,
    known: &[FunctionalityProfile],
) -> Failure {
    let known: Vec<_> = known.iter().map(|profile| profile.code.as_str()).collect();
    let message = format!("there is no functionality profile {code:?}{advice}");
    headquarters.not_found("CODE_NOT_FOUND", message, &known)
}
