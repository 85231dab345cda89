//! What is said of a scale unit.

use anyhow::Context as _;
use http::Uri;
use serde_json::json;

use crate::{
    channel::operations,
    cli::{
        output::shell_word,
        serve::{
            greeting::{fact, served},
            listeners::{Addresses, reachable},
        },
        settings::{Role, ServeSettings},
    },
    runtime::ids,
};

/// A company may have hundreds.
const CHANNELS_SHOWN: usize = 10;

pub struct Unit {
    pub role: Role,
    pub database_name: String,
    pub database: String,
    pub addresses: Addresses,
    /// Its URL.
    pub headquarters: String,
    /// The first of them.
    pub channels: Vec<Channel>,
    pub more_channels: usize,
    /// Of the write to try.
    pub request_id: String,
}

pub struct Channel {
    pub number: String,
    pub in_async_mode: bool,
}

impl Unit {
    pub async fn of(
        unit: &operations::Unit,
        settings: &ServeSettings,
        addresses: Addresses,
        headquarters: &Uri,
    ) -> anyhow::Result<Self> {
        let identity = unit.store.identity().await?;
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
            role: settings.role,
            database_name: identity.database_name,
            database: settings.channel.database.to_string(),
            addresses,
            headquarters: headquarters.to_string().trim_end_matches('/').to_owned(),
            channels,
            more_channels,
            request_id: ids::new_request_id(&*unit.clock).to_string(),
        })
    }

    pub fn facts(&self) -> Vec<[String; 2]> {
        let mut facts =
            vec![fact("database", format!("{} ({})", self.database, self.database_name))];
        facts.extend(served(self.addresses));
        facts.push(fact("headquarters", self.headquarters()));
        let mut shown: Vec<_> = self.channels.iter().map(|it| self.channel(it)).collect();
        if shown.is_empty() {
            let name = shell_word(&self.database_name);
            shown.push(format!("none yet: csu channels add NUMBER --database {name}"));
        }
        if self.more_channels > 0 {
            shown.push(format!("and {} more", self.more_channels));
        }
        let labels = std::iter::once("channels").chain(std::iter::repeat(""));
        facts.extend(labels.zip(shown).map(|(label, text)| fact(label, text)));
        facts
    }

    fn headquarters(&self) -> String {
        let url = &self.headquarters;
        match self.role {
            Role::All => format!("{url}, in this process"),
            Role::Offline => {
                format!("{url}, for configuration only: a till offline calls it for no write")
            }
            Role::Channel | Role::Headquarters => url.clone(),
        }
    }

    fn channel(&self, Channel { number, in_async_mode }: &Channel) -> String {
        let here = "customers are created here and sent to headquarters later";
        let there = "customers are created at headquarters, async while it can't be reached";
        let (profile, what) = match (in_async_mode, self.role) {
            (true, _) => ("async", here),
            (false, Role::Offline) => ("real-time", here),
            (false, _) => ("real-time", there),
        };
        format!("{number}, {profile} profile: {what}")
    }

    /// A call that creates a customer, async where there is such a channel.
    pub fn example(&self) -> Option<String> {
        let channel =
            self.channels.iter().find(|channel| channel.in_async_mode).or(self.channels.first())?;
        let request = format!(
            r#"{{"request_id":"{}","channel":{},"customer":{{"first_name":"Ada","last_name":"Birch"}}}}"#,
            self.request_id,
            json!(channel.number)
        );
        Some(format!(
            "grpcurl -plaintext -d {} {} commerce.channel.v1.CustomerService/CreateCustomer",
            shell_word(&request),
            reachable(self.addresses.grpc)
        ))
    }
}
