//! What a process goes by. Defaults, then the file, the environment and the flags, each over the one before; every
//! bad one is named at once, with who said it.

mod kind;
mod layers;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeSet,
    fmt,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use http::Uri;
use kind::Kind;
pub use layers::{Flag, Layers, Said};
use serde::Serialize;

use crate::{
    channel::{operations::CallBudget, store::DatabaseUrl, writer::DEFAULT_QUEUE},
    roles::channel::ChannelSettings,
    server::{grpc::ServerLimits, telemetry::LogFormat},
};

/// What a new database is called.
pub const DEFAULT_DATABASE_NAME: &str = "store-1";

/// Of a process that serves.
#[derive(Debug, Clone)]
pub struct UnitSettings {
    pub data: PathBuf,
    pub channel: Channel,
    pub call_budget: CallBudget,
    pub log_filter: String,
    pub log_format: LogFormat,
}

/// Of its scale unit.
#[derive(Debug, Clone)]
pub struct Channel {
    pub listen: SocketAddr,
    pub http_listen: SocketAddr,
    pub database: DatabaseUrl,
    /// `None`: whatever the database is called.
    pub database_name: Option<String>,
    pub configuration_ttl: Duration,
    /// Folder with 1070.pkg and 1110.pkg. `None`: the demo company.
    pub packages: Option<PathBuf>,
    pub drain_limit: Duration,
    pub writer_queue: usize,
    pub concurrent_calls: usize,
}

/// Of a command that calls a running unit.
#[derive(Debug, Clone)]
pub struct ClientSettings {
    pub server: Uri,
    pub timeout: Duration,
}

/// A setting as it counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    pub key: &'static str,
    /// Without secrets.
    pub value: String,
    /// Flag, variable or file; `default`.
    pub source: String,
}

/// All that is wrong, one sentence each.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct SettingsError(Vec<String>);

/// Reads settings key by key, so that one bad value hides no other.
struct Reader<'a> {
    layers: Option<&'a Layers>,
    rows: Vec<Row>,
    problems: Vec<String>,
}

/// Settings that can be read. What is listed here is what there is.
trait Settings: Default {
    fn read(&mut self, reader: &mut Reader<'_>);
}

impl Settings for UnitSettings {
    fn read(&mut self, reader: &mut Reader<'_>) {
        reader.set("data", &mut self.data, &kind::FOLDER);
        let channel = &mut self.channel;
        channel.database = DatabaseUrl::Sqlite(self.data.join("channel.db"));
        reader.set("channel.listen", &mut channel.listen, &kind::ADDRESS);
        reader.set("channel.http_listen", &mut channel.http_listen, &kind::ADDRESS);
        reader.set("channel.database", &mut channel.database, &kind::DATABASE);
        reader.set("channel.database_name", &mut channel.database_name, &kind::OPTIONAL_NAME);
        reader.set("channel.configuration_ttl", &mut channel.configuration_ttl, &kind::DURATION);
        reader.set("channel.packages", &mut channel.packages, &kind::OPTIONAL_FOLDER);
        reader.set("channel.drain_limit", &mut channel.drain_limit, &kind::DURATION);
        reader.set("channel.writer_queue", &mut channel.writer_queue, &kind::COUNT);
        reader.set("channel.concurrent_calls", &mut channel.concurrent_calls, &kind::COUNT);
        let budget = &mut self.call_budget;
        reader.set(
            "headquarters.timeout",
            &mut budget.headquarters_timeout,
            &kind::POSITIVE_DURATION,
        );
        reader.set("headquarters.minimum_call_budget", &mut budget.minimum, &kind::DURATION);
        reader.set("log.filter", &mut self.log_filter, &kind::LOG_FILTER);
        reader.set("log.format", &mut self.log_format, &kind::LOG_FORMAT);
        self.validate(reader);
    }
}

impl Settings for ClientSettings {
    fn read(&mut self, reader: &mut Reader<'_>) {
        reader.set("client.server", &mut self.server, &kind::SERVER);
        reader.set("client.timeout", &mut self.timeout, &kind::POSITIVE_DURATION);
    }
}

impl Default for UnitSettings {
    fn default() -> Self {
        let limits = ServerLimits::default();
        let data = PathBuf::from("./data");
        Self {
            channel: Channel {
                listen: (Ipv4Addr::LOCALHOST, 50_051).into(),
                http_listen: (Ipv4Addr::LOCALHOST, 8_081).into(),
                database: DatabaseUrl::Sqlite(data.join("channel.db")),
                database_name: None,
                configuration_ttl: ChannelSettings::default().configuration_ttl,
                packages: None,
                drain_limit: limits.drain_limit,
                writer_queue: DEFAULT_QUEUE,
                concurrent_calls: limits.concurrent_calls,
            },
            data,
            call_budget: CallBudget::default(),
            log_filter: "info".to_owned(),
            log_format: LogFormat::default(),
        }
    }
}

impl Default for ClientSettings {
    fn default() -> Self {
        Self {
            server: Uri::from_static("http://127.0.0.1:50051"),
            timeout: Duration::from_secs(10),
        }
    }
}

impl UnitSettings {
    /// Rules between settings.
    fn validate(&self, reader: &mut Reader<'_>) {
        let Channel { listen, http_listen, .. } = &self.channel;
        if listen == http_listen && listen.port() != 0 {
            reader.refuse("channel.http_listen", &format!("{listen} is channel.listen already"));
        }
        let CallBudget { minimum, headquarters_timeout, .. } = self.call_budget;
        if minimum > headquarters_timeout {
            reader.refuse(
                "headquarters.minimum_call_budget",
                "it is longer than headquarters.timeout, so that no call would be made",
            );
        }
    }

