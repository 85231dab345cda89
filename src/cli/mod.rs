//! The command line: one file a command. The only place that reads the environment and writes to standard output.

mod bench;
mod channels;
mod client;
mod config;
mod customer;
mod feature;
mod flags;
mod headquarters;
mod job;
mod migrate;
mod output;
mod profile;
mod serve;
mod settings;
mod sync;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tokio::runtime::{Builder, Runtime};

use crate::cli::{client::CallError, flags::Output, settings::SettingsError};

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  failed
  2  wrong arguments or settings
  3  refused: invalid input, or against the rules; repeating does not help
  4  not found
  5  not reachable now: repeat, a write with the same request id";

const EXAMPLES: &str = "\
Examples:
  csu                                      serve with the defaults: SQLite in ./data, a demo company
  csu serve --data /srv/csu                the same, elsewhere
  csu serve --role headquarters            headquarters alone
  csu config show                          the settings that count, and who set them
  csu customer create --channel SEATTLE --first-name Ada --last-name Birch
  csu customer search --name 'ada bir'
  csu channels add BERLIN --database store-2 --country DE
  csu profile set real-time --create-customer-in-async-mode on
  csu feature disable async-customer-editing
  csu job run 1010                         bring customers and outcomes to all channel databases now
  csu job history --sessions               what jobs have done, database by database
  csu sync list --status failed            async operations that somebody has to look after
  csu bench --quick                        how fast all this is here

Settings come from defaults, then the file (--config, csu.toml), then the environment
(CSU__CHANNEL__LISTEN sets channel.listen), then flags; the last one wins.";

/// An open Commerce Scale Unit: real-time and async customer management over gRPC.
///
/// Without a command it serves, as `csu serve` does.
#[derive(Debug, Parser)]
#[command(
    name = "csu",
    version,
    args_conflicts_with_subcommands = true,
    after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}")
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: serve::Serve,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Serve),
    Migrate(migrate::Migrate),
    #[command(subcommand)]
    Config(config::Config),
    #[command(subcommand)]
    Customer(customer::Customer),
    #[command(subcommand)]
    Channels(channels::Channels),
    #[command(subcommand)]
    Profile(profile::Profile),
    #[command(subcommand)]
    Feature(feature::Feature),
    #[command(subcommand)]
    Job(job::Job),
    #[command(subcommand)]
    Sync(sync::Sync),
    Bench(bench::Bench),
}

/// What scripts can rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exit {
    Done = 0,
    Failed = 1,
    Usage = 2,
    /// Invalid input, or against the rules. Repeating does not help.
    Refused = 3,
    NotFound = 4,
    /// Repeat, a write with the same request id.
    NotReachable = 5,
}

/// Why a command came to nothing.
#[derive(Debug)]
enum Failure {
    /// Wrong arguments or settings.
    Usage(String),
    /// A unit or headquarters did not do what it was asked, in the form that was asked for.
    Call(Box<CallError>, Output),
    Other(anyhow::Error),
}

/// What became of a command that has printed its result.
type Outcome = Result<Exit, Failure>;

/// Does what the process' arguments say.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // Help and version are asked for, and no error.
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Done }.into();
        }
    };
    let outcome = match cli.command {
        None => serve::run(&cli.serve),
        Some(Command::Serve(serve)) => serve::run(&serve),
        Some(Command::Migrate(migrate)) => migrate::run(&migrate),
        Some(Command::Config(config)) => config::run(&config),
        Some(Command::Customer(customer)) => customer::run(customer),
        Some(Command::Channels(channels)) => channels::run(&channels),
        Some(Command::Profile(profile)) => profile::run(&profile),
        Some(Command::Feature(feature)) => feature::run(&feature),
        Some(Command::Job(job)) => job::run(&job),
        Some(Command::Sync(sync)) => sync::run(&sync),
        Some(Command::Bench(bench)) => bench::run(&bench),
    };
    outcome.unwrap_or_else(Failure::report).into()
}

/// For a command that does one thing after the other.
fn one_thread() -> anyhow::Result<Runtime> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}

impl Failure {
    fn report(self) -> Exit {
        match self {
            Self::Usage(text) => {
                output::error(&text);
                Exit::Usage
            }
            Self::Call(error, output) => error.report(output),
            Self::Other(error) => {
                output::error(&format!("{error:#}"));
                Exit::Failed
            }
        }
    }
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn no_command_serves_and_takes_its_flags() {
        let parse = |line: &str| Cli::try_parse_from(line.split(' '));
        assert!(parse("csu").unwrap().command.is_none());
        assert!(parse("csu --data x --log debug").unwrap().command.is_none());
        assert!(matches!(parse("csu serve --data x").unwrap().command, Some(Command::Serve(_))));
        for line in [
            "csu --data x config show",
            "csu customer",
            "csu migrate --channel-listen x",
            "csu feature",
        ] {
            assert!(parse(line).unwrap_err().use_stderr(), "{line}");
        }
    }

    #[test]
    fn every_command_says_what_it_does_and_shows_an_example() {
        fn visit(command: &clap::Command, path: &str) {
            let path = format!("{path} {}", command.get_name());
            assert!(command.get_about().is_some(), "{path}");
            if command.has_subcommands() {
                command.get_subcommands().for_each(|inner| visit(inner, &path));
            } else {
                let help = command.get_after_help().unwrap_or_default().to_string();
                assert!(help.contains("Example") && help.contains(path.trim()), "{path}: {help}");
            }
            for arg in command.get_arguments() {
                assert!(arg.get_help().is_some(), "{path} {}", arg.get_id());
            }
        }
        visit(&Cli::command(), "");
    }
}
