//! Waiting for what is about to happen, without guessing how long it takes.

use std::time::Duration;

use csu::runtime::clock::monotonic;

/// Longest wait for anything; a test that waits in vain says for what.
const LIMIT: Duration = Duration::from_secs(30);
/// Between two looks.
const PACE: Duration = Duration::from_millis(2);

/// Returns as soon as the condition holds.
pub async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let started = monotonic();
    while !condition().await {
        assert!(started.elapsed() < LIMIT, "waited in vain until {what}");
        tokio::time::sleep(PACE).await;
    }
}

/// The outcome of what must come to an end.
pub async fn bounded<T>(what: &str, work: impl Future<Output = T>) -> T {
    let Ok(outcome) = tokio::time::timeout(LIMIT, work).await else {
        panic!("waited in vain for {what}");
    };
    outcome
}
