//! Settings of a process that serves, whatever its role.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use clap::ValueEnum;
use http::Uri;

use crate::{
    channel::{operations::CallBudget, writer::DEFAULT_QUEUE},
    cli::settings::{Reader, Settings, kind},
    domain::{job::JobMode, routing::Connectivity},
    roles::{channel::ChannelSettings, headquarters::HeadquartersSettings},
    server::{grpc::ServerLimits, telemetry::LogFormat},
    storage::DatabaseUrl,
};

/// What a new channel database is called.
const DEFAULT_DATABASE_NAME: &str = "store-1";

/// Settings that are asked for by name.
pub const CHANNEL_DATABASE: &str = "channel.database";
pub const HEADQUARTERS_DATABASE: &str = "headquarters.database";
pub const HEADQUARTERS_URL: &str = "headquarters.url";

/// What a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Role {
    /// A headquarters and a scale unit that calls it.
    #[default]
    All,
    /// A scale unit.
    Channel,
    Headquarters,
    /// The scale unit of a till without connection.
    Offline,
}

/// Of a process that serves.
#[derive(Debug, Clone)]
pub struct ServeSettings {
    pub role: Role,
    pub data: PathBuf,
    pub channel: ChannelPart,
    pub headquarters: HeadquartersPart,
    pub log_filter: String,
    pub log_format: LogFormat,
}

/// Of its scale unit.
#[derive(Debug, Clone)]
pub struct ChannelPart {
    pub listen: SocketAddr,
    pub http_listen: SocketAddr,
    pub database: DatabaseUrl,
    /// `None`: whatever the database is called.
    pub database_name: Option<String>,
    pub configuration_ttl: Duration,
    pub drain_limit: Duration,
    pub writer_queue: usize,
    pub concurrent_calls: usize,
    /// Where role channel and offline have their headquarters.
    pub headquarters: Uri,
    pub call_budget: CallBudget,
    pub breaker_failures: u32,
}

/// Of its headquarters.
#[derive(Debug, Clone)]
pub struct HeadquartersPart {
    pub listen: SocketAddr,
    pub http_listen: SocketAddr,
    pub database: DatabaseUrl,
    /// A new database begins with the demo company.
    pub demo: bool,
    /// What makes its jobs run by themselves.
    pub jobs: JobMode,
}

impl Settings for ServeSettings {
    fn read(&mut self, reader: &mut Reader<'_>) {
        reader.set("role", &mut self.role, &kind::ROLE);
        reader.set("data", &mut self.data, &kind::FOLDER);
        // What goes by the role and the folder unless it is said.
        let file = if self.role == Role::Offline { "offline.db" } else { "channel.db" };
        self.channel.database = DatabaseUrl::Sqlite(self.data.join(file));
        self.headquarters.database = DatabaseUrl::Sqlite(self.data.join("headquarters.db"));
        self.headquarters.demo = self.role == Role::All;
        self.channel.read(reader);
        self.headquarters.read(reader);
        self.channel.read_calls(reader);
        reader.set("log.filter", &mut self.log_filter, &kind::LOG_FILTER);
        reader.set("log.format", &mut self.log_format, &kind::LOG_FORMAT);
        self.validate(reader);
    }
}

impl ChannelPart {
    fn read(&mut self, reader: &mut Reader<'_>) {
        reader.set("channel.listen", &mut self.listen, &kind::ADDRESS);
        reader.set("channel.http_listen", &mut self.http_listen, &kind::ADDRESS);
        reader.set(CHANNEL_DATABASE, &mut self.database, &kind::DATABASE);
        reader.set("channel.database_name", &mut self.database_name, &kind::OPTIONAL_NAME);
        reader.set("channel.configuration_ttl", &mut self.configuration_ttl, &kind::DURATION);
        reader.set("channel.drain_limit", &mut self.drain_limit, &kind::DURATION);
        reader.set("channel.writer_queue", &mut self.writer_queue, &kind::COUNT);
        reader.set("channel.concurrent_calls", &mut self.concurrent_calls, &kind::COUNT);
    }

    /// How headquarters is called. Beside headquarters' own, as it is about them.
    fn read_calls(&mut self, reader: &mut Reader<'_>) {
        let budget = &mut self.call_budget;
        let timeout = &mut budget.headquarters_timeout;
        reader.set(HEADQUARTERS_URL, &mut self.headquarters, &kind::SERVER);
        reader.set("headquarters.timeout", timeout, &kind::POSITIVE_DURATION);
        reader.set("headquarters.minimum_call_budget", &mut budget.minimum, &kind::DURATION);
        reader.set("headquarters.breaker_failures", &mut self.breaker_failures, &kind::FEW);
    }
}

