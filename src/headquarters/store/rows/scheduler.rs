//! Rows of runs and sessions. Without their ids they are new.

use serde_json::{Value, json};

use crate::{
    domain::{job::Run, session::Session},
    headquarters::store::rows::joined,
};

/// A row of `job_run` that is there.
pub(in super::super) fn run(run: &Run) -> Value {
    joined(new_run(run), json!({ "id": run.id.0 }))
}

pub(in super::super) fn new_run(run: &Run) -> Value {
    json!({
        "job": run.job.code(),
        "cause": run.trigger.as_str(),
        "database_name": run.database,
        "complete": i64::from(run.full),
        "status": run.status.as_str(),
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "row_count": stored(run.rows),
        "byte_count": stored(run.bytes),
        "summary": text(&run.summary),
        "run_count": run.count,
        "cancel_requested": i64::from(run.cancel_requested),
    })
}

/// A row of `session` that is there.
pub(in super::super) fn session(session: &Session) -> Value {
    joined(new_session(session), json!({ "id": session.id.0 }))
}

pub(in super::super) fn new_session(session: &Session) -> Value {
    let what = json!({
        "job": session.job.code(),
        "database_name": session.database,
        "database_id": session.origin.database_id,
        "incarnation": session.origin.incarnation,
        "run_id": session.run.0,
        "from_version": session.from,
        "to_version": session.to,
        "complete": i64::from(session.full),
        "package_id": session.package.map(|id| id.0),
        "outcomes_id": session.outcomes.map(|id| id.0),
        "row_count": stored(session.rows),
        "byte_count": stored(session.bytes),
    });
    let how_far = json!({
        "status": session.status.as_str(),
        "is_open": i64::from(session.status.is_open()),
        "try_count": session.try_count,
        "error": session.error.as_deref().map(text),
        "created_at": session.created_at,
        "available_at": session.available_at,
        "downloaded_at": session.downloaded_at,
        "ended_at": session.ended_at,
    });
    joined(what, how_far)
}

/// A count as columns have room for it.
pub(in super::super) fn stored(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A text for people, some of it from a unit. PostgreSQL has no room for a NUL.
fn text(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
