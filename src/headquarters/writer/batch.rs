//! One writing transaction: lock, read, judge, take numbers and counters, write, commit, in this order and with
//! nothing between that waits for anyone outside the database.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;

use crate::{
    domain::{
        base::Base,
        conclusion::{Conclusion, RevisionStatus},
        error::{Error, Result},
        id::{CustomerId, RequestId},
        merge::{Record, Stamp},
        numbering::account_number,
        submission::{Submission, Verdict},
        time::Timestamp,
    },
    headquarters::{
        signals::Signals,
        store::{Ending, Outcome, Rows, SharedStore, TakenNumbers},
        writer::state::{self, Judged, State},
    },
    runtime::clock::SharedClock,
    storage::{StoreError, StoreResult, group_commit::Ledger},
};

/// How headquarters' database makes writes durable.
pub struct HeadquartersLedger {
    pub(super) store: SharedStore,
    pub(super) clock: SharedClock,
    pub(super) signals: Arc<Signals>,
}

/// What whoever brought a write is told.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Of a real-time write: its customer.
    Customer(Box<Base>),
    /// Of an uploaded revision.
    Concluded(Conclusion),
}

/// Hands out the numbers and change counters that were taken.
struct Hands {
    numbers: Option<TakenNumbers>,
    next_version: i64,
    now: Timestamp,
}

#[async_trait]
impl Ledger for HeadquartersLedger {
    type Write = Submission;
    type Answer = Answer;

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

    async fn commit(&self, writes: &[Submission]) -> StoreResult<Vec<Result<Answer>>> {
        let answers = commit(&self.store, self.clock.now(), writes).await?;
        self.tell(writes);
        Ok(answers)
    }

    async fn recall(&self, writes: &[Submission]) -> StoreResult<HashMap<RequestId, Answer>> {
        let answers = recall(&self.store, writes).await?;
        self.tell(writes);
        Ok(answers)
    }
}

impl HeadquartersLedger {
    /// There may be outcomes, and their origins want to know.
    fn tell(&self, writes: &[Submission]) {
        self.signals.changed.notify_one();
        for write in writes.iter().filter(|write| write.capture.is_some()) {
            self.signals.tell(write.origin.database_id);
        }
    }
}

/// Performs the writes in one transaction; returns after the commit.
async fn commit(
    store: &SharedStore,
    now: Timestamp,
    writes: &[Submission],
) -> StoreResult<Vec<Result<Answer>>> {
    let mut transaction = store.begin().await?;
    let state = State::read(&mut *transaction, writes).await?;
    let judged: Vec<_> = writes.iter().map(|write| state.judge(write)).collect();
    let count = |counts: fn(&Judged) -> bool| {
        u32::try_from(judged.iter().filter(|it| counts(it)).count()).unwrap_or(u32::MAX)
    };
    let creates = count(|it| matches!(it, Judged::Perform(Verdict::Create)));
    let written = count(|it| !matches!(it, Judged::Told(_)));

    let numbers = match creates {
        0 => None,
        _ => Some(transaction.take_numbers(creates).await?),
    };
    let next_version = match written {
        0 => 0,
        _ => transaction.take_changes(written).await?,
    };
    let mut hands = Hands { numbers, next_version, now };
    let mut rows = Rows::default();
    let answers: Vec<_> = writes
        .iter()
        .zip(judged)
        .map(|(write, judged)| hands.write(&state, write, judged, &mut rows))
        .collect();
    if rows.outcomes.len() != written as usize {
        // A gap in the counters would look like a change that never arrives.
        return Err(StoreError::Refused("a write that was accepted has no outcome".to_owned()));
    }
    if written > 0 {
        transaction.insert(&rows).await?;
        transaction.commit().await?;
    }
    Ok(answers)
}

