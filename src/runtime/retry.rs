//! How long to wait before trying again. Delays double up to a cap and are jittered, so that those
//! who failed together don't come back together; nothing retries at a fixed pace or without a
//! pause.

use std::{future::Future, time::Duration};

use crate::runtime::ids;

/// When to try again, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// The first delay, before jitter; each further one is twice as long.
    pub first: Duration,
    /// No delay is longer.
    pub cap: Duration,
    /// How often it is tried in all, the first time included. `None`: for ever.
    pub attempts: Option<u32>,
}

/// Connecting to a database at the start: at most 100, 200, 400, 800, 1600, 2000 and 2000 ms
/// between 8 attempts, 7.1 s in all. Then the process gives up and says so; who started it starts
/// it again.
pub const STORE_CONNECT: Policy =
    Policy { first: Duration::from_millis(100), cap: Duration::from_secs(2), attempts: Some(8) };

/// A transaction that lost against another one: at most 2, 4, 8, 16 and 32 ms between 6 attempts,
/// 62 ms in all.
pub const STORE_CONFLICT: Policy =
    Policy { first: Duration::from_millis(2), cap: Duration::from_millis(50), attempts: Some(6) };

/// A listener that can't accept, as the process has no file descriptor left: at most 10, 20, … 640
/// ms and then 1 s, for ever; connections that end free descriptors.
pub const ACCEPT: Policy =
    Policy { first: Duration::from_millis(10), cap: Duration::from_secs(1), attempts: None };

/// Finding out whether headquarters is back: at most 100, 200, 400, 800 ms, 1.6 s and then 3 s, for
/// ever. So long may a store stay without real-time calls after headquarters has come back.
pub const HEADQUARTERS_PROBE: Policy =
    Policy { first: Duration::from_millis(100), cap: Duration::from_secs(3), attempts: None };

/// Registering with headquarters while it is away: at most 250, 500 ms, 1, 2, 4 s and then 5 s, for
/// ever.
pub const REGISTRATION: Policy =
    Policy { first: Duration::from_millis(250), cap: Duration::from_secs(5), attempts: None };

/// Exchanging with headquarters after it was away or a session failed: at most 100, 200, 400, 800 ms, 1.6 s and then
/// 3 s, for ever.
pub const EXCHANGE: Policy =
    Policy { first: Duration::from_millis(100), cap: Duration::from_secs(3), attempts: None };

impl Policy {
    /// The delays between attempts. Each lies between half and all of its full length, by `random`,
    /// which gives values in `0.0..1.0`.
    pub fn delays(self, mut random: impl FnMut() -> f64) -> impl Iterator<Item = Duration> {
        let mut full = self.first.min(self.cap);
        let endless = std::iter::repeat_with(move || {
            let half = full / 2;
            let delay = half + half.mul_f64(random().clamp(0.0, 1.0));
            full = full.saturating_mul(2).min(self.cap);
            delay
        });
        let most = self.attempts.map_or(usize::MAX, |attempts| attempts.saturating_sub(1) as usize);
        endless.take(most)
    }

    /// The delays with real randomness.
    pub fn jittered(self) -> impl Iterator<Item = Duration> {
        self.delays(ids::jitter)
    }
}

/// Does `attempt` until it succeeds, fails with an error that is not `retryable`, or the policy
/// ends; the last error is the answer. It keeps no time of its own: whoever has a deadline puts a
/// timeout around it.
///
/// # Errors
/// The last attempt's.
pub async fn retry<T, E, F>(
    policy: Policy,
    mut attempt: impl FnMut() -> F,
    retryable: impl Fn(&E) -> bool,
) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
{
    let mut delays = policy.jittered();
    loop {
        let error = match attempt().await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        match delays.next() {
            Some(delay) if retryable(&error) => tokio::time::sleep(delay).await,
            _ => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::runtime::clock::monotonic;

    fn millis(policy: Policy, random: f64) -> Vec<u128> {
        policy.delays(|| random).take(20).map(|delay| delay.as_millis()).collect()
    }

    #[test]
    fn the_documented_delays_are_the_real_ones() {
        assert_eq!(millis(STORE_CONNECT, 1.0), [100, 200, 400, 800, 1_600, 2_000, 2_000]);
        assert_eq!(millis(STORE_CONNECT, 0.0), [50, 100, 200, 400, 800, 1_000, 1_000]);
        assert_eq!(millis(STORE_CONFLICT, 1.0), [2, 4, 8, 16, 32]);
        assert_eq!(millis(ACCEPT, 1.0)[..8], [10, 20, 40, 80, 160, 320, 640, 1_000]);
        assert_eq!(millis(ACCEPT, 1.0)[19], 1_000);
        let probes = millis(HEADQUARTERS_PROBE, 1.0);
        assert_eq!(probes[..6], [100, 200, 400, 800, 1_600, 3_000]);
        assert_eq!(millis(REGISTRATION, 1.0)[..6], [250, 500, 1_000, 2_000, 4_000, 5_000]);
    }

    proptest! {
        #[test]
        fn delays_stay_within_their_bounds(
            first in 1..10_000_u64,
            cap in 1..1_000_000_u64,
            attempts in 0..100_u32,
            randoms in proptest::collection::vec(-1.0..2.0_f64, 100),
        ) {
            let policy = Policy {
                first: Duration::from_millis(first),
                cap: Duration::from_millis(cap),
                attempts: Some(attempts),
            };
            let mut randoms = randoms.into_iter().cycle();
            let delays: Vec<_> = policy.delays(|| randoms.next().unwrap()).collect();
            prop_assert_eq!(delays.len(), attempts.saturating_sub(1) as usize);
            let mut full = policy.first.min(policy.cap);
            for delay in delays {
                prop_assert!(delay >= full / 2 && delay <= full, "{:?} of {:?}", delay, full);
                full = (full * 2).min(policy.cap);
            }
        }
    }

    #[test]
    fn the_longest_durations_do_not_overflow() {
        let policy = Policy { first: Duration::MAX / 2, cap: Duration::MAX, attempts: None };
        assert!(policy.delays(|| 1.0).take(5).all(|delay| delay > Duration::ZERO));
    }

    #[tokio::test(start_paused = true)]
    async fn it_stops_at_success_at_the_end_and_at_what_is_not_retryable() {
        let started = monotonic();
        let mut left = 3;
        let connect = || {
            left -= 1;
            std::future::ready(if left == 0 { Ok("connected") } else { Err("refused") })
        };
        assert_eq!(retry(STORE_CONNECT, connect, |_| true).await, Ok("connected"));
        let waited = monotonic() - started;
        assert!((150..=302).contains(&waited.as_millis()), "{waited:?}");

        let mut attempts = 0;
        let lose = || {
            attempts += 1;
            std::future::ready(Err::<(), _>(attempts))
        };
        assert_eq!(retry(STORE_CONFLICT, lose, |_| true).await, Err(6));

        let refuse = || std::future::ready(Err::<(), _>("no such database"));
        assert_eq!(retry(ACCEPT, refuse, |_| false).await, Err("no such database"));
    }
}
