//! Wakes those in headquarters who wait for work or for news, so that nothing polls. Whoever looks after he was woken
//! finds all that came before; being woken for nothing is harmless.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use tokio::sync::{Notify, watch};
use uuid::Uuid;

/// Each [`Notify`] has one who waits.
#[derive(Default)]
pub struct Signals {
    /// Revisions have come into the inbox.
    pub received: Notify,
    /// Customers or outcomes have changed, or a database may take more of them.
    pub changed: Notify,
    /// The setup has changed, or a database may take more of it.
    pub configured: Notify,
    /// Recurrences have changed.
    pub rescheduled: Notify,
    /// Sessions or runs have got further.
    progress: watch::Sender<()>,
    /// By channel database, for its subscriptions.
    news: Mutex<HashMap<Uuid, watch::Sender<()>>>,
}

impl Signals {
    /// Is woken when sessions or runs get further.
    pub fn progress(&self) -> watch::Receiver<()> {
        self.progress.subscribe()
    }

    pub fn tell_progress(&self) {
        self.progress.send_replace(());
    }

    /// Is woken when there is something to tell the channel database. While it lives, the database is connected.
    pub fn news_for(&self, database_id: Uuid) -> watch::Receiver<()> {
        let mut news = self.news.lock().unwrap_or_else(PoisonError::into_inner);
        news.retain(|_, sender| !sender.is_closed());
        news.entry(database_id).or_default().subscribe()
    }

    /// Whether a subscription of the channel database is served in this process.
    pub fn is_connected(&self, database_id: Uuid) -> bool {
        let news = self.news.lock().unwrap_or_else(PoisonError::into_inner);
        news.get(&database_id).is_some_and(|sender| !sender.is_closed())
    }

    pub fn tell(&self, database_id: Uuid) {
        let news = self.news.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = news.get(&database_id) {
            sender.send_replace(());
        }
    }

    pub fn tell_all(&self) {
        let news = self.news.lock().unwrap_or_else(PoisonError::into_inner);
        for sender in news.values() {
            sender.send_replace(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_connected_while_somebody_listens_for_it() {
        let (signals, one, other) = (Signals::default(), Uuid::from_u128(1), Uuid::from_u128(2));
        assert!(!signals.is_connected(one));
        let (mut first, second) = (signals.news_for(one), signals.news_for(one));
        assert!(signals.is_connected(one) && !signals.is_connected(other));
        drop(second);
        assert!(signals.is_connected(one));
        first.mark_unchanged();
        signals.tell(other);
        assert!(!first.has_changed().unwrap());
        signals.tell(one);
        assert!(first.has_changed().unwrap());
        drop(first);
        assert!(!signals.is_connected(one));
    }
}