/// Answers of those of the writes that are there: real-time ones by their memory, uploaded ones by their outcome.
/// Taking the counter row waits for every transaction that came before.
async fn recall(
    store: &SharedStore,
    writes: &[Submission],
) -> StoreResult<HashMap<RequestId, Answer>> {
    let mut transaction = store.begin().await?;
    transaction.take_changes(0).await?;
    let uploaded = state::uploaded(&mut *transaction, writes).await?;
    let hashes: HashMap<_, _> = writes
        .iter()
        .filter(|write| write.capture.is_none())
        .map(|write| (write.draft.request_id, write.request_hash))
        .collect();
    let mut memories = transaction.performed(&state::requests(writes)).await?;
    memories.retain(|(id, memory)| hashes.get(id) == Some(&memory.request_hash));
    let customers: Vec<_> = memories.iter().map(|(_, memory)| memory.customer_id).collect();
    let records = state::by_id(transaction.records(&customers).await?);
    let performed = memories.into_iter().filter_map(|(id, memory)| {
        let base = records.get(&memory.customer_id)?.base.clone();
        Some((id, Answer::Customer(Box::new(base))))
    });
    let concluded = writes.iter().filter_map(|write| {
        let uploaded = uploaded.get(&(write.origin, write.capture?.counter))?;
        let is_done = uploaded.status != RevisionStatus::Received;
        is_done.then_some((write.draft.request_id, Answer::Concluded(Conclusion::Before)))
    });
    Ok(performed.chain(concluded).collect())
}

// === impl Hands ===

impl Hands {
    /// Turns what is to become of a write into rows and an answer. `Internal` says that it lacks what it was judged
    /// by.
    fn write<'a>(
        &mut self,
        state: &State,
        write: &'a Submission,
        judged: Judged,
        rows: &mut Rows<'a>,
    ) -> Result<Answer> {
        let verdict = match judged {
            Judged::Told(answer) => return answer,
            Judged::Fail(why) => {
                let ending = Ending::Failed(why.clone());
                return Ok(self.end(write, ending, Conclusion::Failed(why), rows));
            }
            Judged::Park(why) => {
                let ending = Ending::Parked(why.clone());
                return Ok(self.end(write, ending, Conclusion::Parked(why), rows));
            }
            Judged::Perform(verdict) => verdict,
        };
        let version = self.version();
        let (base, superseded, performed) = match verdict {
            Verdict::Performed => {
                (state.as_it_is(write).ok_or(Error::Internal)?, Vec::new(), false)
            }
            Verdict::Create => {
                let number = self.number().ok_or(Error::Internal)?;
                let stamp = self.stamp(state, write, version);
                let record = Record::created(&write.draft, number, stamp).ok_or(Error::Internal)?;
                let base = record.base.clone();
                rows.new_customers.push(record);
                (base, Vec::new(), true)
            }
            Verdict::Merge => {
                let record = state.record(write).ok_or(Error::Internal)?;
                let merged = record.merge(&write.draft, self.stamp(state, write, version));
                let base = merged.record.base.clone();
                if merged.changed {
                    rows.changed_customers.push(merged.record);
                }
                (base, merged.superseded, true)
            }
        };
        let ending = Ending::Synchronized { contained_in: base.version, superseded, performed };
        rows.outcomes.push(self.outcome(write, version, ending));
        Ok(match write.capture {
            None => Answer::Customer(Box::new(base)),
            Some(_) => Answer::Concluded(Conclusion::Synchronized),
        })
    }

    /// Writes an outcome that performs nothing.
    fn end<'a>(
        &mut self,
        write: &'a Submission,
        ending: Ending,
        conclusion: Conclusion,
        rows: &mut Rows<'a>,
    ) -> Answer {
        let version = self.version();
        rows.outcomes.push(self.outcome(write, version, ending));
        Answer::Concluded(conclusion)
    }

    fn version(&mut self) -> i64 {
        let version = self.next_version;
        self.next_version += 1;
        version
    }

    fn number(&mut self) -> Option<String> {
        let numbers = self.numbers.as_mut()?;
        let number = account_number(&numbers.format, numbers.first);
        numbers.first += 1;
        Some(number)
    }

    fn stamp(&self, state: &State, write: &Submission, version: i64) -> Stamp {
        let received_at = state.received_at(write).unwrap_or(self.now);
        Stamp { version, at: write.written_at(received_at), origin: write.origin }
    }

    const fn outcome<'a>(
        &self,
        submission: &'a Submission,
        version: i64,
        ending: Ending,
    ) -> Outcome<'a> {
        Outcome { submission, at: self.now, version, ending }
    }
}
