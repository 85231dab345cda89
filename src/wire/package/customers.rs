//! Rows of 1010: customers, and what became of the writes of one origin.

use std::collections::BTreeSet;

use crate::{
    domain::{
        base::Base,
        id::{CustomerId, RequestId, RevisionId},
        job::DownloadJob,
        outcome::{Outcome, OutcomeStatus, PerformedWrite},
        revision::Counter,
        submission::Decision,
        time::Timestamp,
        write::{Method, RequestHash},
    },
    proto::exchange::{OutcomeRow, PackageRow, package_row::Row},
    wire::{
        self, Malformed, customer_row, id,
        package::{PackageError, error::shown, foreign, package_row},
        text, time, timestamp,
    },
};

/// What a chunk of 1010 brings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Customers {
    /// Each customer once.
    pub bases: Vec<Base>,
    /// Of async writes.
    pub outcomes: Vec<Outcome>,
    /// Real-time writes.
    pub performed: Vec<PerformedWrite>,
}

/// What became of a write, for its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutcomeContent {
    pub revision_id: RevisionId,
    /// `None`: a real-time write.
    pub counter: Option<Counter>,
    pub request_id: RequestId,
    pub request_hash: RequestHash,
    pub customer_id: CustomerId,
    pub method: Method,
    pub decision: Decision,
    pub status: OutcomeStatus,
    /// Headquarters' change counter of this outcome.
    pub change: i64,
    /// Whoever has this version of the customer has what it wrote; 0 where it is not in force.
    pub contained_in: i64,
    pub error_reason: Option<String>,
    pub processed_at: Timestamp,
}

/// Row of 1010.
pub fn of_customer(base: &Base) -> PackageRow {
    package_row(Row::Customer(customer_row(base)))
}

/// Row of 1010.
pub fn of_outcome(outcome: &OutcomeContent) -> PackageRow {
    package_row(Row::Outcome(OutcomeRow {
        revision_id: outcome.revision_id.to_string(),
        counter: outcome.counter.map_or(0, |counter| counter.0),
        request_id: outcome.request_id.to_string(),
        request_hash: outcome.request_hash.to_vec(),
        customer_id: outcome.customer_id.to_string(),
        method: outcome.method.name().to_owned(),
        decision: Some(wire::decision_message(&outcome.decision)),
        status: outcome.status.as_str().to_owned(),
        contained_in: outcome.contained_in,
        error_reason: outcome.error_reason.clone().unwrap_or_default(),
        process_time: Some(timestamp(outcome.processed_at)),
        version: outcome.change,
    }))
}

/// What the rows of a chunk of 1010 bring.
///
/// # Errors
/// A row of another job, one that can't be read, or a customer that comes twice.
pub fn customers(rows: Vec<Row>) -> Result<Customers, PackageError> {
    let mut found = Customers::default();
    let mut known = BTreeSet::new();
    for row in rows {
        match row {
            Row::Customer(customer) => {
                let base = wire::base(customer)?;
                if !known.insert(base.customer.id) {
                    return Err(PackageError::Twice(base.customer.id.to_string()));
                }
                found.bases.push(base);
            }
            Row::Outcome(row) => match outcome(row)? {
                OutcomeContent {
                    counter: Some(counter),
                    revision_id,
                    status,
                    change,
                    contained_in: version,
                    error_reason,
                    ..
                } => {
                    found.outcomes.push(Outcome {
                        counter,
                        revision_id,
                        status,
                        change,
                        version,
                        error_reason,
                    });
                }
                real_time => found.performed.push(performed(real_time)?),
            },
            other => return Err(foreign(&other, DownloadJob::Customers)),
        }
    }
    Ok(found)
}

/// Headquarters keeps only those real-time writes that it has performed.
fn performed(outcome: OutcomeContent) -> Result<PerformedWrite, PackageError> {
    if !is_in_force(outcome.status) {
        return Err(Malformed("outcome.status").into());
    }
    Ok(PerformedWrite {
        request_id: outcome.request_id,
        request_hash: outcome.request_hash,
        method: outcome.method,
        customer_id: outcome.customer_id,
        decision: outcome.decision,
        version: outcome.contained_in,
        performed_at: outcome.processed_at,
    })
}

fn outcome(row: OutcomeRow) -> Result<OutcomeContent, PackageError> {
    let method = Method::from_name(&row.method);
    let method = method.ok_or_else(|| unknown("method", &row.method))?;
    let status = OutcomeStatus::parse(&row.status);
    let status = status.ok_or_else(|| unknown("status", &row.status))?;
    if row.counter < 0 {
        return Err(Malformed("outcome.counter").into());
    }
    if row.version < 1 {
        return Err(Malformed("outcome.version").into());
    }
    // There is a version that has it exactly where it is in force.
    if row.contained_in < 0 || is_in_force(status) != (row.contained_in > 0) {
        return Err(Malformed("outcome.contained_in").into());
    }
    let request_hash = row.request_hash.try_into();
    let error_reason = text(row.error_reason, "outcome.error_reason")?;
    Ok(OutcomeContent {
        revision_id: id(&row.revision_id, "outcome.revision_id")?,
        counter: (row.counter > 0).then_some(Counter(row.counter)),
        request_id: wire::request_id(&row.request_id)?,
        request_hash: request_hash.map_err(|_| Malformed("outcome.request_hash"))?,
        customer_id: id(&row.customer_id, "outcome.customer_id")?,
        method,
        decision: decision(row.decision)?,
        status,
        change: row.version,
        contained_in: row.contained_in,
        error_reason: (!error_reason.is_empty()).then_some(error_reason),
        processed_at: time(row.process_time, "outcome.process_time")?,
    })
}

fn decision(message: Option<crate::proto::exchange::Decision>) -> Result<Decision, Malformed> {
    let mut decision = wire::decision(message)?;
    decision.reason = text(decision.reason, "outcome.decision.reason")?;
    let version = decision.configuration_version;
    if version.channel_configuration < 0 || version.global_configuration < 0 {
        return Err(Malformed("outcome.decision"));
    }
    Ok(decision)
}

const fn is_in_force(status: OutcomeStatus) -> bool {
    matches!(status, OutcomeStatus::Synchronized | OutcomeStatus::Superseded)
}

fn unknown(field: &'static str, found: &str) -> PackageError {
    PackageError::UnknownText { field, text: shown(found) }
}
