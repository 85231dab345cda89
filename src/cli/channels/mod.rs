//! `csu channels`: the channels of a running headquarters.

mod add;
mod list;
mod show;

use clap::Subcommand;

use crate::cli::{EXIT_CODES, Outcome, one_thread};

/// List, show and add the channels of headquarters
#[derive(Debug, Subcommand)]
#[command(after_help = EXIT_CODES)]
pub enum Channels {
    List(list::List),
    Show(show::Show),
    Add(add::Add),
}

pub fn run(channels: &Channels) -> Outcome {
    one_thread()?.block_on(async {
        match channels {
            Channels::List(list) => list::run(list).await,
            Channels::Show(show) => show::run(show).await,
            Channels::Add(add) => add::run(add).await,
        }
    })
}
