//! Runs, sessions and leases as the jobs make them.

use std::time::Duration;

use csu::{
    domain::{
        job::{DownloadJob, Job, Run, RunId, RunStatus, Trigger},
        lease::Lease,
        session::{Session, SessionId, SessionStatus},
        time::Timestamp,
    },
    headquarters::store::SharedStore,
};
use uuid::Uuid;

use super::steps::origin;
use crate::harness::START;

pub const CUSTOMERS: Job = Job::Download(DownloadJob::Customers);
pub const CONFIGURATION: Job = Job::Download(DownloadJob::ChannelConfiguration);

/// So many seconds after the start.
pub fn at(seconds: u64) -> Timestamp {
    START.plus(Duration::from_secs(seconds))
}

/// One that runs.
pub fn run(job: Job, trigger: Trigger, started: u64) -> Run {
    Run {
        id: RunId(0),
        job,
        trigger,
        database: None,
        full: false,
        status: RunStatus::Running,
        started_at: at(started),
        ended_at: None,
        rows: 0,
        bytes: 0,
        summary: String::new(),
        count: 1,
        cancel_requested: false,
    }
}

/// One that has ended.
pub fn ended(run: Run, status: RunStatus, seconds: u64) -> Run {
    Run { status, ended_at: Some(at(seconds)), ..run }
}

/// One of the database of this number, which waits for it.
pub fn session(job: Job, number: u128, run: RunId) -> Session {
    Session {
        id: SessionId(0),
        job,
        database: format!("store-{number}"),
        origin: origin(number),
        run,
        from: 3,
        to: 7,
        full: false,
        status: SessionStatus::Available,
        try_count: 0,
        package: None,
        outcomes: None,
        rows: 0,
        bytes: 0,
        error: None,
        created_at: START,
        available_at: None,
        downloaded_at: None,
        ended_at: None,
    }
}

/// Adds a run and says it with its number.
pub async fn add_run(store: &SharedStore, run: Run) -> Run {
    let mut transaction = store.begin().await.unwrap();
    let id = transaction.add_run(&run).await.unwrap();
    transaction.commit().await.unwrap();
    Run { id, ..run }
}

/// Adds a session and says it with its number.
pub async fn add_session(store: &SharedStore, session: Session) -> Session {
    let mut transaction = store.begin().await.unwrap();
    let id = transaction.add_session(&session).await.unwrap();
    transaction.commit().await.unwrap();
    Session { id, ..session }
}

pub async fn put_session(store: &SharedStore, session: &Session) {
    let mut transaction = store.begin().await.unwrap();
    transaction.put_session(session).await.unwrap();
    transaction.commit().await.unwrap();
}

/// Takes a lease for ten seconds.
pub async fn take(store: &SharedStore, name: &str, holder: Uuid, seconds: u64) -> Option<Lease> {
    let mut transaction = store.begin().await.unwrap();
    let taken = transaction.take_lease(name, holder, at(seconds), at(seconds + 10)).await.unwrap();
    transaction.commit().await.unwrap();
    taken
}
