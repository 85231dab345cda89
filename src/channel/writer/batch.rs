//! One writing transaction: lock, read, judge, count, write, commit, in this order and with nothing between that
//! waits for anyone outside the database.

use std::collections::HashMap;

use crate::{
    channel::{
        store::{Applied, Rows, SharedStore, StoreError, StoreResult, Taken},
        writer::ConfigurationPackage,
    },
    domain::{
        error::{Error, Result},
        id::{CustomerId, RequestId},
        known::KnownCustomer,
        revision::{Counter, Draft},
        time::Timestamp,
        write::{Answer, RequestRecord, Verdict, Write},
    },
};

/// What the batch's customers and requests were under its locks.
struct State {
    known: HashMap<CustomerId, KnownCustomer>,
    records: HashMap<RequestId, RequestRecord>,
}

/// Performs the writes in one transaction, each of another customer and request id, and says of each what its
/// caller is to be told. Nothing is told before it is durable: this returns after the commit.
pub(super) async fn commit(
    store: &SharedStore,
    now: Timestamp,
    writes: &[Write],
) -> StoreResult<Vec<Result<Answer>>> {
    let mut customers: Vec<_> = writes.iter().map(|write| write.customer_id).collect();
    customers.sort_unstable();
    let requests: Vec<_> = writes.iter().map(|write| write.request_id).collect();

    let mut transaction = store.begin().await?;
    let locked = transaction.lock_customers(&customers).await?;
    // In statements after the lock, so that they see what its previous holder wrote.
    let known = transaction.customers(&customers).await?;
    if known.iter().any(|known| !locked.contains(&known.customer.id)) {
        // Created between the two statements: seen, but not locked.
        return Err(StoreError::Conflict);
    }
    let records = transaction.request_records(&requests).await?;
    let mut state = State {
        known: known.into_iter().map(|known| (known.customer.id, known)).collect(),
        records: records.into_iter().map(|record| (record.request_id, record)).collect(),
    };

    let verdicts: Vec<_> = writes.iter().map(|write| state.judge(write)).collect();
    let appends = verdicts.iter().filter(|verdict| matches!(verdict, Ok(Verdict::Append(_))));
    let appends = u32::try_from(appends.count()).unwrap_or(u32::MAX);
    // Also for a write that only leaves a record: records are claimed under the counter row.
    let writes_nothing =
        verdicts.iter().all(|verdict| matches!(verdict, Err(_) | Ok(Verdict::Replay(_))));
    let taken = if writes_nothing {
        Taken { first_revision: Counter(0), first_event: Counter(0), captured_at: now }
    } else {
        transaction.take_counters(appends, appends, now).await?
    };

    let mut rows = Rows::default();
    let mut captures = Captures { taken, used: 0 };
    let outcomes: Vec<_> = writes
        .iter()
        .zip(verdicts)
        .map(|(write, verdict)| state.perform(write, verdict, &mut captures, &mut rows))
        .collect();
    if captures.used != i64::from(appends) {
        // A gap in the counters would hold up every upload behind it.
        return Err(StoreError::Refused("a write that was accepted has no revision".to_owned()));
    }
    if !rows.is_empty() {
        transaction.insert(&rows).await?;
        transaction.commit().await?;
    }
    Ok(outcomes)
}

/// Answers of those of the writes whose record is there. Waits for every transaction that came before by taking
/// the counter row, so that a commit without an answer has happened by then or never will.
pub(super) async fn recall(
    store: &SharedStore,
    now: Timestamp,
    writes: &[Write],
) -> StoreResult<HashMap<RequestId, Answer>> {
    let requests: Vec<_> = writes.iter().map(|write| write.request_id).collect();
    let mut transaction = store.begin().await?;
    transaction.take_counters(0, 0, now).await?;
    let records = transaction.request_records(&requests).await?;
    let hashes: HashMap<_, _> =
        writes.iter().map(|write| (write.request_id, write.request_hash)).collect();
    Ok(records
        .into_iter()
        .filter(|record| hashes.get(&record.request_id) == Some(&record.request_hash))
        .map(|record| (record.request_id, record.answer))
        .collect())
}

pub(super) async fn apply_configuration(
    store: &SharedStore,
    package: &ConfigurationPackage,
    applied: Applied,
) -> StoreResult<bool> {
    let mut transaction = store.begin().await?;
    let newer = match package {
        ConfigurationPackage::Channel(rows) => {
            transaction.apply_channel_configuration(rows, applied).await?
        }
        ConfigurationPackage::Global(rows) => {
            transaction.apply_global_configuration(rows, applied).await?
        }
    };
    if newer {
        transaction.commit().await?;
    }
    Ok(newer)
}

pub(super) async fn prune_request_records(
    store: &SharedStore,
    before: Timestamp,
    limit: u32,
) -> StoreResult<u64> {
    let mut transaction = store.begin().await?;
    let pruned = transaction.prune_request_records(before, limit).await?;
    transaction.commit().await?;
    Ok(pruned)
}

/// Hands out the counters taken, one revision and one event a write.
struct Captures {
    taken: Taken,
    used: i64,
}

impl Captures {
    fn next(&mut self) -> (Counter, Counter, Timestamp) {
        let revision = Counter(self.taken.first_revision.0 + self.used);
        let event = Counter(self.taken.first_event.0 + self.used);
        self.used += 1;
        (revision, event, self.taken.captured_at)
    }
}

impl State {
    fn judge(&self, write: &Write) -> Result<Verdict> {
        write.judge(self.records.get(&write.request_id), self.known.get(&write.customer_id))
    }

    /// Turns a verdict into rows and the caller's answer.
    fn perform(
        &mut self,
        write: &Write,
        verdict: Result<Verdict>,
        captures: &mut Captures,
        rows: &mut Rows,
    ) -> Result<Answer> {
        let answer = match verdict? {
            Verdict::Replay(answer) => return Ok(*answer),
            Verdict::Nothing => write.answer(self.known.remove(&write.customer_id), None),
            Verdict::Append(draft) => self.append(write, draft, captures, rows),
        };
        // A verdict that accepts a write has its customer, or makes it.
        let answer = answer.ok_or(Error::Internal)?;
        let record = RequestRecord {
            request_id: write.request_id,
            request_hash: write.request_hash,
            answer,
        };
        rows.add_record(&record, captures.taken.captured_at);
        Ok(record.answer)
    }

    fn append(
        &mut self,
        write: &Write,
        draft: Draft,
        captures: &mut Captures,
        rows: &mut Rows,
    ) -> Option<Answer> {
        let (counter, event, captured_at) = captures.next();
        let revision = draft.captured(counter, captured_at);
        let before = self.known.remove(&write.customer_id);
        let answer = write.answer(before.clone(), Some(&revision))?;
        rows.add_revision(write, &revision, before.as_ref(), &answer.known, event);
        Some(answer)
    }
}
