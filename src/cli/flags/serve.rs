//! Flags of a process that serves, and of `csu migrate`, which works on its databases.

use std::path::PathBuf;

use clap::Args;

use crate::cli::{
    flags::{Given, Output, in_this_environment, said},
    settings::{CHANNEL_DATABASE, HEADQUARTERS_DATABASE, Layers, Said, SettingsError},
};

/// Settings of a process that serves. All are texts: `settings` reads them, whoever says them.
#[derive(Debug, Args)]
pub struct ServeFlags {
    /// What this process is: all, channel, headquarters or offline [default: all]
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    /// TOML file with settings [default: csu.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder of the SQLite databases [default: ./data]
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
    #[command(flatten)]
    channel: ChannelFlags,
    #[command(flatten)]
    headquarters: HeadquartersRoleFlags,
    #[command(flatten)]
    log: LogFlags,
}

/// Of the scale unit.
#[derive(Debug, Args)]
#[command(next_help_heading = "Scale unit")]
struct ChannelFlags {
    /// Where the unit serves gRPC [default: 127.0.0.1:50051]
    #[arg(long, value_name = "IP:PORT")]
    channel_listen: Option<String>,
    /// Where the unit serves /metrics, /livez and /readyz [default: 127.0.0.1:8081]
    #[arg(long, value_name = "IP:PORT")]
    channel_http_listen: Option<String>,
    #[command(flatten)]
    database: ChannelDatabase,
    /// Name of the channel database towards headquarters; refused if it has another. A new one without is called store-1
    #[arg(long, value_name = "NAME")]
    database_name: Option<String>,
    /// How long a channel's cached configuration decides; 0s: no longer than one call [default: 60s]
    #[arg(long, value_name = "DURATION")]
    configuration_ttl: Option<String>,
    #[arg(
        long,
        value_name = "URL",
        help = "The headquarters of role channel and offline; role all calls its own [default: http://127.0.0.1:50052]"
    )]
    headquarters: Option<String>,
    /// Longest call to headquarters [default: 3s]
    #[arg(long, value_name = "DURATION")]
    headquarters_timeout: Option<String>,
    /// Headquarters is not called with less time than this [default: 100ms]
    #[arg(long, value_name = "DURATION")]
    minimum_call_budget: Option<String>,
    /// After so many calls without answer in a row headquarters counts as not reachable [default: 5]
    #[arg(long, value_name = "COUNT")]
    breaker_failures: Option<String>,
}

/// Of headquarters.
#[derive(Debug, Args)]
#[command(next_help_heading = "Headquarters")]
struct HeadquartersRoleFlags {
    /// Where headquarters serves gRPC [default: 127.0.0.1:50052]
    #[arg(long, value_name = "IP:PORT")]
    headquarters_listen: Option<String>,
    /// Where headquarters serves /metrics, /livez and /readyz [default: 127.0.0.1:8080]
    #[arg(long, value_name = "IP:PORT")]
    headquarters_http_listen: Option<String>,
    #[command(flatten)]
    database: HeadquartersDatabase,
    /// true or false: a new headquarters database begins with the demo company, whose channels HOUSTON and SEATTLE
    /// belong to the channel database of this process [default: true for role all, else false]
    #[arg(long, value_name = "BOOL")]
    demo: Option<String>,
    /// What makes jobs run by themselves: continuous (there is something to do), scheduled (their recurrences) or
    /// manual (nothing does) [default: continuous]
    #[arg(long, value_name = "MODE")]
    jobs: Option<String>,
}

/// Of the log.
#[derive(Debug, Args)]
#[command(next_help_heading = "Log")]
struct LogFlags {
    /// What is logged to standard error, such as csu=debug,sqlx=warn [default: info]
    #[arg(long, value_name = "FILTER")]
    log: Option<String>,
    /// How log lines look: human or json [default: human]
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<String>,
}

