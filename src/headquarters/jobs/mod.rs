//! What headquarters does with what has come to it, by hand or by itself. Each job may be stopped at any moment, and
//! goes on where it was; several processes may run it at once.

mod continuous;
mod download;
mod history;
mod lease;
mod package;
mod recurrence;
mod run;
mod synchronize;
mod upload;
mod waiting;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio_util::sync::CancellationToken;

use crate::{
    domain::{
        job::{DownloadJob, Job, JobMode, RunId},
        session::Session,
        time::Timestamp,
    },
    headquarters::{
        Headquarters,
        store::{RegisteredDatabase, RunQuery, Transaction},
    },
    runtime::task::{Task, Tasks},
    storage::StoreResult,
};

pub(super) use self::waiting::connected_until;
pub use self::{
    recurrence::{Recurrence, next_run, recurrences},
    run::{Order, begin, carry_out},
    synchronize::{Synchronized, synchronize},
    upload::note_upload,
    waiting::is_connected,
};

/// Most runs that are taken up again at a start.
const MOST_INTERRUPTED: u32 = 100;

/// What the jobs of one process have in common.
pub struct Jobs {
    pub mode: JobMode,
    pub tasks: Tasks,
    /// Those that this process carries out.
    running: Mutex<HashMap<RunId, CancellationToken>>,
}

impl Jobs {
    pub fn new(mode: JobMode, tasks: Tasks) -> Self {
        Self { mode, tasks, running: Mutex::default() }
    }

    /// A token that ends the run when it is cancelled here, or the process stops.
    fn enter(&self, run: RunId) -> CancellationToken {
        let token = self.tasks.shutdown_token().child_token();
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.insert(run, token.clone());
        token
    }

    fn leave(&self, run: RunId) {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&run);
    }

    /// Cancels a run if this process carries it out.
    pub fn cancel(&self, run: RunId) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(token) = running.get(&run) {
            token.cancel();
        }
    }
}

/// Starts what runs by itself, and takes up the runs that were interrupted when headquarters stopped.
pub fn spawn(headquarters: &Arc<Headquarters>) {
    match headquarters.jobs.mode {
        JobMode::Continuous => continuous::spawn(headquarters),
        JobMode::Scheduled => recurrence::spawn(headquarters),
        JobMode::Manual => {}
    }
    let tasks = headquarters.jobs.tasks.clone();
    let stop = tasks.shutdown_token();
    let again = Arc::clone(headquarters);
    tasks.spawn(Task::Operation, async move {
        stop.run_until_cancelled(take_up(&again)).await;
    });
    let (pruned, stop) = (Arc::clone(headquarters), tasks.shutdown_token());
    tasks.spawn(Task::HistoryPruning, async move {
        stop.run_until_cancelled(history::keep_short(&pruned)).await;
    });
}

/// Carries runs on that stand as running: their process has ended. Another replica may be at them: doing them twice
/// is harmless.
async fn take_up(headquarters: &Arc<Headquarters>) {
    let query = RunQuery { running: true, limit: MOST_INTERRUPTED, ..RunQuery::default() };
    let interrupted = match headquarters.store.runs(&query).await {
        Ok(interrupted) => interrupted,
        Err(error) => return tracing::warn!(%error, "interrupted runs are not taken up"),
    };
    for run in interrupted {
        tracing::info!(run = run.id.0, job = run.job.code(), "taking up an interrupted run");
        carry_out(headquarters, run, &mut |_| {}).await;
    }
}

/// Brings a database what it can't wait for until somebody runs a job: it has nothing of it, or can't go on from
/// what it has.
pub fn bring(headquarters: &Arc<Headquarters>, database: &str, jobs: &[DownloadJob]) {
    let (again, name) = (Arc::clone(headquarters), database.to_owned());
    let jobs = jobs.to_vec();
    headquarters.jobs.tasks.spawn(Task::Operation, async move {
        for job in jobs {
            let order = Order::initial(job, &name);
            match begin(&again, order).await {
                Ok(run) => {
                    carry_out(&again, run, &mut |_| {}).await;
                }
                Err(error) => tracing::warn!(%error, database = name, "its data is not sent yet"),
            }
        }
    });
}

/// Open sessions of a job and database, which is locked. Those of another database that had the name are canceled.
async fn open_sessions(
    transaction: &mut dyn Transaction,
    database: &RegisteredDatabase,
    job: Job,
    now: Timestamp,
) -> StoreResult<Vec<Session>> {
    let open = transaction.open_sessions(&database.name, Some(job)).await?;
    let (own, foreign): (Vec<_>, Vec<_>) =
        open.into_iter().partition(|session| session.origin == database.origin);
    for mut session in foreign {
        session.cancel("another database is registered under the name", now);
        transaction.put_session(&session).await?;
    }
    Ok(own)
}

/// Whether it is the company's headquarters that ends, rather than a run.
fn is_stopping(headquarters: &Headquarters) -> bool {
    headquarters.jobs.tasks.shutdown_token().is_cancelled()
}
