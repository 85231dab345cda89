//! Runs and sessions for eyes.

use crate::{
    cli::{
        flags::Output,
        headquarters::show::{fact, time, took},
        job::json,
        output::{self, size, words},
    },
    proto::headquarters::{Run, RunStatus, Session, SessionStatus, Trigger},
};

/// A run with what it did for each database.
pub fn print_run(run: &Run, form: Output) -> anyhow::Result<()> {
    match form {
        Output::Json => output::print_json(&json::OneRun { run: Some(run.into()) }),
        Output::Table => {
            output::print(&output::columns(facts(run)))?;
            if run.sessions.is_empty() {
                return Ok(());
            }
            let header = ["DATABASE", "SESSION", "STATUS", "FROM-TO", "ROWS", "SIZE"];
            let row = |session: &Session| {
                let [id, _, database, status, versions, rows, size] = cells(session);
                [database, id, status, versions, rows, size]
            };
            output::print("")?;
            output::print(&output::table(header, run.sessions.iter().map(row)))
        }
    }
}

pub fn print_session(session: Option<&Session>, form: Output) -> anyhow::Result<()> {
    match form {
        Output::Json => {
            output::print_json(&json::OneSession { session: session.map(json::Session::from) })
        }
        Output::Table => {
            output::print(&output::columns(session.map(session_facts).unwrap_or_default()))
        }
    }
}

fn facts(run: &Run) -> Vec<[String; 2]> {
    let mut facts = vec![
        fact("Run", run.id.to_string()),
        fact("Job", run.job.as_str()),
        fact("Set off by", trigger(run)),
        fact("Status", run_status(run.status())),
        fact("Began", time(run.start_time.as_ref())),
        fact("Took", took(run.start_time.as_ref(), run.end_time.as_ref())),
        fact("Rows", run.rows.to_string()),
        fact("Size", size(run.bytes)),
        fact("Summary", run.summary.as_str()),
    ];
    facts.retain(|[_, value]| !value.is_empty());
    facts
}

fn session_facts(session: &Session) -> Vec<[String; 2]> {
    let [id, job, database, status, versions, rows, size] = cells(session);
    let mut facts = vec![
        fact("Session", id),
        fact("Job", job),
        fact("Database", database),
        fact("Status", status),
        fact("From-to", versions),
        fact("Rows", rows),
        fact("Size", size),
        fact("Tries", session.try_count.to_string()),
        fact("Error", session.error.as_str()),
        fact("Made", time(session.create_time.as_ref())),
        fact("Available", time(session.available_time.as_ref())),
        fact("Downloaded", time(session.download_time.as_ref())),
        fact("Ended", time(session.end_time.as_ref())),
    ];
    facts.retain(|[_, value]| !value.is_empty());
    facts
}

/// Number, job, database, status, versions, rows and size.
pub fn cells(session: &Session) -> [String; 7] {
    let full = if session.full { " (full)" } else { "" };
    [
        session.id.to_string(),
        session.job.clone(),
        session.database.clone(),
        session_status(session),
        format!("{}-{}{full}", session.from_version, session.to_version),
        session.rows.to_string(),
        size(session.bytes),
    ]
}

pub fn run_status(status: RunStatus) -> String {
    words(status.as_str_name(), "RUN_STATUS_")
}

/// What set it off, and how many runs it stands for.
pub fn trigger(run: &Run) -> String {
    let by = match run.trigger() {
        Trigger::Unspecified => "",
        Trigger::Manual => "hand",
        Trigger::Recurrence => "recurrence",
        Trigger::Continuous => "work",
        Trigger::Initial => "a database without data",
    };
    if run.count > 1 { format!("{by}, {} times", run.count) } else { by.to_owned() }
}

fn session_status(session: &Session) -> String {
    let status = words(session.status().as_str_name(), "SESSION_STATUS_");
    if is_open(session.status()) && !session.database_connected {
        format!("{status}, database away")
    } else {
        status
    }
}

/// Whether it has not come to its end.
pub const fn is_open(status: SessionStatus) -> bool {
    match status {
        SessionStatus::Unspecified
        | SessionStatus::Applied
        | SessionStatus::Canceled
        | SessionStatus::CreateFailed
        | SessionStatus::NoData
        | SessionStatus::UploadFailed => false,
        SessionStatus::Started
        | SessionStatus::Available
        | SessionStatus::Requested
        | SessionStatus::Downloaded
        | SessionStatus::DownloadFailed
        | SessionStatus::ApplyFailed
        | SessionStatus::Suspended => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(status: SessionStatus) -> Session {
        Session {
            id: 7,
            job: "1010".to_owned(),
            database: "store-1".to_owned(),
            status: status.into(),
            from_version: 3,
            to_version: 9,
            rows: 6,
            bytes: 2_048,
            ..Session::default()
        }
    }

    #[test]
    fn a_session_says_who_it_waits_for() {
        let waiting = session(SessionStatus::Available);
        let cells = cells(&waiting);
        assert_eq!(
            cells,
            ["7", "1010", "store-1", "available, database away", "3-9", "6", "2.0 KiB"]
        );
        let here = Session { database_connected: true, ..waiting };
        assert_eq!(session_status(&here), "available");
        assert_eq!(session_status(&session(SessionStatus::NoData)), "no data");
        let full = Session { full: true, from_version: 0, ..session(SessionStatus::Applied) };
        assert_eq!(super::cells(&full)[4], "0-9 (full)");
    }

    #[test]
    fn only_what_is_known_of_a_run_is_shown() {
        let time = |nanos| prost_types::Timestamp { seconds: 1_700_000_000, nanos };
        let run = Run {
            id: 12,
            job: "synchronize".to_owned(),
            trigger: Trigger::Continuous.into(),
            status: RunStatus::Running.into(),
            start_time: Some(time(0)),
            count: 3,
            ..Run::default()
        };
        assert_eq!(
            output::columns(facts(&run)),
            "\
Run         12
Job         synchronize
Set off by  work, 3 times
Status      running
Began       2023-11-14T22:13:20Z
Rows        0
Size        0 B"
        );
        let done = Run {
            status: RunStatus::NoData.into(),
            end_time: Some(time(40_000_000)),
            summary: "Nothing was there.".to_owned(),
            ..run
        };
        let shown = output::columns(facts(&done));
        for part in ["no data", "Took        40ms", "Summary     Nothing was there."] {
            assert!(shown.contains(part), "{part} is not in: {shown}");
        }
    }
}