impl HeadquartersPart {
    fn read(&mut self, reader: &mut Reader<'_>) {
        reader.set("headquarters.listen", &mut self.listen, &kind::ADDRESS);
        reader.set("headquarters.http_listen", &mut self.http_listen, &kind::ADDRESS);
        reader.set(HEADQUARTERS_DATABASE, &mut self.database, &kind::DATABASE);
        reader.set("headquarters.demo", &mut self.demo, &kind::SWITCH);
        reader.set("headquarters.jobs", &mut self.jobs, &kind::JOB_MODE);
    }
}

impl Default for ServeSettings {
    fn default() -> Self {
        let limits = ServerLimits::default();
        let data = PathBuf::from("./data");
        Self {
            role: Role::default(),
            channel: ChannelPart {
                listen: (Ipv4Addr::LOCALHOST, 50_051).into(),
                http_listen: (Ipv4Addr::LOCALHOST, 8_081).into(),
                database: DatabaseUrl::Sqlite(data.join("channel.db")),
                database_name: None,
                configuration_ttl: ChannelSettings::default().configuration_ttl,
                drain_limit: limits.drain_limit,
                writer_queue: DEFAULT_QUEUE,
                concurrent_calls: limits.concurrent_calls,
                headquarters: Uri::from_static("http://127.0.0.1:50052"),
                call_budget: CallBudget::default(),
                breaker_failures: ChannelSettings::default().breaker_failures,
            },
            headquarters: HeadquartersPart {
                listen: (Ipv4Addr::LOCALHOST, 50_052).into(),
                http_listen: (Ipv4Addr::LOCALHOST, 8_080).into(),
                database: DatabaseUrl::Sqlite(data.join("headquarters.db")),
                demo: true,
                jobs: HeadquartersSettings::default().jobs,
            },
            data,
            log_filter: "info".to_owned(),
            log_format: LogFormat::default(),
        }
    }
}

impl Role {
    pub const fn has_channel(self) -> bool {
        matches!(self, Self::All | Self::Channel | Self::Offline)
    }

    pub const fn has_headquarters(self) -> bool {
        matches!(self, Self::All | Self::Headquarters)
    }

    /// As it is typed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Channel => "channel",
            Self::Headquarters => "headquarters",
            Self::Offline => "offline",
        }
    }
}

impl ServeSettings {
    /// Rules between settings.
    fn validate(&self, reader: &mut Reader<'_>) {
        let (channel, headquarters) = (&self.channel, &self.headquarters);
        let addresses = [
            ("channel.listen", self.role.has_channel(), channel.listen),
            ("channel.http_listen", self.role.has_channel(), channel.http_listen),
            ("headquarters.listen", self.role.has_headquarters(), headquarters.listen),
            ("headquarters.http_listen", self.role.has_headquarters(), headquarters.http_listen),
        ];
        let mut taken: Vec<(&str, SocketAddr)> = Vec::new();
        for (key, _, address) in addresses.into_iter().filter(|(_, is_used, _)| *is_used) {
            match taken.iter().find(|(_, other)| *other == address && address.port() != 0) {
                Some((other, _)) => reader.refuse(key, &format!("{address} is {other} already")),
                None => taken.push((key, address)),
            }
        }
        if self.role == Role::All
            && channel.database.to_string() == headquarters.database.to_string()
        {
            let text = "it is channel.database already; each needs a database of its own";
            reader.refuse(HEADQUARTERS_DATABASE, text);
        }
        let CallBudget { minimum, headquarters_timeout, .. } = channel.call_budget;
        if minimum > headquarters_timeout {
            reader.refuse(
                "headquarters.minimum_call_budget",
                "it is longer than headquarters.timeout, so that no call would be made",
            );
        }
    }

    /// What a new channel database is called.
    pub fn new_database_name(&self) -> &str {
        self.channel.database_name.as_deref().unwrap_or(DEFAULT_DATABASE_NAME)
    }

    pub fn of_headquarters(&self) -> HeadquartersSettings {
        HeadquartersSettings { jobs: self.headquarters.jobs, ..HeadquartersSettings::default() }
    }

    /// As the role wants them.
    pub fn of_channel(&self) -> ChannelSettings {
        let channel = &self.channel;
        let offline = self.role == Role::Offline;
        ChannelSettings {
            configuration_ttl: channel.configuration_ttl,
            connectivity: if offline { Connectivity::Offline } else { Connectivity::Online },
            call_budget: channel.call_budget,
            breaker_failures: channel.breaker_failures,
            writer_queue: channel.writer_queue,
            server: ServerLimits {
                drain_limit: channel.drain_limit,
                concurrent_calls: channel.concurrent_calls,
                ..ServerLimits::default()
            },
        }
    }
}
