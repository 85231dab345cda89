//! The steps of a writing transaction, one by one, as the writer takes them.

use std::sync::Arc;

use csu::{
    domain::{
        configuration::ConfigurationVersion,
        id::CustomerId,
        merge::{Record, Stamp},
        numbering,
        origin::Origin,
        revision::{Change, Counter, Draft},
        submission::{Capture, Decision, Submission},
        time::Timestamp,
        write::{Command, Verdict, Write},
    },
    headquarters::store::{Ending, Outcome, Rows, SharedStore, Transaction},
    storage::{StoreError, StoreResult},
};
use uuid::Uuid;

use crate::harness::{Database, Engine, START, writes};

/// A channel database in its first life.
pub fn origin(number: u128) -> Origin {
    Origin { database_id: Uuid::from_u128(number), incarnation: 1 }
}

/// Karen with this last name, a phone, an e-mail address and two addresses.
pub fn create(last_name: &str) -> Submission {
    let write = writes::create(last_name);
    let Ok(Verdict::Append(draft)) = write.judge(None, None) else {
        panic!("the write creates a customer");
    };
    submission(&write, draft)
}

/// Gives a customer another last name, knowing this version of it.
pub fn rename(customer_id: CustomerId, last_name: &str, base_version: i64) -> Submission {
    let write = writes::rename(customer_id, last_name);
    let Command::UpdateCustomer { patch, .. } = write.command.clone() else {
        panic!("the write changes a customer");
    };
    let draft = Draft {
        request_id: write.request_id,
        customer_id,
        base_version: Some(base_version),
        changes: vec![Change::UpdateCustomer { fields: patch }],
    };
    submission(&write, draft)
}

fn submission(write: &Write, draft: Draft) -> Submission {
    let configuration_version =
        ConfigurationVersion { channel_configuration: 3, global_configuration: 4 };
    Submission {
        origin: origin(1),
        draft,
        method: write.method(),
        request_hash: write.request_hash,
        channel: write.channel.clone(),
        caller: write.caller.name.clone(),
        decision: Decision {
            reason: "PROFILE_REAL_TIME".to_owned(),
            configuration_version,
            configuration_age: std::time::Duration::from_millis(1_500),
        },
        require_unchanged: false,
        capture: None,
    }
}

/// As if it had been captured async, so many milliseconds after the start.
pub fn captured(submission: Submission, counter: i64, at: i64) -> Submission {
    let capture = Capture {
        revision_id: submission.draft.request_id.revision_id(),
        counter: Counter(counter),
        at: Timestamp(START.millis() + at),
    };
    Submission { capture: Some(capture), ..submission }
}

/// Takes uploaded revisions of one origin, in a transaction of their own.
pub async fn receive(store: &SharedStore, submissions: &[Submission]) -> StoreResult<()> {
    receive_at(store, submissions, START).await
}

pub async fn receive_at(
    store: &SharedStore,
    submissions: &[Submission],
    received_at: Timestamp,
) -> StoreResult<()> {
    let origin = submissions[0].origin;
    let mut transaction = store.begin().await?;
    let position = transaction.lock_origin(origin).await?.after(submissions);
    transaction.receive(origin, submissions, received_at, position).await?;
    transaction.commit().await
}

/// Locks, reads, counts and inserts; the commit is left to the caller.
pub async fn perform(
    transaction: &mut dyn Transaction,
    now: Timestamp,
    submissions: &[Submission],
) -> StoreResult<Vec<Record>> {
    let ids: Vec<_> = submissions.iter().map(|it| it.draft.customer_id).collect();
    transaction.lock_customers(&ids).await?;
    let known = transaction.records(&ids).await?;
    let find = |id: CustomerId| known.iter().find(|known| known.base.customer.id == id).cloned();
    let judged: Vec<_> = submissions.iter().map(|it| (it, find(it.draft.customer_id))).collect();
    insert(transaction, now, &judged).await
}

