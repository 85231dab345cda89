//! Takes over what 1010 brings: bases, outcomes of this database's own revisions, and its own real-time writes.
//! Between chunks the writer's other work gets its turn, and repeating one is harmless.

mod performed;
mod state;

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use tokio::time::Instant;

use self::state::{Change, State};
use crate::{
    channel::{
        store::{Applied, EventKind, IdRange, Rows, SharedStore, Taken, Transaction},
        writer::maintenance,
    },
    domain::{
        base::Base,
        id::CustomerId,
        lease::Lease,
        outcome::{Outcome, PerformedWrite},
        revision::Counter,
        time::Timestamp,
    },
    runtime::clock::monotonic,
    storage::{StoreError, StoreResult},
};

/// Most customers removed in one transaction: it shares the writer with customers who wait.
const REMOVED_AT_ONCE: u32 = 500;

/// Some of what 1010 brings. A customer is never split.
#[derive(Debug, Clone, Default)]
pub struct CustomersChunk {
    pub bases: Vec<Base>,
    pub outcomes: Vec<Outcome>,
    /// Real-time writes of this database.
    pub performed: Vec<PerformedWrite>,
    /// Of a full package.
    pub full: Option<FullRange>,
    /// With the last chunk: the version that the database has now.
    pub applied: Option<Applied>,
}

/// Where the bases of a chunk are all that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FullRange {
    pub ids: IdRange,
    /// What is not in the range is gone, unless it came with a higher version.
    pub version: i64,
}

/// What one transaction has done of a chunk.
pub(super) enum Step {
    /// It has removed customers and nothing else, and may not be done with that.
    Removed(AppliedStep),
    Last(AppliedStep),
}

/// What became of a chunk.
#[derive(Debug, Clone, Copy, Default)]
pub struct AppliedStep {
    /// Those that it has changed.
    pub customers: usize,
    /// How long it had the writer to itself before it committed, at the most. A commit takes as long for one row as
    /// for many.
    pub worked: Duration,
}

/// Applies a chunk, or begins to.
pub(super) async fn apply(
    store: &SharedStore,
    now: Timestamp,
    chunk: &CustomersChunk,
    under: Option<&Lease>,
) -> StoreResult<Step> {
    let started = monotonic();
    let mut transaction = maintenance::begin(store, under, now).await?;
    let absent = absent(&mut *transaction, chunk).await?;
    if absent.len() < REMOVED_AT_ONCE as usize {
        return apply_with(transaction, (started, now), chunk, &absent).await.map(Step::Last);
    }
    let nothing = CustomersChunk { full: chunk.full, ..CustomersChunk::default() };
    apply_with(transaction, (started, now), &nothing, &absent).await.map(Step::Removed)
}

/// Customers that a full package does not bring, as far as can be said before they are locked.
async fn absent(
    transaction: &mut dyn Transaction,
    chunk: &CustomersChunk,
) -> StoreResult<Vec<CustomerId>> {
    let Some(full) = chunk.full else { return Ok(Vec::new()) };
    let kept: Vec<_> = chunk.bases.iter().map(|base| base.customer.id).collect();
    transaction.absent(&full.ids, &kept, full.version, REMOVED_AT_ONCE).await
}

async fn apply_with(
    mut transaction: Box<dyn Transaction>,
    (started, now): (Instant, Timestamp),
    chunk: &CustomersChunk,
    absent: &[CustomerId],
) -> StoreResult<AppliedStep> {
    let customers = customers(&mut *transaction, chunk, absent).await?;
    let locked = transaction.lock_customers(&customers).await?;
    transaction.put_outcomes(&chunk.outcomes, now).await?;
    let mut state = State::read(&mut *transaction, &customers).await?;
    if state.has_others_than(&locked) {
        // Created between the two statements: seen, but not locked.
        return Err(StoreError::Conflict);
    }
    let changes = state.settle(&customers, &chunk.bases);
    let changes: Vec<_> = match chunk.full {
        Some(full) => changes.into_iter().chain(state.remove(absent, full.version)).collect(),
        None => changes,
    };
    let taken = transaction.take_counters(0, events(chunk, changes.len()), now).await?;
    transaction.insert(&rows(chunk, &changes, taken, now)?).await?;
    performed::remember(&mut *transaction, &chunk.performed, now).await?;
    if let Some(applied) = chunk.applied {
        transaction.set_customers_applied(applied).await?;
    }
    let worked = started.elapsed();
    transaction.commit().await?;
    Ok(AppliedStep { customers: changes.len(), worked })
}

/// The customers that the chunk is about, sorted.
async fn customers(
    transaction: &mut dyn Transaction,
    chunk: &CustomersChunk,
    absent: &[CustomerId],
) -> StoreResult<Vec<CustomerId>> {
    let counters: Vec<_> = chunk.outcomes.iter().map(|outcome| outcome.counter).collect();
    let keys = transaction.revision_keys(&counters).await?;
    let here: HashMap<_, _> = keys.iter().map(|key| (key.counter, key.revision_id)).collect();
    if !chunk.outcomes.iter().all(|it| here.get(&it.counter) == Some(&it.revision_id)) {
        let text = "1010 brings the outcome of a revision that this database does not have";
        return Err(StoreError::Refused(text.to_owned()));
    }
    let of_outcomes = keys.into_iter().map(|key| key.customer_id);
    let of_bases = chunk.bases.iter().map(|base| base.customer.id);
    let performed = chunk.performed.iter().map(|write| write.customer_id);
    let all = of_bases.chain(of_outcomes).chain(performed).chain(absent.iter().copied());
    Ok(all.collect::<BTreeSet<_>>().into_iter().collect())
}

/// How many events a chunk takes. A full package has one in all, with its last chunk: a watcher would be told of every
/// customer, and has to read them all anew anyway.
fn events(chunk: &CustomersChunk, changes: usize) -> u32 {
    match chunk.full {
        Some(_) => u32::from(chunk.applied.is_some()),
        None => u32::try_from(changes).unwrap_or(u32::MAX),
    }
}

fn rows(
    chunk: &CustomersChunk,
    changes: &[Change],
    taken: Taken,
    now: Timestamp,
) -> StoreResult<Rows> {
    let mut rows = Rows::default();
    for change in changes {
        change.put(&mut rows, now)?;
    }
    if chunk.full.is_none() {
        for (change, event) in changes.iter().zip(taken.first_event.0..) {
            rows.add_event(Counter(event), change.kind(), Some(change.id), now);
        }
    } else if chunk.applied.is_some() {
        rows.add_event(taken.first_event, EventKind::Everything, None, now);
    }
    Ok(rows)
}
