//! The way to headquarters' real-time service: one bounded call a write, a breaker in front of it, and probes behind
//! it.

mod breaker;
mod client;
mod failure;
mod probe;

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};

use crate::{
    channel::realtime::client::Client,
    domain::{
        base::Base,
        configuration::ConfigurationVersion,
        id::RequestId,
        origin::Origin,
        revision::Draft,
        routing::Headquarters,
        submission::Decision,
        time::Timestamp,
        write::{Method, RequestHash, Write},
    },
    runtime::{
        clock::{SharedClock, monotonic},
        task::Tasks,
    },
};

pub use breaker::{Breaker, Snapshot};
pub use client::Connection;
pub use failure::{CallError, Failure};

/// Calls by outcome: `performed`, `refused` (headquarters' word), or the kind of the failure.
pub const CALLS: &str = "csu_headquarters_calls_total";
/// Seconds of a call.
pub const DURATION: &str = "csu_headquarters_call_duration_seconds";
/// 1 while headquarters counts as reachable.
pub const REACHABLE: &str = "csu_headquarters_reachable";

/// A call that had less time and ran out of it says more of its caller's deadline than of headquarters.
const PATIENCE: Duration = Duration::from_secs(1);

/// The real-time service as a unit sees it; cheap to clone.
#[derive(Clone)]
pub struct RealTime(Arc<Shared>);

struct Shared {
    client: Client,
    breaker: Breaker,
    clock: SharedClock,
    meters: Meters,
    calls: AtomicU64,
    /// [`PATIENCE`], or what the longest call is given if that is less.
    patience: Duration,
    versions: Mutex<Option<HeadquartersVersions>>,
}

/// What configuration headquarters has, as it said when it was last asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeadquartersVersions {
    pub version: ConfigurationVersion,
    pub at: Timestamp,
}

/// A write that headquarters remembers, with its customer as it is there now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    pub request_hash: RequestHash,
    pub method: Method,
    pub decision: Decision,
    pub base: Base,
}

struct Meters {
    performed: Counter,
    refused: Counter,
    duration: Histogram,
    reachable: Gauge,
}

impl RealTime {
    /// `breaker_failures`: communication failures in a row after which headquarters counts as not reachable.
    /// `longest_call`: the most time that a call is ever given.
    pub fn new(
        connection: &Connection,
        origin: Origin,
        breaker_failures: u32,
        longest_call: Duration,
        clock: SharedClock,
    ) -> Self {
        let meters = Meters {
            performed: counter!(CALLS, "outcome" => "performed"),
            refused: counter!(CALLS, "outcome" => "refused"),
            duration: histogram!(DURATION),
            reachable: gauge!(REACHABLE),
        };
        meters.reachable.set(1.0);
        Self(Arc::new(Shared {
            client: Client::new(connection, origin),
            breaker: Breaker::new(breaker_failures, Arc::clone(&clock)),
            clock,
            meters,
            calls: AtomicU64::new(0),
            patience: longest_call.min(PATIENCE),
            versions: Mutex::new(None),
        }))
    }

    /// Asks headquarters to perform a write, in one call of at most `budget`.
    pub async fn perform(
        &self,
        write: &Write,
        draft: &Draft,
        budget: Duration,
    ) -> Result<Base, CallError> {
        self.0.calls.fetch_add(1, Ordering::Relaxed);
        self.observed(budget, self.0.client.perform(write, draft, budget)).await
    }

    /// Asks headquarters' memory of requests.
    pub async fn look_up(
        &self,
        id: RequestId,
        budget: Duration,
    ) -> Result<Option<Remembered>, CallError> {
        self.observed(budget, self.0.client.look_up(id, budget)).await
    }

    /// Whether headquarters takes calls, as far as is known.
    pub fn headquarters(&self) -> Headquarters {
        if self.0.breaker.is_reachable() {
            Headquarters::Reachable
        } else {
            Headquarters::Unreachable
        }
    }

    pub fn snapshot(&self) -> Snapshot {
        self.0.breaker.snapshot()
    }

    /// Writes that headquarters was asked to perform since this process started.
    pub fn calls(&self) -> u64 {
        self.0.calls.load(Ordering::Relaxed)
    }

    /// What headquarters has, as it said last; `None`: it has not been asked yet.
    pub fn versions(&self) -> Option<HeadquartersVersions> {
        *self.0.versions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what headquarters said that it has.
    pub fn note_versions(&self, version: ConfigurationVersion) {
        let at = self.0.clock.now();
        let versions = Some(HeadquartersVersions { version, at });
        *self.0.versions.lock().unwrap_or_else(PoisonError::into_inner) = versions;
    }

    /// Headquarters is known to be away: nobody needs to find out by a call.
    pub fn trip(&self, failure: Failure) {
        self.0.breaker.trip(failure);
        self.show();
    }

    /// No write goes to whoever answers there, until [`Self::unbar`].
    pub fn bar(&self, failure: Failure) {
        self.0.breaker.bar(failure);
        self.show();
    }

    /// Headquarters has registered this unit.
    pub fn unbar(&self) {
        self.0.breaker.unbar();
        self.show();
    }

    /// Starts the probes that close the breaker.
    pub fn spawn_probe(&self, tasks: &Tasks) {
        probe::spawn(self, tasks);
    }

    async fn observed<T>(
        &self,
        budget: Duration,
        call: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, CallError> {
        let Shared { breaker, meters, patience, .. } = &*self.0;
        let (epoch, started) = (breaker.epoch(), monotonic());
        let result = call.await;
        meters.duration.record(monotonic() - started);
        match &result {
            Ok(_) => {
                breaker.answered(epoch);
                meters.performed.increment(1);
            }
            Err(CallError::Word(_)) => {
                breaker.answered(epoch);
                meters.refused.increment(1);
            }
            Err(CallError::Communication(failure)) => {
                counter!(CALLS, "outcome" => failure.kind()).increment(1);
                if *failure != Failure::Timeout || budget >= *patience {
                    breaker.failed(epoch, failure.clone());
                    self.show();
                }
            }
        }
        result
    }

    fn show(&self) {
        let reachable = self.0.breaker.is_reachable();
        self.0.meters.reachable.set(if reachable { 1.0 } else { 0.0 });
    }
}
