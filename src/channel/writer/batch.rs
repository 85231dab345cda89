//! One writing transaction: lock, read, judge, count, write, commit, in this order and with nothing between that
//! waits for anyone outside the database.

use std::collections::HashMap;

use async_trait::async_trait;

use crate::{
    channel::{
        store::{EventKind, Rows, SharedStore, Taken, Transaction},
        writer::captured::Captured,
    },
    domain::{
        base::Base,
        error::{Error, Result},
        id::{CustomerId, RequestId},
        known::KnownCustomer,
        revision::{Counter, Draft, Revision},
        write::{self, Answer, RequestRecord, Verdict, Write},
    },
    runtime::clock::SharedClock,
    storage::{StoreError, StoreResult, group_commit::Ledger},
};

/// How the channel database makes writes durable.
pub struct ChannelLedger {
    pub(super) store: SharedStore,
    pub(super) clock: SharedClock,
    pub(super) captured: Captured,
}

/// What the batch's customers and requests were under its locks.
struct State {
    known: HashMap<CustomerId, KnownCustomer>,
    records: HashMap<RequestId, RequestRecord>,
    /// Of the customers that get a new base.
    waiting: HashMap<CustomerId, Vec<Revision>>,
}

#[async_trait]
impl Ledger for ChannelLedger {
    type Write = Write;
    type Answer = Answer;

    fn customer_id(write: &Write) -> CustomerId {
        write.customer_id
    }

    fn request_id(write: &Write) -> RequestId {
        write.request_id
    }

    fn rows(write: &Write) -> usize {
        write.rows()
    }

    async fn commit(&self, writes: &[Write]) -> StoreResult<Vec<Result<Answer>>> {
        commit(self, writes).await
    }

    async fn recall(&self, writes: &[Write]) -> StoreResult<HashMap<RequestId, Answer>> {
        recall(self, writes).await
    }
}

/// Performs the writes in one transaction; returns after the commit.
async fn commit(ledger: &ChannelLedger, writes: &[Write]) -> StoreResult<Vec<Result<Answer>>> {
    let now = ledger.clock.now();
    let mut customers: Vec<_> = writes.iter().map(|write| write.customer_id).collect();
    customers.sort_unstable();
    let requests: Vec<_> = writes.iter().map(|write| write.request_id).collect();

    let mut transaction = ledger.store.begin().await?;
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
        waiting: waiting(&mut *transaction, writes).await?,
    };

    let verdicts: Vec<_> = writes.iter().map(|write| state.judge(write)).collect();
    let count = |counted: fn(&Verdict) -> bool| {
        let counted = verdicts.iter().filter(|verdict| verdict.as_ref().is_ok_and(counted));
        u32::try_from(counted.count()).unwrap_or(u32::MAX)
    };
    let appends = count(|verdict| matches!(verdict, Verdict::Append(_)));
    let adoptions = count(|verdict| matches!(verdict, Verdict::Adopt(_)));
    // Also for a write that only leaves a record: records are claimed under the counter row.
    let writes_nothing =
        verdicts.iter().all(|verdict| matches!(verdict, Err(_) | Ok(Verdict::Replay(_))));
    let taken = if writes_nothing && !ledger.captured.is_in_doubt() {
        Taken { first_revision: Counter(0), first_event: Counter(0), captured_at: now }
    } else {
        let taken = transaction.take_counters(appends, appends + adoptions, now).await?;
        ledger.captured.note_before(taken.first_revision);
        taken
    };

    let mut rows = Rows::default();
    let mut captures = Captures { taken, revisions: 0, events: 0 };
    let outcomes: Vec<_> = writes
        .iter()
        .zip(verdicts)
        .map(|(write, verdict)| state.perform(write, verdict, &mut captures, &mut rows))
        .collect();
    if (captures.revisions, captures.events) != (appends.into(), (appends + adoptions).into()) {
        // A gap in the counters would hold up every upload behind it.
        return Err(StoreError::Refused("a write that was accepted has no revision".to_owned()));
    }
    if !rows.is_empty() {
        transaction.insert(&rows).await?;
        let last = Counter(taken.first_revision.0 + captures.revisions - 1);
        ledger.captured.commit(transaction, (appends > 0).then_some(last)).await?;
    }
    Ok(outcomes)
}

/// The revisions that wait of those customers that may get a new base.
async fn waiting(
    transaction: &mut dyn Transaction,
    writes: &[Write],
) -> StoreResult<HashMap<CustomerId, Vec<Revision>>> {
    let performed = writes.iter().filter(|write| write.performed.is_some());
    let customers: Vec<_> = performed.map(|write| write.customer_id).collect();
    let mut waiting = HashMap::<_, Vec<_>>::new();
    if !customers.is_empty() {
        for revision in transaction.waiting_revisions(&customers).await? {
            waiting.entry(revision.customer_id).or_default().push(revision);
        }
    }
    Ok(waiting)
}

/// Answers of those of the writes whose record is there. Taking the counter row waits for every transaction that
/// came before.
async fn recall(
    ledger: &ChannelLedger,
    writes: &[Write],
) -> StoreResult<HashMap<RequestId, Answer>> {
    let requests: Vec<_> = writes.iter().map(|write| write.request_id).collect();
    let mut transaction = ledger.store.begin().await?;
    let taken = transaction.take_counters(0, 0, ledger.clock.now()).await?;
    ledger.captured.note_before(taken.first_revision);
    let records = transaction.request_records(&requests).await?;
    let hashes: HashMap<_, _> =
        writes.iter().map(|write| (write.request_id, write.request_hash)).collect();
    Ok(records
        .into_iter()
        .filter(|record| hashes.get(&record.request_id) == Some(&record.request_hash))
        .map(|record| (record.request_id, record.answer))
        .collect())
}

/// Hands out the counters taken.
struct Captures {
    taken: Taken,
    revisions: i64,
    events: i64,
}

impl Captures {
    fn revision(&mut self) -> Counter {
        self.revisions += 1;
        Counter(self.taken.first_revision.0 + self.revisions - 1)
    }

    fn event(&mut self) -> Counter {
        self.events += 1;
        Counter(self.taken.first_event.0 + self.events - 1)
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
            Verdict::Adopt(base) => Some(self.adopt(write, &base, captures, rows)),
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
        let revision = draft.captured(captures.revision(), captures.taken.captured_at);
        let before = self.known.remove(&write.customer_id);
        let answer = write.answer(before.clone(), Some(&revision))?;
        rows.add_revision(write, &revision, before.as_ref(), &answer.known, captures.event());
        Some(answer)
    }

    fn adopt(
        &mut self,
        write: &Write,
        base: &Base,
        captures: &mut Captures,
        rows: &mut Rows,
    ) -> Answer {
        let before = self.known.remove(&write.customer_id);
        let waiting = self.waiting.remove(&write.customer_id).unwrap_or_default();
        let after = write::rebase(before.clone(), base.clone(), &waiting);
        let at = captures.taken.captured_at;
        rows.add_base(base, before.as_ref(), &after);
        let kind = EventKind::of(before.is_some(), true);
        rows.add_event(captures.event(), kind, Some(write.customer_id), at);
        write.answer_with(after)
    }
}
