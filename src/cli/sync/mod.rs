//! `csu sync`: what became of the async operations of channels, by a running headquarters.

mod json;
mod list;
mod show;

use clap::Subcommand;

use crate::cli::{EXIT_CODES, Outcome, one_thread};

/// Show the async operations that channels have uploaded, and what became of them
#[derive(Debug, Subcommand)]
#[command(after_help = EXIT_CODES)]
pub enum Sync {
    List(list::List),
    Show(show::Show),
}

pub fn run(sync: &Sync) -> Outcome {
    one_thread()?.block_on(async {
        match sync {
            Sync::List(list) => list::run(list).await,
            Sync::Show(show) => show::run(show).await,
        }
    })
}
