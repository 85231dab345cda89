//! Jobs, runs and sessions as JSON: the keys and values of the protos' own JSON form, with every key there always.

use serde::Serialize;

use crate::{cli::output::time, proto::headquarters as proto};

#[derive(Serialize)]
pub struct Jobs<'a> {
    pub jobs: Vec<Job<'a>>,
    pub mode: &'a str,
}

#[derive(Serialize)]
pub struct OneJob<'a> {
    pub job: Option<Job<'a>>,
}

#[derive(Serialize)]
pub struct Runs<'a> {
    pub runs: Vec<Run<'a>>,
    pub next_page_token: &'a str,
}

#[derive(Serialize)]
pub struct OneRun<'a> {
    pub run: Option<Run<'a>>,
}

#[derive(Serialize)]
pub struct Sessions<'a> {
    pub sessions: Vec<Session<'a>>,
    pub next_page_token: &'a str,
}

#[derive(Serialize)]
pub struct OneSession<'a> {
    pub session: Option<Session<'a>>,
}

#[derive(Serialize)]
pub struct Job<'a> {
    code: &'a str,
    display_name: &'a str,
    recurrence: &'a str,
    next_run_time: Option<String>,
    last_run: Option<Run<'a>>,
}

#[derive(Serialize)]
pub struct Run<'a> {
    id: String,
    job: &'a str,
    trigger: &'a str,
    status: &'a str,
    start_time: Option<String>,
    end_time: Option<String>,
    rows: String,
    bytes: String,
    summary: &'a str,
    count: u32,
    sessions: Vec<Session<'a>>,
}

#[derive(Serialize)]
pub struct Session<'a> {
    id: String,
    job: &'a str,
    database: &'a str,
    status: &'a str,
    from_version: String,
    to_version: String,
    full: bool,
    rows: String,
    bytes: String,
    try_count: u32,
    error: &'a str,
    database_connected: bool,
    create_time: Option<String>,
    available_time: Option<String>,
    download_time: Option<String>,
    end_time: Option<String>,
}

impl<'a> From<&'a proto::Job> for Job<'a> {
    fn from(job: &'a proto::Job) -> Self {
        Self {
            code: &job.code,
            display_name: &job.display_name,
            recurrence: &job.recurrence,
            next_run_time: job.next_run_time.as_ref().and_then(time),
            last_run: job.last_run.as_ref().map(Run::from),
        }
    }
}

impl<'a> From<&'a proto::Run> for Run<'a> {
    fn from(run: &'a proto::Run) -> Self {
        Self {
            id: run.id.to_string(),
            job: &run.job,
            trigger: run.trigger().as_str_name(),
            status: run.status().as_str_name(),
            start_time: run.start_time.as_ref().and_then(time),
            end_time: run.end_time.as_ref().and_then(time),
            rows: run.rows.to_string(),
            bytes: run.bytes.to_string(),
            summary: &run.summary,
            count: run.count,
            sessions: run.sessions.iter().map(Session::from).collect(),
        }
    }
}

impl<'a> From<&'a proto::Session> for Session<'a> {
    fn from(session: &'a proto::Session) -> Self {
        Self {
            id: session.id.to_string(),
            job: &session.job,
            database: &session.database,
            status: session.status().as_str_name(),
            from_version: session.from_version.to_string(),
            to_version: session.to_version.to_string(),
            full: session.full,
            rows: session.rows.to_string(),
            bytes: session.bytes.to_string(),
            try_count: session.try_count,
            error: &session.error,
            database_connected: session.database_connected,
            create_time: session.create_time.as_ref().and_then(time),
            available_time: session.available_time.as_ref().and_then(time),
            download_time: session.download_time.as_ref().and_then(time),
            end_time: session.end_time.as_ref().and_then(time),
        }
    }
}
