//! How far the revisions of this process are committed, for whoever uploads them.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;

use crate::{
    channel::store::Transaction,
    domain::revision::Counter,
    storage::{StoreError, StoreResult},
};

/// Counter of the last revision committed; cheap to clone.
pub(super) struct Captured {
    last: watch::Sender<Counter>,
    /// A commit had no answer, and nobody has looked since what became of it.
    in_doubt: AtomicBool,
}

impl Captured {
    pub(super) fn new(last: watch::Sender<Counter>) -> Self {
        Self { last, in_doubt: AtomicBool::new(false) }
    }

    /// Commits. `last`: the last revision that it appends.
    pub(super) async fn commit(
        &self,
        transaction: Box<dyn Transaction>,
        last: Option<Counter>,
    ) -> StoreResult<()> {
        let Some(last) = last else { return transaction.commit().await };
        let was_in_doubt = self.in_doubt.swap(true, Ordering::Relaxed);
        // Whoever gives up waiting for it leaves it in doubt.
        let result = transaction.commit().await;
        match &result {
            Ok(()) => self.note(last),
            Err(StoreError::InDoubt(_)) => {}
            Err(_) => self.in_doubt.store(was_in_doubt, Ordering::Relaxed),
        }
        result
    }

    pub(super) fn is_in_doubt(&self) -> bool {
        self.in_doubt.load(Ordering::Relaxed)
    }

    /// Settles what was in doubt, by whoever holds the counter row: what comes before the `next` counter is
    /// committed, and what had no answer is among it or never will be.
    pub(super) fn note_before(&self, next: Counter) {
        if self.is_in_doubt() {
            self.note(Counter(next.0 - 1));
        }
    }

    fn note(&self, counter: Counter) {
        self.in_doubt.store(false, Ordering::Relaxed);
        self.last.send_if_modified(|last| {
            let is_later = counter > *last;
            *last = (*last).max(counter);
            is_later
        });
    }
}
