//! What is kept of runs: one row each, and one for all that come by themselves one upon the other.

use std::time::Duration;

use crate::{
    domain::{
        job::{Job, Run, RunId, RunStatus, Trigger},
        time::Timestamp,
    },
    headquarters::{Headquarters, store::Transaction},
    storage::StoreResult,
};

/// Runs that come by themselves within this time of the first are one row.
const COUNTED_TOGETHER: Duration = Duration::from_mins(1);
/// How long runs are kept after their end, with the sessions that somebody has asked for.
const KEPT: Duration = Duration::from_hours(7 * 24);
/// How long sessions that came by themselves are kept, and packages that nobody needs.
const PASSING_KEPT: Duration = Duration::from_mins(10);
const PRUNING_INTERVAL: Duration = Duration::from_mins(1);
/// Most rows of each kind that are deleted in one transaction.
const PRUNED_AT_ONCE: u32 = 500;

/// What a run has brought or processed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Counts {
    pub rows: u64,
    pub bytes: u64,
}

/// The row under which a run that comes by itself now is counted, for as long as the transaction lasts nobody else's.
pub(super) async fn continuous(
    transaction: &mut dyn Transaction,
    job: Job,
    now: Timestamp,
) -> StoreResult<Run> {
    let since = now.minus(COUNTED_TOGETHER);
    if let Some(run) = transaction.lock_continuous_run(job, since).await? {
        return Ok(run);
    }
    let run = Run::new(job, Trigger::Continuous, now);
    // Nobody waits for it.
    let mut run = Run { status: RunStatus::NoData, ended_at: Some(now), count: 0, ..run };
    run.id = transaction.add_run(&run).await?;
    Ok(run)
}

/// Adds to a row of [`continuous`].
pub(super) async fn count(
    transaction: &mut dyn Transaction,
    run: RunId,
    counts: Counts,
    now: Timestamp,
) -> StoreResult<()> {
    let Some(mut run) = transaction.lock_run(run).await? else { return Ok(()) };
    run.status = RunStatus::Succeeded;
    run.count += 1;
    run.rows += counts.rows;
    run.bytes += counts.bytes;
    run.ended_at = Some(now);
    run.summary = match run.count {
        1 => "it came by itself".to_owned(),
        count => format!("{count} runs that came by themselves"),
    };
    transaction.put_run(&run).await
}

/// Counts something that has come by itself.
pub(super) async fn note(headquarters: &Headquarters, job: Job, counts: Counts) {
    let now = headquarters.clock.now();
    let noted = headquarters
        .writer
        .transact(move |transaction| {
            Box::pin(async move {
                let run = continuous(transaction, job, now).await?;
                count(transaction, run.id, counts, now).await
            })
        })
        .await;
    if let Err(error) = noted {
        tracing::debug!(%error, job = job.code(), "a run is missing in the history");
    }
}

/// Deletes what is too old, for ever.
pub(super) async fn keep_short(headquarters: &Headquarters) {
    let mut interval = tokio::time::interval(PRUNING_INTERVAL);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        match prune(headquarters).await {
            // There is more of it.
            Ok(pruned) if pruned >= u64::from(PRUNED_AT_ONCE) => interval.reset_immediately(),
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "old runs and sessions stay for now"),
        }
    }
}

async fn prune(headquarters: &Headquarters) -> StoreResult<u64> {
    let now = headquarters.clock.now();
    let (before, passing_before) = (now.minus(KEPT), now.minus(PASSING_KEPT));
    headquarters
        .writer
        .transact(move |transaction| {
            Box::pin(async move { transaction.prune(before, passing_before, PRUNED_AT_ONCE).await })
        })
        .await
}
