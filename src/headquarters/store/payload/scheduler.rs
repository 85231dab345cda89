//! Rows of jobs: runs, sessions, packages, and what was uploaded.

use std::fmt::Display;

use uuid::Uuid;

use crate::{
    domain::{
        id::{CustomerId, RequestId},
        job::{DownloadJob, Job, Run, RunId, RunStatus, Trigger},
        origin::Origin,
        revision::Counter,
        session::{PackageId, Session, SessionId, SessionStatus},
        time::Timestamp,
    },
    headquarters::store::{
        Operation, OperationQuery, Package, PackageKey, Place, payload::revision,
    },
    storage::{StoreError, StoreResult, parse},
};

/// Id, job, cause, database name, complete, status, started at, ended at, row count, byte count, summary, run count,
/// cancel requested.
pub(in super::super) type RunTuple = (
    i64,
    String,
    String,
    Option<String>,
    i64,
    String,
    i64,
    Option<i64>,
    i64,
    i64,
    String,
    i64,
    i64,
);
/// Id, job, from version, to version, complete, format, filter, header, chunk count, row count, byte count.
pub(in super::super) type PackageTuple =
    (i64, String, i64, i64, i64, i64, String, Vec<u8>, i64, i64, i64);

/// A row of `session`: more columns than a tuple may have.
#[derive(sqlx::FromRow)]
pub(in super::super) struct SessionRow {
    id: i64,
    job: String,
    database_name: String,
    database_id: Uuid,
    incarnation: i64,
    run_id: i64,
    from_version: i64,
    to_version: i64,
    complete: i64,
    status: String,
    try_count: i64,
    package_id: Option<i64>,
    outcomes_id: Option<i64>,
    row_count: i64,
    byte_count: i64,
    error: Option<String>,
    created_at: i64,
    available_at: Option<i64>,
    downloaded_at: Option<i64>,
    ended_at: Option<i64>,
}

/// A row of `revision` that was uploaded, with its database's name and its customer's number.
#[derive(sqlx::FromRow)]
pub(in super::super) struct OperationRow {
    database_id: Uuid,
    incarnation: i64,
    counter: i64,
    database_name: Option<String>,
    request_id: Uuid,
    method: String,
    channel: String,
    caller: String,
    customer_id: Uuid,
    account_number: Option<String>,
    captured_at: Option<i64>,
    received_at: i64,
    processed_at: Option<i64>,
    delivered_at: Option<i64>,
    status: String,
    superseded: Option<String>,
    error_reason: Option<String>,
    error_text: Option<String>,
}

/// A row of `job`.
pub(in super::super) fn recurrence(
    (code, recurrence): (String, String),
) -> StoreResult<(Job, String)> {
    Ok((job("job", "code", &code, &code)?, recurrence))
}

pub(in super::super) fn run(row: RunTuple) -> StoreResult<Run> {
    let (id, job, cause, database, full, status, started_at, ..) = row;
    let (.., ended_at, rows, bytes, summary, run_count, cancel_requested) = row;
    let unknown =
        |column| StoreError::inconsistent("job_run", column, id, "not of those that we know");
    Ok(Run {
        id: RunId(id),
        job: self::job("job_run", "job", id, &job)?,
        trigger: Trigger::parse(&cause).ok_or_else(|| unknown("cause"))?,
        database,
        full: full == 1,
        status: RunStatus::parse(&status).ok_or_else(|| unknown("status"))?,
        started_at: Timestamp(started_at),
        ended_at: ended_at.map(Timestamp),
        rows: count("job_run", "row_count", id, rows)?,
        bytes: count("job_run", "byte_count", id, bytes)?,
        summary,
        count: count("job_run", "run_count", id, run_count)?,
        cancel_requested: cancel_requested == 1,
    })
}

