//! Brings each write of a batch to exactly one answer, whatever the database says: a bad write fails alone, a
//! lost race is run again, and a commit without an answer is looked up before anyone is told anything.

use std::{collections::HashMap, ops::Range, time::Duration};

use crate::{
    domain::error::{Error, Result, Unavailable},
    runtime::retry::{STORE_CONFLICT, STORE_CONNECT},
    storage::{
        StoreError, StoreResult,
        group_commit::{Ledger, Queued},
    },
};

/// Longest life of one transaction. The database's own limits end it before; this one is for a connection that
/// has died without a word.
const TRANSACTION_LIMIT: Duration = Duration::from_secs(20);

const NO_ANSWER: Error = Error::Unavailable(Unavailable::Store);

/// Commits the batch and answers every write in it.
///
/// # Errors
/// [`StoreError::FlushFailed`] only, after everyone was told that there is no answer.
pub(super) async fn settle<L: Ledger>(ledger: &L, batch: Vec<Queued<L>>) -> StoreResult<()> {
    let (writes, replies): (Vec<_>, Vec<_>) =
        batch.into_iter().map(|queued| (queued.write, (queued.reply, queued.running))).unzip();
    let mut outcomes = Vec::with_capacity(writes.len());
    let fatal = commit(ledger, &writes, &mut outcomes).await.err();
    outcomes.resize(writes.len(), Err(NO_ANSWER));
    for ((reply, _running), outcome) in replies.into_iter().zip(outcomes) {
        // A caller who has gone is told when he repeats.
        let _ = reply.send(outcome);
    }
    fatal.map_or(Ok(()), Err)
}

/// Appends the outcome of each write, in order. What fails together is tried again in halves, and what lost a race
/// alone a few times more.
async fn commit<L: Ledger>(
    ledger: &L,
    writes: &[L::Write],
    outcomes: &mut Vec<Result<L::Answer>>,
) -> StoreResult<()> {
    let mut parts: Vec<Range<usize>> = std::iter::once(0..writes.len()).collect();
    let mut delays = STORE_CONFLICT.jittered();
    while let Some(part) = parts.pop() {
        let writes = &writes[part.clone()];
        let error = match bounded(ledger.commit(writes)).await {
            Ok(done) => {
                outcomes.extend(done);
                delays = STORE_CONFLICT.jittered();
                continue;
            }
            Err(error) => error,
        };
        match error {
            StoreError::FlushFailed(_) => return Err(error),
            StoreError::InDoubt(_) => {
                tracing::warn!(%error, writes = writes.len(), "looking up what a commit did");
                outcomes.extend(look_up(ledger, writes).await);
            }
            StoreError::Unavailable(_) => {
                tracing::warn!(%error, writes = writes.len(), "a batch was not written");
                outcomes.resize(outcomes.len() + writes.len(), Err(error.told()));
            }
            _ if writes.len() > 1 => {
                let middle = part.start + writes.len() / 2;
                parts.push(middle..part.end);
                parts.push(part.start..middle);
            }
            StoreError::Conflict if let Some(delay) = delays.next() => {
                tokio::time::sleep(delay).await;
                parts.push(part);
            }
            _ => {
                let request_id = writes.first().map(|write| L::request_id(write).to_string());
                tracing::error!(%error, request_id, "a write failed");
                outcomes.push(Err(error.told()));
                delays = STORE_CONFLICT.jittered();
            }
        }
    }
    Ok(())
}

/// What became of writes whose commit got no answer. Those without a record were not performed, and their callers
/// are told that there is no answer: they repeat with the same id. So are all if the database stays away.
async fn look_up<L: Ledger>(ledger: &L, writes: &[L::Write]) -> Vec<Result<L::Answer>> {
    let mut recalled = HashMap::new();
    let mut delays = STORE_CONNECT.jittered();
    loop {
        match bounded(ledger.recall(writes)).await {
            Ok(answers) => {
                recalled = answers;
                break;
            }
            Err(error) => {
                let Some(delay) = delays.next() else {
                    tracing::error!(%error, "a commit stays in doubt; its callers are told to repeat");
                    break;
                };
                tokio::time::sleep(delay).await;
            }
        }
    }
    writes.iter().map(|write| recalled.remove(&L::request_id(write)).ok_or(NO_ANSWER)).collect()
}

/// What runs into the limit may have been committed.
pub(super) async fn bounded<T>(work: impl Future<Output = StoreResult<T>>) -> StoreResult<T> {
    tokio::time::timeout(TRANSACTION_LIMIT, work)
        .await
        .unwrap_or_else(|_| Err(StoreError::InDoubt("no answer in time".to_owned())))
}
