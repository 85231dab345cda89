//! One writing transaction: lock, read, judge, take numbers and counters, write, commit, in this order and with
//! nothing between that waits for anyone outside the database.

use std::collections::{BTreeSet, HashMap, HashSet};

use async_trait::async_trait;

use crate::{
    domain::{
        base::Base,
        error::{Error, Result},
        id::{CustomerId, RequestId},
        merge::{Record, Stamp, Superseded},
        numbering::account_number,
        submission::{PerformedRequest, Submission, Verdict},
        time::Timestamp,
    },
    headquarters::store::{Outcome, Rows, SharedStore, TakenNumbers, Transaction},
    runtime::clock::SharedClock,
    storage::{StoreError, StoreResult, group_commit::Ledger},
};

/// How headquarters' database makes writes durable.
pub struct HeadquartersLedger {
    pub(super) store: SharedStore,
    pub(super) clock: SharedClock,
}

/// What the batch's customers and requests were under its locks.
struct State {
    records: HashMap<CustomerId, Record>,
    memories: HashMap<RequestId, PerformedRequest>,
    customer_groups: HashSet<String>,
}

/// Hands out the numbers and change counters that were taken.
struct Hands {
    numbers: Option<TakenNumbers>,
    next_version: i64,
    received_at: Timestamp,
}

#[async_trait]
impl Ledger for HeadquartersLedger {
    type Write = Submission;
    type Answer = Base;

    fn customer_id(write: &Submission) -> CustomerId {
        write.draft.customer_id
    }

    fn request_id(write: &Submission) -> RequestId {
        write.draft.request_id
    }

    /// The customer and the memory, beside what changes.
    fn rows(write: &Submission) -> usize {
        write.draft.changes.len() + 2
    }

    async fn commit(&self, writes: &[Submission]) -> StoreResult<Vec<Result<Base>>> {
        commit(&self.store, self.clock.now(), writes).await
    }

    async fn recall(&self, writes: &[Submission]) -> StoreResult<HashMap<RequestId, Base>> {
        recall(&self.store, writes).await
    }
}

/// Performs the writes in one transaction; returns after the commit.
async fn commit(
    store: &SharedStore,
    now: Timestamp,
    writes: &[Submission],
) -> StoreResult<Vec<Result<Base>>> {
    let mut transaction = store.begin().await?;
    let state = State::read(&mut *transaction, writes).await?;
    let verdicts: Vec<_> = writes.iter().map(|write| state.judge(write)).collect();
    let count = |wanted: &[Verdict]| {
        let counted = verdicts.iter().flatten().filter(|verdict| wanted.contains(verdict));
        u32::try_from(counted.count()).unwrap_or(u32::MAX)
    };
    let creates = count(&[Verdict::Create]);
    let performed = count(&[Verdict::Create, Verdict::Merge]);

    let numbers = match creates {
        0 => None,
        _ => Some(transaction.take_numbers(creates).await?),
    };
    let next_version = match performed {
        0 => 0,
        _ => transaction.take_changes(performed).await?,
    };
    let mut hands = Hands { numbers, next_version, received_at: now };
    let mut rows = Rows::default();
    let answers: Vec<_> = writes
        .iter()
        .zip(verdicts)
        .map(|(write, verdict)| state.perform(write, verdict, &mut hands, &mut rows))
        .collect();
    if rows.outcomes.len() != performed as usize {
        // A gap in the counters would look like a change that never arrives.
        return Err(StoreError::Refused("a write that was accepted has no outcome".to_owned()));
    }
    if performed > 0 {
        transaction.insert(&rows).await?;
        transaction.commit().await?;
    }
    Ok(answers)
}

/// Answers of those of the writes whose memory is there. Taking the counter row waits for every transaction that
/// came before.
async fn recall(
    store: &SharedStore,
    writes: &[Submission],
) -> StoreResult<HashMap<RequestId, Base>> {
    let mut transaction = store.begin().await?;
    transaction.take_changes(0).await?;
    let hashes: HashMap<_, _> =
        writes.iter().map(|write| (write.draft.request_id, write.request_hash)).collect();
    let mut memories = transaction.performed(&requests(writes)).await?;
    memories.retain(|(id, memory)| hashes.get(id) == Some(&memory.request_hash));
    let customers: Vec<_> = memories.iter().map(|(_, memory)| memory.customer_id).collect();
    let records = by_id(transaction.records(&customers).await?);
    let answer = |(id, memory): (RequestId, PerformedRequest)| {
        Some((id, records.get(&memory.customer_id)?.base.clone()))
    };
    Ok(memories.into_iter().filter_map(answer).collect())
}