    /// As the role wants them.
    pub fn of_channel(&self) -> ChannelSettings {
        ChannelSettings {
            configuration_ttl: self.channel.configuration_ttl,
            call_budget: self.call_budget,
            writer_queue: self.channel.writer_queue,
            server: ServerLimits {
                drain_limit: self.channel.drain_limit,
                concurrent_calls: self.channel.concurrent_calls,
                ..ServerLimits::default()
            },
            ..ChannelSettings::default()
        }
    }
}

impl Layers {
    /// # Errors
    /// All that is wrong for a process that serves.
    pub fn unit(&self) -> Result<(UnitSettings, Vec<Row>), SettingsError> {
        self.settings()
    }

    /// # Errors
    /// All that is wrong for a command that calls one.
    pub fn client(&self) -> Result<(ClientSettings, Vec<Row>), SettingsError> {
        self.settings()
    }

    fn settings<S: Settings>(&self) -> Result<(S, Vec<Row>), SettingsError> {
        let problems = self.problems.clone();
        let mut reader = Reader { layers: Some(self), rows: Vec::new(), problems };
        let mut settings = S::default();
        settings.read(&mut reader);
        if reader.problems.is_empty() {
            Ok((settings, reader.rows))
        } else {
            Err(SettingsError(reader.problems))
        }
    }
}

/// All keys that there are.
fn keys() -> BTreeSet<&'static str> {
    let mut reader = Reader { layers: None, rows: Vec::new(), problems: Vec::new() };
    UnitSettings::default().read(&mut reader);
    ClientSettings::default().read(&mut reader);
    reader.rows.into_iter().map(|row| row.key).collect()
}

impl Reader<'_> {
    fn set<T>(&mut self, key: &'static str, target: &mut T, kind: &Kind<T>) {
        let found = self.layers.and_then(|layers| layers.find(key));
        let source = found.as_ref().map_or_else(|| "default".to_owned(), |it| it.source.clone());
        if let Some(found) = found {
            let read = found.text.ok_or_else(|| "it is no text".to_owned());
            match read.and_then(|text| (kind.read)(&text)) {
                Ok(value) => *target = value,
                Err(problem) => self.problems.push(format!("{key}: {problem} ({source})")),
            }
        }
        self.rows.push(Row { key, value: (kind.show)(target), source });
    }

    fn refuse(&mut self, key: &str, problem: &str) {
        let source = self.rows.iter().find(|row| row.key == key).map(|row| row.source.as_str());
        self.problems.push(format!("{key}: {problem} ({})", source.unwrap_or_default()));
    }
}

impl SettingsError {
    fn one(problem: String) -> Self {
        Self(vec![problem])
    }

    /// Of two sets of settings from the same layers, each thing once.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        for problem in other.0 {
            if !self.0.contains(&problem) {
                self.0.push(problem);
            }
        }
        self
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [one] => f.write_str(one),
            many => {
                write!(f, "{} settings can't be used:", many.len())?;
                many.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
            }
        }
    }
}
