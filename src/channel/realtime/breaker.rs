//! Remembers whether headquarters takes calls, so that a headquarters which is away costs a few customers a wait
//! and not everyone.

use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use crate::{
    channel::realtime::failure::Failure, domain::time::Timestamp, runtime::clock::SharedClock,
};

/// Opens after some communication failures in a row, and is closed by probes alone: no customer pays for finding out
/// whether headquarters is back.
pub struct Breaker {
    state: Mutex<State>,
    open: watch::Sender<bool>,
    clock: SharedClock,
    /// Failures in a row that open it. At least 1.
    limit: u32,
}

/// How the breaker stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    pub reachable: bool,
    /// Since when it is so.
    pub since: Timestamp,
    /// The last communication failure there was, and when.
    pub last_failure: Option<(Failure, Timestamp)>,
    /// In a row, while it is closed.
    pub failures: u32,
}

/// In which of the breaker's lives a call began: what becomes of calls that began before it was closed last says
/// nothing of headquarters now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Epoch(u64);

struct State {
    epoch: u64,
    snapshot: Snapshot,
    barred: bool,
}

impl Breaker {
    /// A closed one.
    pub fn new(limit: u32, clock: SharedClock) -> Self {
        let snapshot =
            Snapshot { reachable: true, since: clock.now(), last_failure: None, failures: 0 };
        let state = Mutex::new(State { epoch: 0, snapshot, barred: false });
        Self { state, open: watch::Sender::new(false), clock, limit: limit.max(1) }
    }

    pub fn snapshot(&self) -> Snapshot {
        self.state().snapshot.clone()
    }

    /// Asked for every write: it copies nothing.
    pub fn is_reachable(&self) -> bool {
        self.state().snapshot.reachable
    }

    /// To be asked before a call, and given back with what became of it.
    pub fn epoch(&self) -> Epoch {
        Epoch(self.state().epoch)
    }

    /// Headquarters has answered, be it with a refusal.
    pub fn answered(&self, epoch: Epoch) {
        let mut state = self.state();
        if state.epoch == epoch.0 && state.snapshot.reachable {
            state.snapshot.failures = 0;
        }
    }

    /// There was no answer of headquarters.
    pub fn failed(&self, epoch: Epoch, failure: Failure) {
        let mut state = self.state();
        if state.epoch != epoch.0 {
            return;
        }
        state.snapshot.last_failure = Some((failure, self.clock.now()));
        state.snapshot.failures = state.snapshot.failures.saturating_add(1);
        if state.snapshot.failures >= self.limit {
            self.open(&mut state);
        }
    }

    /// Headquarters is known to be away, whatever the number of failures.
    pub fn trip(&self, failure: Failure) {
        let mut state = self.state();
        state.snapshot.last_failure = Some((failure, self.clock.now()));
        self.open(&mut state);
    }

    /// Whoever answers there must not get this unit's writes, or does not want them: no probe closes it, until
    /// [`Self::unbar`].
    pub fn bar(&self, failure: Failure) {
        self.state().barred = true;
        self.trip(failure);
    }

    /// Headquarters has registered this unit, in its database: as good as a probe, where one was not enough.
    pub fn unbar(&self) {
        let was_barred = std::mem::take(&mut self.state().barred);
        if was_barred {
            self.close();
        }
    }

    /// A probe has reached headquarters' database. Whether it is closed now.
    pub fn close(&self) -> bool {
        let mut state = self.state();
        if state.barred {
            return false;
        }
        if !state.snapshot.reachable {
            state.epoch += 1;
            state.snapshot.reachable = true;
            state.snapshot.since = self.clock.now();
            state.snapshot.failures = 0;
            tracing::info!("headquarters can be reached again");
            self.open.send_replace(false);
        }
        true
    }

    /// Waits until it is open.
    pub async fn opened(&self) {
        let mut open = self.open.subscribe();
        // It fails only when the sender is gone, which `self` holds.
        let _ = open.wait_for(|open| *open).await;
    }

    fn open(&self, state: &mut State) {
        if state.snapshot.reachable {
            state.snapshot.reachable = false;
            state.snapshot.since = self.clock.now();
            let failure = state.snapshot.last_failure.as_ref().map(|(failure, _)| failure.text());
            tracing::warn!(failure, "headquarters can't be reached: the channel goes on without");
            self.open.send_replace(true);
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use futures::FutureExt as _;

    use super::*;
    use crate::runtime::clock::TestClock;

    fn breaker(limit: u32) -> (Breaker, Arc<TestClock>) {
        let clock = Arc::new(TestClock::new(Timestamp(1_000)));
        (Breaker::new(limit, Arc::clone(&clock) as SharedClock), clock)
    }

    #[test]
    fn failures_in_a_row_open_it_and_an_answer_between_them_does_not_count_on() {
        let (breaker, clock) = breaker(3);
        let epoch = breaker.epoch();
        breaker.failed(epoch, Failure::Timeout);
        breaker.failed(epoch, Failure::Timeout);
        breaker.answered(epoch);
        breaker.failed(epoch, Failure::Timeout);
        breaker.failed(epoch, Failure::Timeout);
        assert!(breaker.snapshot().reachable);
        assert!(breaker.opened().now_or_never().is_none());
        clock.advance(Duration::from_secs(1));
        breaker.failed(epoch, Failure::Internal);
        let snapshot = breaker.snapshot();
        assert!(!snapshot.reachable);
        assert_eq!(snapshot.since, Timestamp(2_000));
        assert_eq!(snapshot.last_failure, Some((Failure::Internal, Timestamp(2_000))));
        assert!(breaker.opened().now_or_never().is_some());
    }

    #[test]
    fn only_a_probe_closes_it_and_late_failures_of_before_do_not_open_it_again() {
        let (breaker, _) = breaker(1);
        let before = breaker.epoch();
        breaker.failed(before, Failure::Timeout);
        breaker.answered(before);
        assert!(!breaker.snapshot().reachable, "a late answer is no probe");
        breaker.close();
        assert!(breaker.snapshot().reachable);
        breaker.failed(before, Failure::Timeout);
        assert!(breaker.snapshot().reachable, "it began before");
        breaker.failed(breaker.epoch(), Failure::Timeout);
        assert!(!breaker.snapshot().reachable);
    }

    #[test]
    fn a_probe_does_not_close_it_while_it_is_barred() {
        let (breaker, _) = breaker(5);
        breaker.bar(Failure::Foreign("OTHER_COMPANY".to_owned()));
        assert!(!breaker.close() && !breaker.snapshot().reachable);
        breaker.unbar();
        assert!(breaker.snapshot().reachable);
        breaker.trip(Failure::Timeout);
        breaker.unbar();
        assert!(!breaker.snapshot().reachable, "it was open for another reason");
        assert!(breaker.close() && breaker.snapshot().reachable);
    }

    #[test]
    fn it_can_begin_open() {
        let (breaker, _) = breaker(5);
        breaker.trip(Failure::Unreachable("connection refused".to_owned()));
        assert!(!breaker.snapshot().reachable);
        breaker.close();
        assert_eq!(breaker.snapshot().failures, 0);
    }
}
