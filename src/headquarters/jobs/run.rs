//! One run of a job, from its row in the history to its end.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::{
    domain::{
        error::Result,
        job::{DownloadJob, Job, Run, RunId, RunStatus, Trigger},
        session::Session,
    },
    headquarters::{
        Headquarters,
        jobs::{Synchronized, download, is_stopping, lease, synchronize, upload, waiting},
        store::SessionQuery,
    },
    storage::StoreResult,
};

/// A run that somebody wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    pub job: Job,
    pub trigger: Trigger,
    /// The one database for which it runs; `None`: all.
    pub database: Option<String>,
    pub full: bool,
}

/// How a run came to its end.
pub(super) struct Ending {
    pub status: RunStatus,
    pub rows: u64,
    pub bytes: u64,
    pub summary: String,
}

/// Told of the sessions of a run whenever they get further.
pub type Progress<'a> = &'a mut (dyn FnMut(&[Session]) + Send);

impl Order {
    /// For a database that has nothing of the job yet, or can't go on from what it has.
    pub fn initial(job: DownloadJob, database: &str) -> Self {
        let database = Some(database.to_owned());
        Self { job: Job::Download(job), trigger: Trigger::Initial, database, full: false }
    }

    pub const fn of_all(job: Job, trigger: Trigger) -> Self {
        Self { job, trigger, database: None, full: false }
    }
}

/// Writes a run down before it begins: from here on it is carried out, also by a headquarters that stops and starts.
///
/// # Errors
/// `Unavailable`, `StoreConflict`.
pub async fn begin(headquarters: &Headquarters, order: Order) -> Result<Run> {
    let Order { job, trigger, database, full } = order;
    let run = Run { database, full, ..Run::new(job, trigger, headquarters.clock.now()) };
    let added = run.clone();
    let id = headquarters
        .writer
        .transact(move |transaction| Box::pin(async move { transaction.add_run(&added).await }))
        .await?;
    Ok(Run { id, ..run })
}

/// Brings a run to its end: when every connected database has applied it, somebody cancels it, or its time is up.
/// Where headquarters stops before, the run stays as it is, and is taken up at its next start.
pub async fn carry_out(
    headquarters: &Arc<Headquarters>,
    mut run: Run,
    progress: Progress<'_>,
) -> Run {
    let cancelled = headquarters.jobs.enter(run.id);
    let ending = work(headquarters, &run, &cancelled, progress).await;
    headquarters.jobs.leave(run.id);
    if is_stopping(headquarters) && cancelled.is_cancelled() {
        return run;
    }
    let ending = ending.unwrap_or_else(|error| {
        tracing::warn!(%error, job = run.job.code(), "a job has failed");
        Ending::failed("the database could not be used; the log says why")
    });
    if ending.status == RunStatus::Canceled {
        cancel_sessions(headquarters, run.id).await;
    }
    (run.status, run.summary) = (ending.status, ending.summary);
    (run.rows, run.bytes) = (ending.rows, ending.bytes);
    run.ended_at = Some(headquarters.clock.now());
    let ended = run.clone();
    let written = headquarters
        .writer
        .transact(move |transaction| Box::pin(async move { transaction.put_run(&ended).await }))
        .await;
    if let Err(error) = written {
        tracing::warn!(%error, run = run.id.0, "the end of a run is missing in the history");
    }
    headquarters.signals.tell_progress();
    run
}

async fn work(
    headquarters: &Arc<Headquarters>,
    run: &Run,
    cancelled: &CancellationToken,
    progress: Progress<'_>,
) -> StoreResult<Ending> {
    if run.job == Job::Synchronize {
        return Ok(batch(headquarters, cancelled).await);
    }
    let Some(lease) = lease::take(headquarters, run.job, cancelled).await? else {
        return Ok(Ending::canceled());
    };
    let sessions = match run.job {
        Job::Download(job) => download::run(headquarters, &lease, run, job).await,
        _ => upload::run(headquarters, &lease, run).await,
    };
    lease::release(headquarters, lease).await;
    waiting::until_applied(headquarters, run.id, &sessions?, cancelled, progress).await
}

async fn batch(headquarters: &Headquarters, cancelled: &CancellationToken) -> Ending {
    match synchronize(headquarters, cancelled.clone()).await {
        Ok(done) if done == Synchronized::default() => Ending {
            status: RunStatus::NoData,
            rows: 0,
            bytes: 0,
            summary: "nothing waits in the inbox".to_owned(),
        },
        Ok(done) => Ending {
            status: RunStatus::Succeeded,
            rows: done.rows(),
            bytes: 0,
            summary: done.to_string(),
        },
        Err(error) => Ending::failed(&error.to_string()),
    }
}

/// Those that no database has begun with.
async fn cancel_sessions(headquarters: &Headquarters, run: RunId) {
    let query = SessionQuery {
        run: Some(run),
        open: true,
        limit: u32::MAX >> 1,
        ..SessionQuery::default()
    };
    for session in headquarters.store.sessions(&query).await.unwrap_or_default() {
        if let Err(error) = cancel_session(headquarters, session).await {
            tracing::warn!(%error, run = run.0, "a session of a canceled run goes on");
        }
    }
    headquarters.signals.tell_all();
}

async fn cancel_session(headquarters: &Headquarters, session: Session) -> StoreResult<()> {
    let now = headquarters.clock.now();
    headquarters
        .writer
        .transact(move |transaction| {
            Box::pin(async move {
                transaction.lock_database(&session.database).await?;
                let Some(mut session) = transaction.session(session.id).await? else {
                    return Ok(());
                };
                if !session.status.is_begun() && session.cancel("its run was canceled", now) {
                    transaction.put_session(&session).await?;
                }
                Ok(())
            })
        })
        .await
}

// === impl Ending ===

impl Ending {
    pub(super) fn failed(summary: &str) -> Self {
        let summary = summary.to_owned();
        Self { status: RunStatus::Failed, rows: 0, bytes: 0, summary }
    }

    pub(super) fn canceled() -> Self {
        let summary = "canceled".to_owned();
        Self { status: RunStatus::Canceled, rows: 0, bytes: 0, summary }
    }
}
