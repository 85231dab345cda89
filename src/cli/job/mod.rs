//! `csu job`: the jobs of a running headquarters.

mod cancel;
mod history;
mod json;
mod list;
mod retry;
mod run;
mod schedule;
mod sessions;
mod show;

use clap::Subcommand;

use crate::cli::{EXIT_CODES, Outcome, one_thread};

/// Run and watch the jobs by which headquarters and channel databases exchange data
///
/// 1010 brings customers and outcomes to channel databases, 1070 channels and profiles, 1110 features and limits.
/// P-0001 brings async writes to headquarters; synchronize makes customers of them.
#[derive(Debug, Subcommand)]
#[command(after_help = EXIT_CODES)]
pub enum Job {
    List(list::List),
    Run(run::Run),
    History(history::History),
    Cancel(cancel::Cancel),
    Schedule(schedule::Schedule),
    Sessions(sessions::Sessions),
    Retry(retry::Retry),
    CancelSession(retry::CancelSession),
}

pub fn run(job: &Job) -> Outcome {
    one_thread()?.block_on(async {
        match job {
            Job::List(list) => list::run(list).await,
            Job::Run(run) => run::run(run).await,
            Job::History(history) => history::run(history).await,
            Job::Cancel(cancel) => cancel::run(cancel).await,
            Job::Schedule(schedule) => schedule::run(schedule).await,
            Job::Sessions(sessions) => sessions::run(sessions).await,
            Job::Retry(retry) => retry::run(retry).await,
            Job::CancelSession(cancel) => retry::cancel(cancel).await,
        }
    })
}