/// Which channel database.
#[derive(Debug, Args)]
struct ChannelDatabase {
    #[arg(
        long,
        value_name = "URL",
        help = "sqlite:PATH or postgres://USER@HOST/DATABASE; a password is better off in the environment, \
                CSU__CHANNEL__DATABASE [default: sqlite:./data/channel.db]"
    )]
    channel_database: Option<String>,
}

/// Which headquarters database.
#[derive(Debug, Args)]
struct HeadquartersDatabase {
    #[arg(
        long,
        value_name = "URL",
        help = "The same for headquarters, CSU__HEADQUARTERS__DATABASE [default: sqlite:./data/headquarters.db]"
    )]
    headquarters_database: Option<String>,
}

/// Settings of a command that only needs the databases.
#[derive(Debug, Args)]
pub struct MigrateFlags {
    /// TOML file with settings [default: csu.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder of the SQLite databases [default: ./data]
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
    #[command(flatten)]
    channel: ChannelDatabase,
    #[command(flatten)]
    headquarters: HeadquartersDatabase,
    /// What to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub output: Output,
}

impl ServeFlags {
    pub fn layers(&self) -> Result<Layers, SettingsError> {
        in_this_environment(self.said())
    }

    pub(super) fn said(&self) -> Said {
        let own = [("role", "--role", &self.role), ("data", "--data", &self.data)];
        let (channel, headquarters) = (self.channel.given(), self.headquarters.given());
        let flags = own.into_iter().chain(channel).chain(headquarters).chain(self.log.given());
        said(self.config.clone(), flags)
    }
}

impl ChannelFlags {
    fn given(&self) -> [Given<'_>; 9] {
        [
            ("channel.listen", "--channel-listen", &self.channel_listen),
            ("channel.http_listen", "--channel-http-listen", &self.channel_http_listen),
            self.database.given(),
            ("channel.database_name", "--database-name", &self.database_name),
            ("channel.configuration_ttl", "--configuration-ttl", &self.configuration_ttl),
            ("headquarters.url", "--headquarters", &self.headquarters),
            ("headquarters.timeout", "--headquarters-timeout", &self.headquarters_timeout),
            (
                "headquarters.minimum_call_budget",
                "--minimum-call-budget",
                &self.minimum_call_budget,
            ),
            ("headquarters.breaker_failures", "--breaker-failures", &self.breaker_failures),
        ]
    }
}

impl HeadquartersRoleFlags {
    fn given(&self) -> [Given<'_>; 5] {
        let http_listen = &self.headquarters_http_listen;
        [
            ("headquarters.listen", "--headquarters-listen", &self.headquarters_listen),
            ("headquarters.http_listen", "--headquarters-http-listen", http_listen),
            self.database.given(),
            ("headquarters.demo", "--demo", &self.demo),
            ("headquarters.jobs", "--jobs", &self.jobs),
        ]
    }
}

impl LogFlags {
    fn given(&self) -> [Given<'_>; 2] {
        [("log.filter", "--log", &self.log), ("log.format", "--log-format", &self.log_format)]
    }
}

impl ChannelDatabase {
    fn given(&self) -> Given<'_> {
        (CHANNEL_DATABASE, "--channel-database", &self.channel_database)
    }
}

impl HeadquartersDatabase {
    fn given(&self) -> Given<'_> {
        (HEADQUARTERS_DATABASE, "--headquarters-database", &self.headquarters_database)
    }
}

impl MigrateFlags {
    pub fn layers(&self) -> Result<Layers, SettingsError> {
        in_this_environment(self.said())
    }

    /// Keys of the databases that flags name.
    pub fn databases(&self) -> Vec<&'static str> {
        let given = [self.channel.given(), self.headquarters.given()].into_iter();
        given.filter(|(_, _, value)| value.is_some()).map(|(key, _, _)| key).collect()
    }

    fn said(&self) -> Said {
        let data = ("data", "--data", &self.data);
        said(self.config.clone(), [data, self.channel.given(), self.headquarters.given()])
    }
}
