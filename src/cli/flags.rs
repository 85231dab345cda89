//! Flags that several commands share.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

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

/// Settings of a process that serves. All are texts: `settings` reads them, whoever says them.
#[derive(Debug, Args)]
pub struct UnitFlags {
    /// TOML file with settings [default: csu.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder of the SQLite database [default: ./data]
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
    /// Where gRPC is served [default: 127.0.0.1:50051]
    #[arg(long, value_name = "IP:PORT")]
    channel_listen: Option<String>,
    /// Where /metrics, /livez and /readyz are served [default: 127.0.0.1:8081]
    #[arg(long, value_name = "IP:PORT")]
    channel_http_listen: Option<String>,
    #[command(flatten)]
    database: DatabaseFlag,
    /// Name of the database towards headquarters; refused if it has another. A new one without is called store-1
    #[arg(long, value_name = "NAME")]
    database_name: Option<String>,
    /// How long a channel's cached configuration decides; 0s: no longer than one call [default: 60s]
    #[arg(long, value_name = "DURATION")]
    configuration_ttl: Option<String>,
    /// Longest call to headquarters [default: 3s]
    #[arg(long, value_name = "DURATION")]
    headquarters_timeout: Option<String>,
    /// Headquarters is not called with less time than this [default: 100ms]
    #[arg(long, value_name = "DURATION")]
    minimum_call_budget: Option<String>,
    /// Folder with the packages 1070.pkg and 1110.pkg to apply at the start, where they are newer than what the
    /// database has [default: a demo company with the channels HOUSTON and SEATTLE]
    #[arg(long, value_name = "DIR")]
    packages: Option<String>,
    /// What is logged to standard error, such as csu=debug,sqlx=warn [default: info]
    #[arg(long, value_name = "FILTER")]
    log: Option<String>,
    /// How log lines look: human or json [default: human]
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<String>,
}

/// Which database.
#[derive(Debug, Args)]
pub struct DatabaseFlag {
    #[arg(
        long,
        value_name = "URL",
        help = "sqlite:PATH or postgres://USER@HOST/DATABASE; a password is better off in the environment, \
                CSU__CHANNEL__DATABASE [default: sqlite:./data/channel.db]"
    )]
    channel_database: Option<String>,
}

/// Settings of a command that only needs the database.
#[derive(Debug, Args)]
pub struct MigrateFlags {
    /// TOML file with settings [default: csu.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder of the SQLite database [default: ./data]
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
    #[command(flatten)]
    database: DatabaseFlag,
    /// What to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub output: Output,
}

/// Settings of a command that calls a running unit.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Connection and output")]
pub struct ClientFlags {
    #[arg(
        long,
        value_name = "URL",
        help = "The unit to call; also by CSU__CLIENT__SERVER [default: http://127.0.0.1:50051]"
    )]
    server: Option<String>,
    /// Longest wait for the connection, and for each answer [default: 10s]
    #[arg(long, value_name = "DURATION")]
    timeout: Option<String>,
    /// What to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub output: Output,
    /// TOML file with settings [default: csu.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl UnitFlags {
    pub fn layers(&self) -> Result<Layers, SettingsError> {
        in_this_environment(self.said())
    }

    fn said(&self) -> Said {
        said(
            self.config.clone(),
            [
                ("data", "--data", &self.data),
                ("channel.listen", "--channel-listen", &self.channel_listen),
                ("channel.http_listen", "--channel-http-listen", &self.channel_http_listen),
                ("channel.database", "--channel-database", &self.database.channel_database),
                ("channel.database_name", "--database-name", &self.database_name),
                ("channel.configuration_ttl", "--configuration-ttl", &self.configuration_ttl),
                ("channel.packages", "--packages", &self.packages),
                ("headquarters.timeout", "--headquarters-timeout", &self.headquarters_timeout),
                (
                    "headquarters.minimum_call_budget",
                    "--minimum-call-budget",
                    &self.minimum_call_budget,
                ),
                ("log.filter", "--log", &self.log),
                ("log.format", "--log-format", &self.log_format),
            ],
        )
    }
}

impl MigrateFlags {
    pub fn layers(&self) -> Result<Layers, SettingsError> {
        in_this_environment(self.said())
    }

    fn said(&self) -> Said {
        said(
            self.config.clone(),
            [
                ("data", "--data", &self.data),
                ("channel.database", "--channel-database", &self.database.channel_database),
            ],
        )
    }
}

impl ClientFlags {
    pub fn layers(&self) -> Result<Layers, SettingsError> {
        in_this_environment(self.said())
    }

    fn said(&self) -> Said {
        said(
            self.config.clone(),
            [
                ("client.server", "--server", &self.server),
                ("client.timeout", "--timeout", &self.timeout),
            ],
        )
    }
}

fn said<const N: usize>(
    file: Option<PathBuf>,
    flags: [(&'static str, &'static str, &Option<String>); N],
) -> Said {
    let given = flags
        .into_iter()
        .filter_map(|(key, name, value)| value.clone().map(|value| Flag { key, name, value }));
    Said { file, environment: Vec::new(), flags: given.collect() }
}

fn in_this_environment(said: Said) -> Result<Layers, SettingsError> {
    Layers::new(Said { environment: std::env::vars_os().collect(), ..said })
}

#[cfg(test)]
mod tests {
    use clap::{Command, FromArgMatches as _};

    use super::*;

    /// Value that the help of each flag calls its default.
    fn documented_defaults(command: &Command) -> Vec<(String, String)> {
        let default = |arg: &clap::Arg| {
            let help = arg.get_help()?.to_string();
            let (_, after) = help.split_once("[default: ")?;
            let (default, _) = after.split_once(']')?;
            Some((format!("--{}", arg.get_long()?), default.to_owned()))
        };
        command.get_arguments().filter_map(default).filter(|(_, it)| !it.contains(' ')).collect()
    }

    fn rows(layers: &Layers) -> Vec<(String, String)> {
        let (_, unit) = layers.unit().unwrap();
        let (_, client) = layers.client().unwrap();
        unit.into_iter().chain(client).map(|row| (row.key.to_owned(), row.value)).collect()
    }

    #[test]
    fn defaults_are_what_the_help_says() {
        let unit = UnitFlags::augment_args(Command::new("csu"));
        let client = ClientFlags::augment_args(Command::new("csu"));
        let given = |command: &Command| -> Vec<String> {
            let defaults = documented_defaults(command).into_iter();
            ["csu".to_owned()].into_iter().chain(defaults.flat_map(|(a, b)| [a, b])).collect()
        };
        assert_eq!((given(&unit).len(), given(&client).len()), (1 + 2 * 9, 1 + 2 * 2));
        let rows = |said: Said| rows(&Layers::new(said).unwrap());
        let default = rows(Said::default());
        let matches = unit.clone().get_matches_from(given(&unit));
        assert_eq!(rows(UnitFlags::from_arg_matches(&matches).unwrap().said()), default);
        let matches = client.clone().get_matches_from(given(&client));
        assert_eq!(rows(ClientFlags::from_arg_matches(&matches).unwrap().said()), default);
    }
}
