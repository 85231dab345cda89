//! Flags that several commands share.

mod client;
mod serve;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use clap::ValueEnum;
pub use client::{ClientFlags, HeadquartersFlags};
pub use serve::{MigrateFlags, ServeFlags};

use crate::cli::settings::{Flag, Layers, Said, SettingsError};

/// What a command prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Output {
    /// For eyes; it may change between versions.
    #[default]
    Table,
    /// For programs: keys as in the protos, stable.
    Json,
}

/// A flag of a command: the setting that it sets, how it is typed, and what was given.
type Given<'a> = (&'static str, &'static str, &'a Option<String>);

fn said<'a>(file: Option<PathBuf>, flags: impl IntoIterator<Item = Given<'a>>) -> Said {
    let given = flags
        .into_iter()
        .filter_map(|(key, name, value)| value.clone().map(|value| Flag { key, name, value }));
    Said { file, environment: Vec::new(), flags: given.collect() }
}

fn in_this_environment(said: Said) -> Result<Layers, SettingsError> {
    Layers::new(Said { environment: std::env::vars_os().collect(), ..said })
}
