//! What a transaction writes, ready to be bound as one JSON array a table: both engines unpack the same shape, so
//! that a statement is constant whatever the number of its rows.

use serde_json::{Value, json};

use crate::{domain::merge::Record, headquarters::store::Outcome, storage::to_text};

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

/// Rows of `revision`.
pub(super) fn outcomes(outcomes: &[Outcome<'_>]) -> Vec<Value> {
    outcomes.iter().map(outcome).collect()
}

fn outcome(outcome: &Outcome<'_>) -> Value {
    let submission = outcome.submission;
    let draft = &submission.draft;
    let superseded = &outcome.superseded;
    json!({
        "id": draft.request_id.revision_id(),
        "request_id": draft.request_id,
        "request_hash": hex::encode(submission.request_hash),
        "database_id": submission.origin.database_id,
        "incarnation": submission.origin.incarnation,
        "customer_id": draft.customer_id,
        "channel": submission.channel,
        "caller": submission.caller,
        "method": submission.method.name(),
        "decision": to_text(&submission.decision),
        "base_version": draft.base_version,
        "received_at": outcome.received_at,
        "version": outcome.version,
        "superseded": (!superseded.is_empty()).then(|| to_text(superseded)),
    })
}
