//! The lines printed at the start: what runs where, and what to try next.

#[cfg(test)]
mod tests;
mod unit;

use std::fmt;

use http::Uri;

use crate::cli::{
    output::{self, shell_word},
    serve::{
        greeting::unit::Unit,
        listeners::{Addresses, reachable},
        running::Running,
    },
    settings::{ClientSettings, Role, ServeSettings},
};

/// What a process is, for whoever started it.
pub struct Greeting {
    role: Role,
    unit: Option<Unit>,
    headquarters: Option<Headquarters>,
}

struct Headquarters {
    database: String,
    addresses: Addresses,
}

impl Greeting {
    pub async fn of(settings: &ServeSettings, running: &Running) -> anyhow::Result<Self> {
        let unit = match &running.channel {
            Some(part) => {
                let url = running.headquarters_url(settings)?;
                Some(Unit::of(&part.serving.unit, settings, part.addresses, &url).await?)
            }
            None => None,
        };
        let headquarters = running.headquarters.as_ref().map(|part| Headquarters {
            database: settings.headquarters.database.to_string(),
            addresses: part.addresses,
        });
        Ok(Self { role: settings.role, unit, headquarters })
    }

    /// For whoever reads the log alone.
    pub fn log(&self) {
        let (version, role) = (env!("CARGO_PKG_VERSION"), self.role.name());
        if let Some(unit) = &self.unit {
            tracing::info!(
                version,
                role,
                database = unit.database,
                database_name = unit.database_name,
                grpc = %unit.addresses.grpc,
                http = %unit.addresses.http,
                headquarters = unit.headquarters,
                channels = unit.channels.len() + unit.more_channels,
                "serving"
            );
        }
        if let Some(Headquarters { database, addresses }) = &self.headquarters {
            let Addresses { grpc, http } = addresses;
            tracing::info!(version, role, database, %grpc, %http, "serving headquarters");
        }
    }

    /// A command that shows something of this process.
    fn example(&self) -> Option<String> {
        match (&self.unit, &self.headquarters) {
            (Some(unit), _) => unit.example(),
            (None, Some(headquarters)) => Some(headquarters.example()),
            (None, None) => None,
        }
    }
}

impl fmt::Display for Greeting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (version, role) = (env!("CARGO_PKG_VERSION"), self.role.name());
        writeln!(f, "csu {version} is serving (role {role}). Ctrl-C stops it.")?;
        // The unit first: it is what callers want.
        if let Some(unit) = &self.unit {
            writeln!(f, "\nscale unit\n{}", output::columns(unit.facts()))?;
        }
        if let Some(headquarters) = &self.headquarters {
            writeln!(f, "\nheadquarters\n{}", output::columns(headquarters.facts()))?;
        }
        if let Some(example) = self.example() {
            writeln!(f, "\nTry next, in another terminal:\n\n  {example}")?;
        }
        Ok(())
    }
}

impl Headquarters {
    fn facts(&self) -> Vec<[String; 2]> {
        let mut facts = vec![fact("database", self.database.clone())];
        facts.extend(served(self.addresses));
        facts
    }

    fn example(&self) -> String {
        let url = format!("http://{}", reachable(self.addresses.grpc));
        let is_default =
            url.parse().is_ok_and(|url: Uri| url == ClientSettings::default().headquarters);
        let command = "csu channels list";
        if is_default {
            command.to_owned()
        } else {
            format!("{command} --headquarters {}", shell_word(&url))
        }
    }
}

/// Where a part is served.
fn served(addresses: Addresses) -> [[String; 2]; 2] {
    let metrics = format!("http://{}/metrics", reachable(addresses.http));
    [
        fact("gRPC", format!("{} (with reflection and health)", addresses.grpc)),
        fact("metrics", metrics),
    ]
}

fn fact(label: &str, value: String) -> [String; 2] {
    [format!("  {label}"), value]
}