fn requests(writes: &[Submission]) -> Vec<RequestId> {
    writes.iter().map(|write| write.draft.request_id).collect()
}

fn by_id(records: Vec<Record>) -> HashMap<CustomerId, Record> {
    records.into_iter().map(|record| (record.base.customer.id, record)).collect()
}

// === impl State ===

impl State {
    async fn read(transaction: &mut dyn Transaction, writes: &[Submission]) -> StoreResult<Self> {
        let mut customers: Vec<_> = writes.iter().map(|write| write.draft.customer_id).collect();
        customers.sort_unstable();
        let locked = transaction.lock_customers(&customers).await?;
        // In statements after the lock, so that they see what its previous holder wrote.
        let mut records = by_id(transaction.records(&customers).await?);
        if records.keys().any(|id| !locked.contains(id)) {
            // Created between the two statements: seen, but not locked.
            return Err(StoreError::Conflict);
        }
        let memories: HashMap<_, _> =
            transaction.performed(&requests(writes)).await?.into_iter().collect();
        // A repetition that names another customer is answered with its own, which is only read.
        let others: Vec<_> = memories
            .values()
            .map(|memory| memory.customer_id)
            .filter(|id| customers.binary_search(id).is_err())
            .collect();
        if !others.is_empty() {
            records.extend(by_id(transaction.records(&others).await?));
        }
        let codes: BTreeSet<_> =
            writes.iter().filter_map(Submission::customer_group).map(ToOwned::to_owned).collect();
        let customer_groups = if codes.is_empty() {
            HashSet::new()
        } else {
            let codes: Vec<_> = codes.into_iter().collect();
            transaction.customer_groups(&codes).await?.into_iter().collect()
        };
        Ok(Self { records, memories, customer_groups })
    }

    fn judge(&self, write: &Submission) -> Result<Verdict> {
        let draft = &write.draft;
        let verdict = write
            .judge(self.memories.get(&draft.request_id), self.records.get(&draft.customer_id))?;
        match (verdict, write.customer_group()) {
            (Verdict::Create | Verdict::Merge, Some(code))
                if !self.customer_groups.contains(code) =>
            {
                Err(Error::CustomerGroupNotFound { code: code.to_owned() })
            }
            _ => Ok(verdict),
        }
    }

    /// Turns a verdict into rows and the caller's answer. A verdict that accepts a write has its customer, or makes
    /// it: `Internal` says that it did not.
    fn perform<'a>(
        &self,
        write: &'a Submission,
        verdict: Result<Verdict>,
        hands: &mut Hands,
        rows: &mut Rows<'a>,
    ) -> Result<Base> {
        let base = match verdict? {
            Verdict::Performed => return self.as_it_is(write).ok_or(Error::Internal),
            Verdict::Create => {
                let stamp = hands.stamp(write);
                let number = hands.number().ok_or(Error::Internal)?;
                let record = Record::created(&write.draft, number, stamp).ok_or(Error::Internal)?;
                let base = record.base.clone();
                rows.new_customers.push(record);
                rows.outcomes.push(hands.outcome(write, stamp, Vec::new()));
                base
            }
            Verdict::Merge => {
                let record =
                    self.records.get(&write.draft.customer_id).cloned().ok_or(Error::Internal)?;
                let stamp = hands.stamp(write);
                let merged = record.merge(&write.draft, stamp);
                let base = merged.record.base.clone();
                if merged.changed {
                    rows.changed_customers.push(merged.record);
                }
                rows.outcomes.push(hands.outcome(write, stamp, merged.superseded));
                base
            }
        };
        Ok(base)
    }

    /// The customer of a write that was performed before.
    fn as_it_is(&self, write: &Submission) -> Option<Base> {
        let memory = self.memories.get(&write.draft.request_id);
        let customer = memory.map_or(write.draft.customer_id, |memory| memory.customer_id);
        self.records.get(&customer).map(|record| record.base.clone())
    }
}

// === impl Hands ===

impl Hands {
    fn stamp(&mut self, write: &Submission) -> Stamp {
        let version = self.next_version;
        self.next_version += 1;
        Stamp { version, at: self.received_at, origin: write.origin }
    }

    fn number(&mut self) -> Option<String> {
        let numbers = self.numbers.as_mut()?;
        let number = account_number(&numbers.format, numbers.first);
        numbers.first += 1;
        Some(number)
    }

    fn outcome<'a>(
        &self,
        submission: &'a Submission,
        stamp: Stamp,
        superseded: Vec<Superseded>,
    ) -> Outcome<'a> {
        Outcome { submission, received_at: self.received_at, version: stamp.version, superseded }
    }
}
