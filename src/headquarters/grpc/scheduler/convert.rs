//! Jobs, runs and sessions as messages.

use crate::{
    domain::{job, session},
    headquarters::operations::scheduler::{JobState, RunState, SessionState},
    proto::headquarters::{Job, Run, RunStatus, Session, SessionStatus, Trigger},
    wire::timestamp,
};

pub(super) fn job(state: JobState) -> Job {
    let JobState { job, recurrence, next_run_at, last_run } = state;
    Job {
        code: job.code().to_owned(),
        display_name: job.display_name().to_owned(),
        recurrence: recurrence.unwrap_or_default(),
        next_run_time: next_run_at.map(timestamp),
        // Of its sessions a list of jobs is no place.
        last_run: last_run.map(|run| self::run(RunState { run, sessions: Vec::new() })),
    }
}

pub(super) fn run(state: RunState) -> Run {
    let RunState { run, sessions } = state;
    Run {
        id: run.id.0,
        job: run.job.code().to_owned(),
        trigger: trigger(run.trigger).into(),
        status: run_status(run.status).into(),
        start_time: Some(timestamp(run.started_at)),
        end_time: run.ended_at.map(timestamp),
        rows: run.rows,
        bytes: run.bytes,
        summary: run.summary,
        count: run.count,
        sessions: sessions.into_iter().map(session).collect(),
    }
}

pub(super) fn session(state: SessionState) -> Session {
    let SessionState { session, connected } = state;
    Session {
        id: session.id.0,
        job: session.job.code().to_owned(),
        database: session.database,
        status: session_status(session.status).into(),
        from_version: session.from,
        to_version: session.to,
        full: session.full,
        rows: session.rows,
        bytes: session.bytes,
        try_count: session.try_count,
        error: session.error.unwrap_or_default(),
        database_connected: connected,
        create_time: Some(timestamp(session.created_at)),
        available_time: session.available_at.map(timestamp),
        download_time: session.downloaded_at.map(timestamp),
        end_time: session.ended_at.map(timestamp),
    }
}

const fn trigger(trigger: job::Trigger) -> Trigger {
    match trigger {
        job::Trigger::Manual => Trigger::Manual,
        job::Trigger::Recurrence => Trigger::Recurrence,
        job::Trigger::Continuous => Trigger::Continuous,
        job::Trigger::Initial => Trigger::Initial,
    }
}

const fn run_status(status: job::RunStatus) -> RunStatus {
    match status {
        job::RunStatus::Running => RunStatus::Running,
        job::RunStatus::Succeeded => RunStatus::Succeeded,
        job::RunStatus::NoData => RunStatus::NoData,
        job::RunStatus::Incomplete => RunStatus::Incomplete,
        job::RunStatus::Failed => RunStatus::Failed,
        job::RunStatus::Canceled => RunStatus::Canceled,
    }
}

const fn session_status(status: session::SessionStatus) -> SessionStatus {
    match status {
        session::SessionStatus::Started => SessionStatus::Started,
        session::SessionStatus::Available => SessionStatus::Available,
        session::SessionStatus::Requested => SessionStatus::Requested,
        session::SessionStatus::Downloaded => SessionStatus::Downloaded,
        session::SessionStatus::Applied => SessionStatus::Applied,
        session::SessionStatus::Canceled => SessionStatus::Canceled,
        session::SessionStatus::CreateFailed => SessionStatus::CreateFailed,
        session::SessionStatus::DownloadFailed => SessionStatus::DownloadFailed,
        session::SessionStatus::ApplyFailed => SessionStatus::ApplyFailed,
        session::SessionStatus::NoData => SessionStatus::NoData,
        session::SessionStatus::Suspended => SessionStatus::Suspended,
        session::SessionStatus::UploadFailed => SessionStatus::UploadFailed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names in rows and on the wire are the same, so that a log and an answer can be held side by side.
    #[test]
    fn names_are_the_domain_s() {
        for value in job::Trigger::ALL {
            let name = format!("TRIGGER_{}", value.as_str());
            assert_eq!(trigger(*value).as_str_name(), name);
        }
        for value in job::RunStatus::ALL {
            let name = format!("RUN_STATUS_{}", value.as_str());
            assert_eq!(run_status(*value).as_str_name(), name);
        }
        for value in session::SessionStatus::ALL {
            let name = format!("SESSION_STATUS_{}", value.as_str());
            assert_eq!(session_status(*value).as_str_name(), name);
        }
    }
}
