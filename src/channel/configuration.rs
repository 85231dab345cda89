//! The channel configuration as the operations use it: cached for a time, so that a change at headquarters takes
//! effect in a channel only when it was brought here *and* the cached entry has expired. The delay is part of the
//! product and visible: every answer tells the version and age that decided it.

use std::{sync::Arc, time::Duration};

use moka::future::Cache;

use crate::{
    channel::store::SharedStore,
    domain::{
        configuration::ChannelConfiguration,
        error::{Error, FieldReason, Result, Unavailable, Violation},
        time::Timestamp,
    },
    runtime::{
        clock::SharedClock,
        task::{Task, Tasks},
    },
};

/// How long a failed load is remembered, so that callers who ask at once don't each try.
const FAILURE_TIME_TO_LIVE: Duration = Duration::from_secs(1);
/// Longest load: a few reads of the local database.
const LOAD_LIMIT: Duration = Duration::from_secs(5);
/// Entries kept, far more than a database has channels: names that don't exist take places too.
const CAPACITY: u64 = 10_000;
/// Longest name that may take a place, in bytes: no channel has such a long one.
const LONGEST_NAME: usize = 200;

/// Cached configurations by channel; cheap to clone.
#[derive(Clone)]
pub struct ConfigurationCache {
    entries: Cache<String, Entry>,
    store: SharedStore,
    clock: SharedClock,
    tasks: Tasks,
    time_to_live: Duration,
}

/// A configuration with its age at the moment it was asked for.
#[derive(Debug, Clone)]
pub struct Aged {
    pub configuration: Arc<ChannelConfiguration>,
    pub age: Duration,
}

#[derive(Clone)]
struct Entry {
    loaded: Result<Arc<ChannelConfiguration>>,
    loaded_at: Timestamp,
}

impl ConfigurationCache {
    pub fn new(
        store: SharedStore,
        clock: SharedClock,
        tasks: Tasks,
        time_to_live: Duration,
    ) -> Self {
        Self { entries: Cache::new(CAPACITY), store, clock, tasks, time_to_live }
    }

    pub const fn time_to_live(&self) -> Duration {
        self.time_to_live
    }

    /// The configuration of a channel; with an empty name, of the only channel there is. Whoever asks for an entry
    /// that is missing or has expired waits for one load that all share.
    ///
    /// # Errors
    /// `ChannelNotConfigured`; `InvalidFields` where a name is needed; `Unavailable`.
    pub async fn get(&self, channel: &str) -> Result<Aged> {
        if channel.len() > LONGEST_NAME {
            let known = self.store.channels().await?;
            return Err(Error::ChannelNotConfigured { channel: channel.to_owned(), known });
        }
        let entry = match self.entries.get(channel).await {
            Some(entry) if !self.has_expired(&entry) => entry,
            _ => self.fresh(channel.to_owned()).await?,
        };
        let age = self.age(&entry);
        entry.loaded.map(|configuration| Aged { configuration, age })
    }

    /// In a task of its own: the caller who happens to lead may go away, and what he began is of use to all.
    async fn fresh(&self, channel: String) -> Result<Entry> {
        let cache = self.clone();
        let loading = self.tasks.run_to_end(Task::ConfigurationLoad, async move {
            let load = cache.load(&channel);
            let stale = |entry: &Entry| cache.has_expired(entry);
            cache.entries.entry_by_ref(&channel).or_insert_with_if(load, stale).await.into_value()
        });
        loading.await.ok_or(Error::Unavailable(Unavailable::Stopping))
    }

    async fn load(&self, channel: &str) -> Entry {
        let loaded_at = self.clock.now();
        let loaded = match tokio::time::timeout(LOAD_LIMIT, load(&self.store, channel)).await {
            Ok(loaded) => loaded.map(Arc::new),
            Err(_) => Err(Error::Unavailable(Unavailable::Store)),
        };
        Entry { loaded, loaded_at }
    }

    fn age(&self, entry: &Entry) -> Duration {
        self.clock.now().since(entry.loaded_at)
    }

    fn has_expired(&self, entry: &Entry) -> bool {
        let limit = match entry.loaded {
            Ok(_) => self.time_to_live,
            Err(_) => self.time_to_live.min(FAILURE_TIME_TO_LIVE),
        };
        // Loaded "later": the machine's clock has been set back since, and nobody knows how old it is.
        self.clock.now() < entry.loaded_at || self.age(entry) >= limit
    }
}

async fn load(store: &SharedStore, channel: &str) -> Result<ChannelConfiguration> {
    let channel = if channel.is_empty() { only_channel(store).await? } else { channel.to_owned() };
    match store.configuration(&channel).await {
        Ok(Some(configuration)) => Ok(configuration),
        Ok(None) => {
            let known = store.channels().await?;
            Err(Error::ChannelNotConfigured { channel, known })
        }
        Err(error) => Err(error.into()),
    }
}

async fn only_channel(store: &SharedStore) -> Result<String> {
    let mut channels = store.channels().await?;
    match (channels.pop(), channels.is_empty()) {
        (Some(only), true) => Ok(only),
        (Some(last), false) => {
            channels.push(last);
            let text = format!("name one of this unit's channels: {}", channels.join(", "));
            Err(Error::InvalidFields(vec![Violation::new("channel", FieldReason::Required, text)]))
        }
        (None, _) => Err(Error::ChannelNotConfigured { channel: String::new(), known: Vec::new() }),
    }
}
