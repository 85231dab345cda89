//! The steps of a writing transaction, one by one, as the writer takes them.

use csu::{
    channel::store::{Rows, SharedStore, Transaction},
    domain::{
        id::CustomerId,
        known::KnownCustomer,
        revision::Counter,
        time::Timestamp,
        write::{Answer, RequestRecord, Verdict, Write},
    },
    storage::{StoreError, StoreResult},
};

/// Locks, reads, counts and inserts; the commit is left to the caller.
pub async fn perform(
    transaction: &mut dyn Transaction,
    now: Timestamp,
    writes: &[Write],
) -> StoreResult<Vec<Answer>> {
    let mut customers: Vec<_> = writes.iter().map(|write| write.customer_id).collect();
    customers.sort_unstable();
    transaction.lock_customers(&customers).await?;
    let known = transaction.customers(&customers).await?;
    let find = |id: CustomerId| known.iter().find(|known| known.customer.id == id).cloned();
    let judged = writes.iter().map(|write| (write, find(write.customer_id))).collect::<Vec<_>>();
    insert(transaction, now, &judged).await
}

/// Counts and inserts writes that were judged by what may not be there (any more).
pub async fn insert(
    transaction: &mut dyn Transaction,
    now: Timestamp,
    writes: &[(&Write, Option<KnownCustomer>)],
) -> StoreResult<Vec<Answer>> {
    let count = u32::try_from(writes.len()).expect("a batch");
    let taken = transaction.take_counters(count, count, now).await?;
    let mut rows = Rows::default();
    let mut answers = Vec::new();
    for (index, (write, before)) in (0..).zip(writes) {
        let Ok(Verdict::Append(draft)) = write.judge(None, before.as_ref()) else {
            panic!("the write changes something");
        };
        let revision = draft.captured(Counter(taken.first_revision.0 + index), taken.captured_at);
        let answer = write.answer(before.clone(), Some(&revision)).expect("an answer");
        let event = Counter(taken.first_event.0 + index);
        rows.add_revision(write, &revision, before.as_ref(), &answer.known, event);
        rows.add_record(&record(write, &answer), taken.captured_at);
        answers.push(answer);
    }
    transaction.insert(&rows).await?;
    Ok(answers)
}

/// What is remembered of a write.
pub fn record(write: &Write, answer: &Answer) -> RequestRecord {
    RequestRecord {
        request_id: write.request_id,
        request_hash: write.request_hash,
        answer: answer.clone(),
    }
}

/// Performs writes in a transaction of their own.
pub async fn commit(
    store: &SharedStore,
    now: Timestamp,
    writes: &[Write],
) -> StoreResult<Vec<Answer>> {
    let mut transaction = store.begin().await?;
    let answers = perform(&mut *transaction, now, writes).await?;
    transaction.commit().await?;
    Ok(answers)
}

/// Performs one write that is in order.
pub async fn commit_one(store: &SharedStore, now: Timestamp, write: &Write) -> KnownCustomer {
    let mut answers = commit(store, now, std::slice::from_ref(write)).await.expect("it is written");
    answers.remove(0).known
}

/// The customer, if it is there.
pub async fn customer(store: &SharedStore, id: CustomerId) -> Option<KnownCustomer> {
    store.customers(&[id]).await.expect("a read").pop()
}

/// Whether it is a conflict, and nothing else.
pub fn is_conflict<T>(result: &StoreResult<T>) -> bool {
    matches!(result, Err(StoreError::Conflict))
}
