//! Rows of `revision` and `origin`.

use uuid::Uuid;

use crate::{
    domain::{
        conclusion::{RevisionStatus, Uploaded},
        id::{CustomerId, RequestId, RevisionId},
        origin::Origin,
        revision::{Counter, Draft},
        submission::{Capture, Submission},
        time::Timestamp,
        upload::Position,
        write::Method,
    },
    headquarters::store::{RevisionOutcome, WaitingRevision},
    storage::{StoreError, StoreResult, bytes_32, parse},
};

/// Last counter, its revision's id.
pub(in super::super) type PositionTuple = (i64, Option<Uuid>);
/// Counter, id.
pub(in super::super) type ReceivedTuple = (i64, Uuid);
/// Database id, incarnation, counter, status, received at; counter and status of the one it is behind.
pub(in super::super) type UploadedTuple =
    (Uuid, i64, i64, String, i64, Option<i64>, Option<String>);
/// Id, request id, hash, database id, incarnation, counter, customer id, channel, caller, method, decision, base
/// version, captured at, changes, status.
pub(in super::super) type WaitingTuple = (
    Uuid,
    Uuid,
    Vec<u8>,
    Uuid,
    i64,
    i64,
    Uuid,
    String,
    String,
    String,
    String,
    Option<i64>,
    Option<i64>,
    Option<String>,
    String,
);
/// Id, request id, hash, counter, customer id, method, decision, status, version, contained in, superseded, error
/// reason, processed at.
pub(in super::super) type OutcomeTuple = (
    Uuid,
    Uuid,
    Vec<u8>,
    i64,
    Uuid,
    String,
    String,
    String,
    i64,
    Option<i64>,
    bool,
    Option<String>,
    Option<i64>,
);

/// A row of `origin`, if there is one.
pub(in super::super) fn position(row: Option<PositionTuple>) -> Position {
    row.map_or_else(Position::default, |(counter, id)| Position {
        last_counter: Counter(counter),
        last_revision_id: id.map(RevisionId),
    })
}

pub(in super::super) fn received((counter, id): ReceivedTuple) -> (Counter, RevisionId) {
    (Counter(counter), RevisionId(id))
}

pub(in super::super) fn uploaded(row: UploadedTuple) -> StoreResult<((Origin, Counter), Uploaded)> {
    let (database_id, incarnation, counter, status, received_at, behind, behind_status) = row;
    let behind = behind
        .zip(behind_status)
        .map(|(counter, status)| Ok((Counter(counter), self::status(counter, &status)?)))
        .transpose();
    let uploaded = Uploaded {
        status: self::status(counter, &status)?,
        received_at: Timestamp(received_at),
        behind: behind.map_err(|error: StoreError| error)?,
    };
    Ok(((Origin { database_id, incarnation }, Counter(counter)), uploaded))
}

pub(in super::super) fn waiting(row: WaitingTuple) -> StoreResult<WaitingRevision> {
    let (id, request_id, hash, database_id, incarnation, counter, customer_id, channel, ..) = row;
    let (.., caller, method, decision, base_version, captured_at, changes, status) = row;
    let missing = |column| StoreError::inconsistent("revision", column, id, "it waits without");
    let at = captured_at.ok_or_else(|| missing("captured_at"))?;
    let changes = changes.ok_or_else(|| missing("changes"))?;
    let submission = Submission {
        origin: Origin { database_id, incarnation },
        draft: Draft {
            request_id: RequestId(request_id),
            customer_id: CustomerId(customer_id),
            base_version,
            changes: parse("revision", "changes", id, &changes)?,
        },
        method: self::method(id, &method)?,
        request_hash: bytes_32("revision", "request_hash", id, hash)?,
        channel,
        caller,
        decision: parse("revision", "decision", id, &decision)?,
        require_unchanged: false,
        capture: Some(Capture {
            revision_id: RevisionId(id),
            counter: Counter(counter),
            at: Timestamp(at),
        }),
    };
    Ok(WaitingRevision { submission, status: self::status(id, &status)? })
}

pub(in super::super) fn outcome(row: OutcomeTuple) -> StoreResult<RevisionOutcome> {
    let (id, request_id, hash, counter, customer_id, method, ..) = row;
    let (.., decision, status, version, contained_in, superseded, error_reason, processed_at) = row;
    let processed_at = processed_at.ok_or_else(|| {
        StoreError::inconsistent("revision", "processed_at", id, "it has an outcome without")
    })?;
    Ok(RevisionOutcome {
        revision_id: RevisionId(id),
        request_id: RequestId(request_id),
        request_hash: bytes_32("revision", "request_hash", id, hash)?,
        counter: (counter > 0).then_some(Counter(counter)),
        customer_id: CustomerId(customer_id),
        method: self::method(id, &method)?,
        decision: parse("revision", "decision", id, &decision)?,
        status: self::status(id, &status)?,
        version,
        contained_in,
        superseded,
        error_reason,
        processed_at: Timestamp(processed_at),
    })
}

pub(super) fn method(row: Uuid, name: &str) -> StoreResult<Method> {
    Method::from_name(name)
        .ok_or_else(|| StoreError::inconsistent("revision", "method", row, "no such method"))
}

pub(super) fn status(row: impl std::fmt::Display, text: &str) -> StoreResult<RevisionStatus> {
    RevisionStatus::parse(text)
        .ok_or_else(|| StoreError::inconsistent("revision", "status", row, "no such status"))
}
