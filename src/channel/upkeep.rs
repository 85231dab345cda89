//! What a channel database needs done in the background: old request records pruned, SQLite's log moved into its
//! database.

use std::{sync::Arc, time::Duration};

use crate::{
    channel::{store::SharedStore, writer::Writer},
    domain::write::REQUEST_RECORDS_KEPT,
    runtime::{
        clock::SharedClock,
        task::{Task, Tasks},
    },
    storage::{self, StoreResult},
};

/// How often old records are looked for.
const PRUNING_INTERVAL: Duration = Duration::from_mins(10);
/// Most records deleted in one transaction: it shares the writer with customers who wait, a few milliseconds.
const PRUNED_AT_ONCE: u32 = 500;

/// Starts the background work of a channel.
pub fn spawn(tasks: &Tasks, store: &SharedStore, writer: &Writer, clock: &SharedClock) {
    let stop = tasks.shutdown_token();
    let (pruner, clock) = (writer.clone(), Arc::clone(clock));
    tasks.spawn(Task::RequestRecordPruning, async move {
        let mut interval = tokio::time::interval(PRUNING_INTERVAL);
        while stop.run_until_cancelled(interval.tick()).await.is_some() {
            if let Err(error) = prune(&pruner, &clock).await {
                tracing::warn!(%error, "old request records stay for now");
            }
        }
    });
    let log = Arc::clone(store);
    let checkpoint = move || {
        let log = Arc::clone(&log);
        async move { log.checkpoint().await }
    };
    tasks.spawn(Task::Checkpoint, storage::checkpoints(tasks.shutdown_token(), checkpoint));
}

/// Deletes what is older than [`REQUEST_RECORDS_KEPT`], in steps between which writes get their turn.
pub async fn prune(writer: &Writer, clock: &SharedClock) -> StoreResult<u64> {
    let before = clock.now().minus(REQUEST_RECORDS_KEPT);
    let mut pruned = 0;
    loop {
        let step = writer.prune_request_records(before, PRUNED_AT_ONCE).await?;
        pruned += step;
        if step < u64::from(PRUNED_AT_ONCE) {
            return Ok(pruned);
        }
    }
}
