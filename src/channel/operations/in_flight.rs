//! Real-time writes that are under way in this process: a second call with the same request id joins the first.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::watch;

use crate::domain::{
    error::Result,
    id::RequestId,
    write::{Answer, RequestHash},
};

/// Cheap to clone.
#[derive(Clone, Default)]
pub struct InFlight(Arc<Mutex<HashMap<RequestId, Running>>>);

#[derive(Clone)]
struct Running {
    request_hash: RequestHash,
    outcome: watch::Receiver<Option<Result<Answer>>>,
}

/// What a call finds.
pub(super) enum Entry {
    /// It is the first, and tells the others what came of it.
    Lead(Lead),
    /// Another one is under way.
    Join(Joined),
}

/// The right to perform a write. When it ends, whoever has joined goes on.
pub(super) struct Lead {
    all: InFlight,
    id: RequestId,
    outcome: watch::Sender<Option<Result<Answer>>>,
}

pub(super) struct Joined(Running);

impl InFlight {
    pub(super) fn enter(&self, id: RequestId, request_hash: RequestHash) -> Entry {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = running.get(&id) {
            return Entry::Join(Joined(running.clone()));
        }
        let (sender, outcome) = watch::channel(None);
        running.insert(id, Running { request_hash, outcome });
        Entry::Lead(Lead { all: self.clone(), id, outcome: sender })
    }

    /// Whether a real-time write with this id is under way.
    pub fn contains(&self, id: RequestId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&id)
    }
}

impl Lead {
    pub(super) fn finish(self, outcome: &Result<Answer>) {
        self.outcome.send_replace(Some(outcome.clone()));
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        self.all.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

impl Joined {
    /// What came of the first call; `None` if that had another content or came to nothing, so that the write is still
    /// to be performed or refused.
    pub(super) async fn outcome(mut self, request_hash: &RequestHash) -> Option<Result<Answer>> {
        let ended = self.0.outcome.wait_for(Option::is_some).await;
        let outcome = ended.ok().and_then(|outcome| outcome.clone());
        outcome.filter(|_| self.0.request_hash == *request_hash)
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;
    use uuid::Uuid;

    use super::*;
    use crate::domain::error::Error;

    const ID: RequestId = RequestId(Uuid::from_u128(7));

    fn joined(all: &InFlight) -> Joined {
        match all.enter(ID, [2; 32]) {
            Entry::Join(joined) => joined,
            Entry::Lead(_) => panic!("another one is under way"),
        }
    }

    #[tokio::test]
    async fn the_second_gets_what_the_first_got_unless_it_wants_something_else() {
        let all = InFlight::default();
        let Entry::Lead(lead) = all.enter(ID, [1; 32]) else { panic!("it is the first") };
        assert!(all.contains(ID));
        let (same, other) = (joined(&all), joined(&all));
        let mut same = Box::pin(same.outcome(&[1; 32]));
        assert!(same.as_mut().now_or_never().is_none());
        lead.finish(&Err(Error::Overloaded));
        assert_eq!(same.await, Some(Err(Error::Overloaded)));
        assert_eq!(other.outcome(&[2; 32]).await, None);
        assert!(!all.contains(ID));
    }

    #[tokio::test]
    async fn a_first_one_that_comes_to_nothing_leaves_it_to_the_second() {
        let all = InFlight::default();
        let Entry::Lead(lead) = all.enter(ID, [1; 32]) else { panic!("it is the first") };
        let second = joined(&all);
        drop(lead);
        assert_eq!(second.outcome(&[1; 32]).await, None);
        assert!(matches!(all.enter(ID, [1; 32]), Entry::Lead(_)));
    }
}
