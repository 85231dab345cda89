//! What time it is. Two clocks, for two purposes that must not be mixed: the wall clock ([`Clock`])
//! says when something happened and is a parameter everywhere, so that tests turn it; the monotonic
//! one ([`monotonic`], [`Deadline`]) measures how long something takes and is tokio's, which tests
//! pause.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::time::Instant;

use crate::domain::time::Timestamp;

/// Stands for "no end" where an instant is needed: about 30 years, the most that tokio's timers
/// take.
const FAR_FUTURE: Duration = Duration::from_hours(30 * 365 * 24);

/// Says when things happen.
pub trait Clock: Send + Sync + 'static {
    /// The time now. It may step back when the machine's clock is set.
    fn now(&self) -> Timestamp;
}

/// A clock as it is handed around.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        // A machine whose clock stands before 1970 has bigger worries than a timestamp of 0.
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(0).plus(since_epoch)
    }
}

/// A clock that stands still until a test turns it. Here and not under `cfg(test)`, as the tests in
/// `tests/` use it too.
#[derive(Debug)]
pub struct TestClock(AtomicI64);

impl TestClock {
    /// A clock that stands at `start`.
    #[must_use]
    pub const fn new(start: Timestamp) -> Self {
        Self(AtomicI64::new(start.0))
    }

    /// Turns the clock on. What is shorter than a millisecond is dropped.
    pub fn advance(&self, by: Duration) {
        self.set(self.now().plus(by));
    }

    /// Sets the clock, also back.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.0, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// Now, for measuring durations. It never steps back, and means nothing outside this process.
#[must_use]
pub fn monotonic() -> Instant {
    Instant::now()
}

/// The moment at which a caller stops waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

impl Deadline {
    /// The moment `duration` from now; 30 years from now at the latest.
    #[must_use]
    pub fn after(duration: Duration) -> Self {
        Self(monotonic() + duration.min(FAR_FUTURE))
    }

    /// The moment itself, for `tokio::time::timeout_at`.
    #[must_use]
    pub const fn instant(self) -> Instant {
        self.0
    }

    /// Time left; zero once it has passed.
    #[must_use]
    pub fn time_left(self) -> Duration {
        self.0.saturating_duration_since(monotonic())
    }

    /// Whether nobody waits any more.
    #[must_use]
    pub fn has_passed(self) -> bool {
        self.time_left().is_zero()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_clock_is_in_this_century() {
        let year_2026 = Timestamp(1_767_225_600_000);
        assert!(SystemClock.now() > year_2026);
    }

    #[test]
    fn a_test_clock_moves_only_when_told() {
        let clock = TestClock::new(Timestamp(1_000));
        assert_eq!(clock.now(), Timestamp(1_000));
        clock.advance(Duration::from_secs(2));
        assert_eq!(clock.now(), Timestamp(3_000));
        clock.set(Timestamp(5));
        assert_eq!(clock.now(), Timestamp(5));
    }

    #[tokio::test(start_paused = true)]
    async fn a_deadline_counts_down_to_zero() {
        let deadline = Deadline::after(Duration::from_secs(10));
        assert_eq!(deadline.time_left(), Duration::from_secs(10));
        tokio::time::advance(Duration::from_secs(4)).await;
        assert_eq!(deadline.time_left(), Duration::from_secs(6));
        assert!(!deadline.has_passed());
        tokio::time::advance(Duration::from_secs(6)).await;
        assert!(deadline.has_passed());
        tokio::time::advance(Duration::from_secs(6)).await;
        assert_eq!(deadline.time_left(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn no_duration_is_too_long() {
        assert_eq!(Deadline::after(Duration::MAX).time_left(), FAR_FUTURE);
    }
}
