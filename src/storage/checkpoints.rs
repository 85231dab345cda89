//! Moving what was committed out of the write-ahead log, in the background of a process that serves.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::storage::{StoreError, StoreResult};

/// How often the log is moved. At 5,000 customers a second it grows by some 10 MiB in between.
const INTERVAL: Duration = Duration::from_millis(500);

/// Runs `checkpoint` again and again until `stop`.
///
/// # Errors
/// A flush failed: what the disk holds is unknown, and the process must stop.
pub async fn checkpoints<F>(
    stop: CancellationToken,
    checkpoint: impl Fn() -> F + Send,
) -> anyhow::Result<()>
where
    F: Future<Output = StoreResult<()>> + Send,
{
    let mut interval = tokio::time::interval(INTERVAL);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while stop.run_until_cancelled(interval.tick()).await.is_some() {
        match checkpoint().await {
            Ok(()) => {}
            Err(error @ StoreError::FlushFailed(_)) => return Err(error.into()),
            Err(error) => {
                tracing::warn!(%error, "a checkpoint failed; the next one makes up for it");
            }
        }
    }
    Ok(())
}
