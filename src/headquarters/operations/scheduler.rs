//! Jobs, runs and sessions as people see and steer them.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::{
    domain::{
        error::{Error, FieldReason, Result, Violation},
        job::{Job, JobMode, Run, RunId, RunStatus, Trigger},
        session::{Session, SessionId, SessionStatus},
        time::Timestamp,
    },
    headquarters::{
        Headquarters,
        jobs::{self, Order, Recurrence},
        store::{RegisteredDatabase, RunQuery, SessionQuery},
    },
    runtime::task::Task,
    storage::StoreResult,
};

/// Most sessions that are shown of one run.
const SESSIONS_OF_A_RUN: u32 = 500;
/// States of a run that a caller may be behind; he gets the last one whatever he misses.
const STATES_AHEAD: usize = 16;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jobs {
    pub mode: JobMode,
    pub jobs: Vec<JobState>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobState {
    pub job: Job,
    /// `None`: it does not run by itself.
    pub recurrence: Option<String>,
    /// `None`: the scheduler does not follow recurrences.
    pub next_run_at: Option<Timestamp>,
    pub last_run: Option<Run>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunState {
    pub run: Run,
    pub sessions: Vec<SessionState>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionState {
    pub session: Session,
    /// Whether its database is connected.
    pub connected: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunJob {
    pub job: String,
    /// `None`: for all databases.
    pub database: Option<String>,
    pub full: bool,
}

/// Sessions, the latest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListSessions {
    pub job: Option<String>,
    pub database: Option<String>,
    pub open: bool,
    pub before: Option<SessionId>,
    pub limit: u32,
}

/// # Errors
/// `Unavailable`.
pub async fn list_jobs(headquarters: &Headquarters) -> Result<Jobs> {
    let mut states = Vec::new();
    for (job, recurrence) in jobs::recurrences(headquarters).await? {
        states.push(state(headquarters, job, recurrence).await?);
    }
    Ok(Jobs { mode: headquarters.jobs.mode, jobs: states })
}

/// An empty recurrence: the job does not run by itself.
///
/// # Errors
/// `JobNotFound`, `InvalidFields`, `Unavailable`.
pub async fn set_recurrence(
    headquarters: &Headquarters,
    job: &str,
    recurrence: &str,
) -> Result<JobState> {
    let (job, recurrence) = (parsed(job)?, recurrence.trim().to_owned());
    if !recurrence.is_empty() {
        Recurrence::parse(&recurrence, headquarters.clock.now())?;
    }
    let set = recurrence.clone();
    headquarters
        .writer
        .transact(move |transaction| {
            Box::pin(async move { transaction.set_recurrence(job, Some(&set)).await })
        })
        .await?;
    headquarters.signals.rescheduled.notify_one();
    state(headquarters, job, (!recurrence.is_empty()).then_some(recurrence)).await
}

async fn state(
    headquarters: &Headquarters,
    job: Job,
    recurrence: Option<String>,
) -> Result<JobState> {
    let query = RunQuery { job: Some(job), limit: 1, ..RunQuery::default() };
    let last_run = headquarters.store.runs(&query).await?.pop();
    let next_run_at = match (&recurrence, headquarters.jobs.mode) {
        (Some(text), JobMode::Scheduled) => jobs::next_run(text, headquarters.clock.now()),
        _ => None,
    };
    Ok(JobState { job, recurrence, next_run_at, last_run })
}

/// Begins a run, which goes on whether or not anybody listens: a state at once, then as it gets further, and at its
/// end.
///
/// # Errors
/// `JobNotFound`, `DatabaseNotFound`, `InvalidFields`, `Unavailable`.
pub async fn run_job(
    headquarters: &Arc<Headquarters>,
    request: RunJob,
) -> Result<mpsc::Receiver<Result<RunState>>> {
    let order = order(headquarters, request).await?;
    let run = jobs::begin(headquarters, order).await?;
    let (states, receiver) = mpsc::channel(STATES_AHEAD);
    // There is room: it is the first.
    let _ = states.try_send(Ok(RunState { run: run.clone(), sessions: Vec::new() }));
    let carried = Arc::clone(headquarters);
    headquarters.jobs.tasks.spawn(Task::Operation, async move {
        let databases = carried.store.databases().await.unwrap_or_default();
        let mut sessions = Vec::new();
        let mut progress = |standing: &[Session]| {
            sessions = standing.iter().map(|it| shown(&carried, &databases, it.clone())).collect();
            let _ = states.try_send(Ok(RunState { run: run.clone(), sessions: sessions.clone() }));
        };
        let ended = jobs::carry_out(&carried, run.clone(), &mut progress).await;
        // Whoever left does not hear it; who is slow does.
        let _ = states.send(Ok(RunState { run: ended, sessions })).await;
    });
    Ok(receiver)
}

async fn order(headquarters: &Headquarters, request: RunJob) -> Result<Order> {
    let RunJob { job, database, full } = request;
    let job = parsed(&job)?;
    let mut violations = Vec::new();
    let is_download = matches!(job, Job::Download(_));
    if full && (!is_download || database.is_none()) {
        let text = "only a download job for one database brings everything anew";
        violations.push(Violation::new("full", FieldReason::OutOfRange, text));
    }
    if job == Job::Synchronize && database.is_some() {
        let text = "the batch is for all databases";
        violations.push(Violation::new("database", FieldReason::OutOfRange, text));
    }
    if !violations.is_empty() {
        return Err(Error::InvalidFields(violations));
    }
    if let Some(name) = &database {
        known(headquarters, name).await?;
    }
    Ok(Order { job, trigger: Trigger::Manual, database, full })
}

/// # Errors
/// `DatabaseNotFound`, `Unavailable`.
async fn known(headquarters: &Headquarters, name: &str) -> Result<()> {
    let databases = headquarters.store.databases().await?;
    if databases.iter().any(|database| database.name == name) {
        return Ok(());
    }
    Err(Error::DatabaseNotFound { name: name.chars().take(60).collect() })
}

/// # Errors
/// `JobNotFound`, `Unavailable`.
pub async fn list_runs(
    headquarters: &Headquarters,
    job: Option<&str>,
    before: Option<RunId>,
    limit: u32,
) -> Result<Vec<RunState>> {
    let job = job.map(parsed).transpose()?;
    let query = RunQuery { job, before, limit, ..RunQuery::default() };
    let mut states = Vec::new();
    for run in headquarters.store.runs(&query).await? {
        states.push(of_run(headquarters, run).await?);
    }
    Ok(states)
}

/// # Errors
/// `RunNotFound`, `RunEnded`, `Unavailable`.
pub async fn cancel_run(headquarters: &Headquarters, id: RunId) -> Result<RunState> {
    let RunId(number) = id;
    let canceled = headquarters
        .writer
        .transact(move |transaction| {
            Box::pin(async move {
                let Some(mut run) = transaction.lock_run(id).await? else {
                    return Ok(Err(Error::RunNotFound(number)));
                };
                if run.status != RunStatus::Running {
                    return Ok(Err(Error::RunEnded(number)));
                }
                run.cancel_requested = true;
                transaction.put_run(&run).await?;
                Ok(Ok(run))
            })
        })
        .await??;
    headquarters.jobs.cancel(id);
    headquarters.signals.tell_progress();
    of_run(headquarters, canceled).await
}

/// # Errors
/// `JobNotFound`, `DatabaseNotFound`, `Unavailable`.
pub async fn list_sessions(
    headquarters: &Headquarters,
    request: ListSessions,
) -> Result<Vec<SessionState>> {
    let ListSessions { job, database, open, before, limit } = request;
    let job = job.as_deref().map(parsed).transpose()?;
    if let Some(name) = &database {
        known(headquarters, name).await?;
    }
    let query = SessionQuery { job, database, run: None, open, before, limit };
    let sessions = headquarters.store.sessions(&query).await?;
    Ok(all_shown(headquarters, sessions).await?)
}

/// # Errors
/// `SessionNotFound`, `SessionNotSuspended`, `Unavailable`.
pub async fn retry_session(headquarters: &Headquarters, id: SessionId) -> Result<SessionState> {
    let SessionId(number) = id;
    change(headquarters, id, move |session, _| {
        if session.retry() { Ok(()) } else { Err(Error::SessionNotSuspended(number)) }
    })
    .await
}

/// Cancels those that come after it too: they go on from where it would have ended.
///
/// # Errors
/// `SessionNotFound`, `SessionEnded`, `Unavailable`.
pub async fn cancel_session(headquarters: &Headquarters, id: SessionId) -> Result<SessionState> {
    let SessionId(number) = id;
    let canceled = change(headquarters, id, move |session, now| {
        let ends = session.cancel("somebody canceled it", now);
        if ends { Ok(()) } else { Err(Error::SessionEnded(number)) }
    })
    .await;
    headquarters.signals.changed.notify_one();
    headquarters.signals.configured.notify_one();
    canceled
}

/// Changes a session under its database's lock. One that is canceled takes its successors with it, and its packages
/// if they could not be read.
async fn change(
    headquarters: &Headquarters,
    id: SessionId,
    change: impl FnOnce(&mut Session, Timestamp) -> Result<()> + Send + 'static,
) -> Result<SessionState> {
    let now = headquarters.clock.now();
    let changed = headquarters
        .writer
        .transact(move |transaction| {
            Box::pin(async move {
                let Some(before) = transaction.session(id).await? else {
                    return Ok(Err(Error::SessionNotFound(id.0)));
                };
                transaction.lock_database(&before.database).await?;
                let Some(mut session) = transaction.session(id).await? else {
                    return Ok(Err(Error::SessionNotFound(id.0)));
                };
                if let Err(refused) = change(&mut session, now) {
                    return Ok(Err(refused));
                }
                transaction.put_session(&session).await?;
                if session.status == SessionStatus::Canceled {
                    super::sessions::cancel_successors(transaction, &session, now).await?;
                }
                Ok(Ok(session))
            })
        })
        .await??;
    headquarters.signals.tell(changed.origin.database_id);
    headquarters.signals.tell_progress();
    let databases = headquarters.store.databases().await?;
    Ok(shown(headquarters, &databases, changed))
}

fn parsed(code: &str) -> Result<Job> {
    Job::parse(code).ok_or_else(|| Error::JobNotFound { code: code.chars().take(60).collect() })
}

async fn of_run(headquarters: &Headquarters, run: Run) -> Result<RunState> {
    let query =
        SessionQuery { run: Some(run.id), limit: SESSIONS_OF_A_RUN, ..SessionQuery::default() };
    let sessions = headquarters.store.sessions(&query).await?;
    Ok(RunState { run, sessions: all_shown(headquarters, sessions).await? })
}

async fn all_shown(
    headquarters: &Headquarters,
    sessions: Vec<Session>,
) -> StoreResult<Vec<SessionState>> {
    let databases = headquarters.store.databases().await?;
    Ok(sessions.into_iter().map(|session| shown(headquarters, &databases, session)).collect())
}

fn shown(
    headquarters: &Headquarters,
    databases: &[RegisteredDatabase],
    session: Session,
) -> SessionState {
    let connected = databases
        .iter()
        .any(|it| it.origin == session.origin && jobs::is_connected(headquarters, it));
    SessionState { session, connected }
}
