//! The lines printed at the start: what runs where, and what to try next.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use anyhow::Context as _;
use serde_json::json;

use crate::{
    channel::operations::Unit,
    cli::{output, settings::UnitSettings},
    runtime::ids,
};

/// A company may have hundreds.
const CHANNELS_SHOWN: usize = 10;

/// What a unit is, for whoever started it.
pub struct Greeting {
    database_name: String,
    database: String,
    grpc: SocketAddr,
    http: SocketAddr,
    /// The first of them.
    channels: Vec<Channel>,
    more_channels: usize,
    /// Of the write to try.
    request_id: String,
}

struct Channel {
    number: String,
    in_async_mode: bool,
}

impl Greeting {
    pub async fn of(
        unit: &Unit,
        settings: &UnitSettings,
        grpc: SocketAddr,
        http: SocketAddr,
    ) -> anyhow::Result<Self> {
        let origin = unit.store.origin().await?;
        let mut channels = Vec::new();
        let mut numbers = unit.store.channels().await?;
        let more_channels = numbers.len().saturating_sub(CHANNELS_SHOWN);
        numbers.truncate(CHANNELS_SHOWN);
        for number in numbers {
            let configuration = unit.store.configuration(&number).await?;
            let configuration =
                configuration.with_context(|| format!("channel {number} has gone"))?;
            let in_async_mode = configuration.flags.create_customer_in_async_mode;
            channels.push(Channel { number, in_async_mode });
        }
        Ok(Self {
            database_name: origin.database_name,
            database: settings.channel.database.to_string(),
            grpc,
            http,
            channels,
            more_channels,
            request_id: ids::new_request_id(&*unit.clock).to_string(),
        })
    }

    /// For whoever reads the log alone.
    pub fn log(&self) {
        tracing::info!(
            version = env!("CARGO_PKG_VERSION"),
            database = self.database,
            database_name = self.database_name,
            grpc = %self.grpc,
            http = %self.http,
            channels = self.channels.len() + self.more_channels,
            "serving"
        );
    }

    fn facts(&self) -> Vec<[String; 2]> {
        let mut facts = vec![
            ["  database".to_owned(), format!("{} ({})", self.database, self.database_name)],
            ["  gRPC".to_owned(), format!("{} (with reflection and health)", self.grpc)],
            ["  metrics".to_owned(), format!("http://{}/metrics", reachable(self.http))],
        ];
        let shown = self.channels.iter().map(|channel| {
            let profile = if channel.in_async_mode {
                "async profile: customers are created here and sent to headquarters later"
            } else {
                "real-time profile: customers are created at headquarters, async while it can't be reached"
            };
            format!("{}, {profile}", channel.number)
        });
        let mut shown: Vec<_> = shown.collect();
        if shown.is_empty() {
            shown.push("none yet; bring some with --packages DIR".to_owned());
        }
        if self.more_channels > 0 {
            shown.push(format!("and {} more", self.more_channels));
        }
        let labels = std::iter::once("  channels").chain(std::iter::repeat(""));
        facts.extend(labels.zip(shown).map(|(label, text)| [label.to_owned(), text]));
        facts
    }

    /// A call that creates a customer, async where there is such a channel.
    fn example(&self) -> Option<String> {
        let channel =
            self.channels.iter().find(|channel| channel.in_async_mode).or(self.channels.first())?;
        let request = format!(
            r#"{{"request_id":"{}","channel":{},"customer":{{"first_name":"Ada","last_name":"Birch"}}}}"#,
            self.request_id,
            json!(channel.number)
        );
        Some(format!(
            "grpcurl -plaintext -d {} {} commerce.channel.v1.CustomerService/CreateCustomer",
            quoted(&request),
            reachable(self.grpc)
        ))
    }
}

impl fmt::Display for Greeting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "csu {} is serving. Ctrl-C stops it.\n", env!("CARGO_PKG_VERSION"))?;
        writeln!(f, "{}", output::columns(self.facts()))?;
        if let Some(example) = self.example() {
            writeln!(f, "\nTry next, in another terminal:\n\n  {example}")?;
        }
        Ok(())
    }
}

/// Where this machine reaches what listens on `address`.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// One word for a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn greeting<const N: usize>(channels: [(&str, bool); N], more_channels: usize) -> Greeting {
        let channels = channels
            .map(|(number, in_async_mode)| Channel { number: number.to_owned(), in_async_mode })
            .into();
        Greeting {
            database_name: "store-1".to_owned(),
            database: "sqlite:./data/channel.db".to_owned(),
            grpc: "0.0.0.0:50051".parse().unwrap(),
            http: "[::]:8081".parse().unwrap(),
            channels,
            more_channels,
            request_id: "0195e9f4-0000-7000-8000-000000000000".to_owned(),
        }
    }

    #[test]
    fn it_says_what_runs_where_and_what_to_try() {
        let text = greeting([("HOUSTON", false), ("SEATTLE", true)], 0).to_string();
        assert!(text.contains("\n  database  sqlite:./data/channel.db (store-1)\n"), "{text}");
        assert!(text.contains("\n  metrics   http://[::1]:8081/metrics\n"), "{text}");
        assert!(text.contains("\n            SEATTLE, async profile: "), "{text}");
        let example = text.lines().find(|line| line.contains("grpcurl")).unwrap();
        assert!(
            example.contains(r#""channel":"SEATTLE""#) && example.contains(" 127.0.0.1:50051 ")
        );
    }

    #[test]
    fn many_channels_or_none_are_no_trouble() {
        let many = greeting([("HOUSTON", false)], 15).to_string();
        assert!(
            many.contains("\n            and 15 more\n") && many.contains(r#""channel":"HOUSTON""#),
            "{many}"
        );
        let none = greeting([], 0).to_string();
        assert!(none.contains("none yet") && !none.contains("grpcurl"));
    }

    #[test]
    fn the_shell_sees_one_word() {
        assert_eq!(quoted("a'b"), r"'a'\''b'");
    }
}