/// Counts and inserts submissions that were judged by what may not be there (any more).
pub async fn insert(
    transaction: &mut dyn Transaction,
    now: Timestamp,
    judged: &[(&Submission, Option<Record>)],
) -> StoreResult<Vec<Record>> {
    let count = |count: usize| u32::try_from(count).expect("a batch");
    let new = judged.iter().filter(|(_, record)| record.is_none()).count();
    let numbers = transaction.take_numbers(count(new)).await?;
    let first = transaction.take_changes(count(judged.len())).await?;
    let mut number = numbers.first;
    let mut rows = Rows::default();
    let mut records = Vec::new();
    for (version, (submission, before)) in (first..).zip(judged) {
        let stamp = Stamp { version, at: now, origin: submission.origin };
        let (record, superseded) = match before.clone() {
            None => {
                let account = numbering::account_number(&numbers.format, number);
                number += 1;
                let record = Record::created(&submission.draft, account, stamp).expect("a create");
                rows.new_customers.push(record.clone());
                (record, Vec::new())
            }
            Some(before) => {
                let merged = before.merge(&submission.draft, stamp);
                rows.changed_customers.extend(merged.changed.then(|| merged.record.clone()));
                (merged.record, merged.superseded)
            }
        };
        let contained_in = record.base.version;
        let ending = Ending::Synchronized { contained_in, superseded, performed: true };
        rows.outcomes.push(Outcome { submission, at: now, version, ending });
        records.push(record);
    }
    transaction.insert(&rows).await?;
    Ok(records)
}

/// Performs submissions in a transaction of their own.
pub async fn commit(
    store: &SharedStore,
    now: Timestamp,
    submissions: &[Submission],
) -> StoreResult<Vec<Record>> {
    let mut transaction = store.begin().await?;
    let records = perform(&mut *transaction, now, submissions).await?;
    transaction.commit().await?;
    Ok(records)
}

/// Performs one submission that is in order.
pub async fn commit_one(store: &SharedStore, submission: &Submission) -> Record {
    let one = std::slice::from_ref(submission);
    commit(store, START, one).await.expect("it is written").remove(0)
}

/// The customer, if it is there.
pub async fn record(store: &SharedStore, id: CustomerId) -> Option<Record> {
    store.records(&[id]).await.expect("a read").pop()
}

/// Whether it is a conflict, and nothing else.
pub fn is_conflict<T>(result: &StoreResult<T>) -> bool {
    matches!(result, Err(StoreError::Conflict))
}

/// As another replica would reach it.
pub async fn other(database: &Database, store: &SharedStore) -> SharedStore {
    match database.engine {
        Engine::Sqlite => Arc::clone(store),
        Engine::Postgres => database.open_headquarters(START).await,
    }
}

/// All that the database holds. Two of them are equal if nothing was left behind.
pub async fn everything(database: &Database) -> Vec<String> {
    let mut found = Vec::new();
    for rows in [
        "SELECT 'counter ' || change FROM counter",
        "SELECT 'numbers ' || format || ' ' || last FROM number_sequence",
        "SELECT 'customer ' || version || ' ' || account_number || ' ' || record FROM customer",
        "SELECT 'revision ' || coalesce(version, 0) || ' ' || status || ' ' || received_at || ' ' || decision FROM revision",
        "SELECT 'origin ' || incarnation || ' ' || last_counter FROM origin",
        "SELECT 'setup ' || kind || ' ' || code || ' ' || content FROM setup",
        "SELECT 'setup ' || channel_configuration || ' ' || global_configuration
         FROM configuration_version",
        "SELECT 'database ' || name || ' ' || incarnation || ' ' || last_seen_at
         FROM registered_database",
        "SELECT 'lease ' || name || ' ' || fence || ' ' || held_until FROM job_lease",
        "SELECT 'job ' || code || ' ' || recurrence FROM job",
        "SELECT 'run ' || id || ' ' || status || ' ' || run_count FROM job_run",
        "SELECT 'session ' || id || ' ' || status || ' ' || try_count FROM session",
        "SELECT 'package ' || id || ' ' || chunk_count || ' ' || (header IS NULL) FROM package",
        "SELECT 'chunk ' || package_id || ' ' || ordinal FROM package_chunk",
    ] {
        found.extend(database.texts(rows).await);
    }
    found.sort();
    found
}
