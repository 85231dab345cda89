//! What a transaction writes, ready to be bound as one JSON array a table: both engines unpack the same shape, so
//! that a statement is constant whatever the number of its rows.

use serde_json::{Value, json};

use crate::{
    domain::{
        conclusion::RevisionStatus, merge::Record, origin::Origin, revision::Counter,
        submission::Submission, time::Timestamp,
    },
    headquarters::store::{Ending, Outcome},
    storage::to_text,
};

pub(super) mod scheduler;

/// Stands for the counter of a real-time write.
const REAL_TIME: i64 = 0;

/// Rows of `customer`.
pub(super) fn customers(records: &[Record]) -> Vec<Value> {
    let row = |record: &Record| {
        let customer = &record.base.customer;
        json!({
            "id": customer.id,
            "version": record.base.version,
            "account_number": customer.account_number,
            "record": to_text(record),
        })
    };
    records.iter().map(row).collect()
}

/// New rows of `revision`: real-time writes with their outcome.
pub(super) fn performed(outcomes: &[Outcome<'_>]) -> Vec<Value> {
    let row =
        |outcome: &&Outcome<'_>| joined(written(outcome.submission, outcome.at), ended(outcome));
    outcomes
        .iter()
        .filter(|outcome| outcome.submission.capture.is_none())
        .map(|it| row(&it))
        .collect()
}

/// Outcomes of rows of `revision` that wait.
pub(super) fn concluded(outcomes: &[Outcome<'_>]) -> Vec<Value> {
    let row = |outcome: &&Outcome<'_>| joined(key(outcome.submission), ended(outcome));
    outcomes
        .iter()
        .filter(|outcome| outcome.submission.capture.is_some())
        .map(|it| row(&it))
        .collect()
}

/// Where uploaded revisions are found.
pub(super) fn places(revisions: &[(Origin, Counter)]) -> Vec<Value> {
    let place = |(origin, counter): &(Origin, Counter)| {
        json!({
            "database_id": origin.database_id,
            "incarnation": origin.incarnation,
            "counter": counter,
        })
    };
    revisions.iter().map(place).collect()
}

/// New rows of `revision`: what was uploaded.
pub(super) fn received(submissions: &[Submission], received_at: Timestamp) -> Vec<Value> {
    let row = |submission: &Submission| {
        let waits = json!({
            "captured_at": submission.capture.map(|capture| capture.at),
            "changes": to_text(&submission.draft.changes),
            "status": RevisionStatus::Received.as_str(),
            "performed": 0,
        });
        joined(written(submission, received_at), waits)
    };
    submissions.iter().map(row).collect()
}

/// The columns that tell a revision from all others.
fn key(submission: &Submission) -> Value {
    json!({
        "id": submission.revision_id(),
        "database_id": submission.origin.database_id,
        "incarnation": submission.origin.incarnation,
        "counter": submission.capture.map_or(REAL_TIME, |capture| capture.counter.0),
    })
}

/// The columns of the write itself.
fn written(submission: &Submission, received_at: Timestamp) -> Value {
    let draft = &submission.draft;
    let columns = json!({
        "request_id": draft.request_id,
        "request_hash": hex::encode(submission.request_hash),
        "customer_id": draft.customer_id,
        "channel": submission.channel,
        "caller": submission.caller,
        "method": submission.method.name(),
        "decision": to_text(&submission.decision),
        "base_version": draft.base_version,
        "received_at": received_at,
    });
    joined(key(submission), columns)
}

/// The columns of an outcome.
fn ended(outcome: &Outcome<'_>) -> Value {
    let columns = match &outcome.ending {
        Ending::Synchronized { contained_in, superseded, performed } => json!({
            "status": RevisionStatus::Synchronized.as_str(),
            "performed": i64::from(*performed),
            "contained_in": contained_in,
            "superseded": (!superseded.is_empty()).then(|| to_text(superseded)),
        }),
        Ending::Failed(failure) => json!({
            "status": RevisionStatus::Failed.as_str(),
            "performed": 0,
            "error_reason": failure.reason,
            "error_text": failure.text,
        }),
        Ending::Parked(failure) => json!({
            "status": RevisionStatus::Parked.as_str(),
            "performed": 0,
            "error_reason": failure.reason,
            "error_text": failure.text,
        }),
    };
    joined(columns, json!({ "version": outcome.version, "processed_at": outcome.at }))
}

fn joined(mut columns: Value, more: Value) -> Value {
    if let (Value::Object(columns), Value::Object(more)) = (&mut columns, more) {
        columns.extend(more);
    }
    columns
}