pub(in super::super) fn session(row: SessionRow) -> StoreResult<Session> {
    let id = row.id;
    let status = SessionStatus::parse(&row.status).ok_or_else(|| {
        StoreError::inconsistent("session", "status", id, "not of those that we know")
    })?;
    Ok(Session {
        id: SessionId(id),
        job: job("session", "job", id, &row.job)?,
        database: row.database_name,
        origin: Origin { database_id: row.database_id, incarnation: row.incarnation },
        run: RunId(row.run_id),
        from: row.from_version,
        to: row.to_version,
        full: row.complete == 1,
        status,
        try_count: count("session", "try_count", id, row.try_count)?,
        package: row.package_id.map(PackageId),
        outcomes: row.outcomes_id.map(PackageId),
        rows: count("session", "row_count", id, row.row_count)?,
        bytes: count("session", "byte_count", id, row.byte_count)?,
        error: row.error,
        created_at: Timestamp(row.created_at),
        available_at: row.available_at.map(Timestamp),
        downloaded_at: row.downloaded_at.map(Timestamp),
        ended_at: row.ended_at.map(Timestamp),
    })
}

/// A row of `package` that is whole.
pub(in super::super) fn package(row: PackageTuple) -> StoreResult<Package> {
    let (id, job, from, to, full, format, filter, header, chunks, rows, bytes) = row;
    let job = DownloadJob::parse(&job)
        .ok_or_else(|| StoreError::inconsistent("package", "job", id, "no such job"))?;
    let format = count("package", "format", id, format)?;
    Ok(Package {
        id: PackageId(id),
        key: PackageKey { job, from, to, full: full == 1, format, filter },
        header,
        chunks: count("package", "chunk_count", id, chunks)?,
        rows: count("package", "row_count", id, rows)?,
        bytes: count("package", "byte_count", id, bytes)?,
    })
}

pub(in super::super) fn operation(row: OperationRow) -> StoreResult<Operation> {
    let origin = Origin { database_id: row.database_id, incarnation: row.incarnation };
    let place = Place { origin, counter: Counter(row.counter) };
    let named = format_args!("{}.{}.{}", row.database_id, row.incarnation, row.counter);
    let captured_at = row.captured_at.ok_or_else(|| {
        StoreError::inconsistent("revision", "captured_at", named, "it was uploaded without")
    })?;
    let superseded = row
        .superseded
        .map(|superseded| parse("revision", "superseded", named, &superseded))
        .transpose()?;
    Ok(Operation {
        place,
        database: row.database_name,
        request_id: RequestId(row.request_id),
        method: revision::method(row.request_id, &row.method)?,
        channel: row.channel,
        caller: row.caller,
        customer_id: CustomerId(row.customer_id),
        account_number: row.account_number,
        captured_at: Timestamp(captured_at),
        received_at: Timestamp(row.received_at),
        processed_at: row.processed_at.map(Timestamp),
        delivered_at: row.delivered_at.map(Timestamp),
        status: revision::status(named, &row.status)?,
        superseded: superseded.unwrap_or_default(),
        error_reason: row.error_reason,
        error_text: row.error_text,
    })
}

/// Where a page begins: behind this place. Without one, behind what no row can have.
pub(in super::super) fn after(query: &OperationQuery) -> (Timestamp, Place) {
    query.after.unwrap_or((
        Timestamp(i64::MAX),
        Place {
            origin: Origin { database_id: Uuid::max(), incarnation: i64::MAX },
            counter: Counter(i64::MAX),
        },
    ))
}

/// The job of a code; the rest is for the log, should it be none.
fn job(
    table: &'static str,
    column: &'static str,
    row: impl Display,
    code: &str,
) -> StoreResult<Job> {
    Job::parse(code).ok_or_else(|| StoreError::inconsistent(table, column, row, "no such job"))
}

fn count<T: TryFrom<i64>>(
    table: &'static str,
    column: &'static str,
    row: impl Display,
    count: i64,
) -> StoreResult<T> {
    T::try_from(count).map_err(|_| StoreError::inconsistent(table, column, row, "not so many"))
}
