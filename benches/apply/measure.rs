//! The windows.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use anyhow::Context as _;
use csu::{
    proto::headquarters::{ListSessionsRequest, RunJobRequest, Session, SessionStatus},
    runtime::clock::monotonic,
};
use tokio_util::sync::CancellationToken;

use crate::{
    load::{Latencies, Load},
    options::Options,
    report::Progress,
    stage::{DATABASE, Stage},
};

const JOB: &str = "1010";
/// Between two looks at what is not said.
const PACE: Duration = Duration::from_millis(20);
/// Load before what is measured.
const WARM_UP: Duration = Duration::from_secs(1);

/// What happens beside the creates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Nothing,
    /// A 1010 that brings a change of every customer.
    Changed,
    /// Full 1010s, one after the other, that bring what the unit has.
    Full,
}

pub(crate) struct Window {
    pub(crate) kind: Kind,
    pub(crate) latencies: Latencies,
    /// Rows that were applied, and how long that took.
    pub(crate) applied: (u64, Duration),
}

/// All windows, in turns.
pub(crate) fn measure(stage: &Stage, options: &Options) -> anyhow::Result<Vec<Window>> {
    let progress = Progress::new();
    let mut windows = Vec::new();
    let rows = u64::try_from(options.customers)?;
    let first = (rows, stage.first_load);
    crate::report::first_load(first);
    for round in 1..=options.windows {
        for kind in Kind::ALL {
            if kind == Kind::Changed {
                progress.say(&format!("round {round}: headquarters changes every customer"));
                stage.change_all(round)?;
            }
            progress.say(&format!("round {round}: {}", kind.title()));
            windows.push(stage.load(window(stage, options, kind))?);
        }
    }
    Ok(windows)
}

async fn window(stage: &Stage, options: &Options, kind: Kind) -> anyhow::Result<Window> {
    let load = Load { customers: stage.customers.clone(), rate: options.rate };
    let (measuring, stop) = (AtomicBool::new(false), CancellationToken::new());
    let beside = async {
        let _ended = stop.clone().drop_guard();
        tokio::time::sleep(WARM_UP).await;
        beside(stage, options, kind, &measuring).await
    };
    let (latencies, applied) = tokio::join!(load.run(&measuring, &stop), beside);
    Ok(Window { kind, latencies: latencies?, applied: applied? })
}

/// Rows and time.
async fn beside(
    stage: &Stage,
    options: &Options,
    kind: Kind,
    measuring: &AtomicBool,
) -> anyhow::Result<(u64, Duration)> {
    match kind {
        Kind::Nothing => {
            measuring.store(true, Ordering::SeqCst);
            tokio::time::sleep(options.window()).await;
            measuring.store(false, Ordering::SeqCst);
            Ok((0, Duration::ZERO))
        }
        Kind::Changed => apply(stage, false, measuring).await,
        Kind::Full => {
            let started = monotonic();
            let mut all = (0, Duration::ZERO);
            while started.elapsed() < options.window() {
                let (rows, took) = apply(stage, true, measuring).await?;
                all = (all.0 + rows, all.1 + took);
            }
            Ok(all)
        }
    }
}

/// Runs the job to the end of its session; measures from when the unit has the package until it is applied.
async fn apply(
    stage: &Stage,
    full: bool,
    measuring: &AtomicBool,
) -> anyhow::Result<(u64, Duration)> {
    let request = RunJobRequest { job: JOB.to_owned(), database: DATABASE.to_owned(), full };
    let mut scheduler = stage.scheduler.clone();
    let mut states = scheduler.run_job(request).await?.into_inner();
    let mut id = None;
    let mut begun = None;
    // A run waits for its sessions for a time only.
    while let Some(state) = states.message().await? {
        let session = state.run.and_then(|run| run.sessions.into_iter().next_back());
        let Some(session) = session else { continue };
        id = Some(session.id);
        if session.status() == SessionStatus::Downloaded && begun.is_none() {
            measuring.store(true, Ordering::SeqCst);
            begun = Some(monotonic());
        }
    }
    let session = ended(stage, id.context("a session")?).await;
    measuring.store(false, Ordering::SeqCst);
    let took = begun.context("nobody has seen the unit download it")?.elapsed();
    Ok((session?.rows, took))
}

async fn ended(stage: &Stage, id: i64) -> anyhow::Result<Session> {
    loop {
        let request = ListSessionsRequest {
            job: JOB.to_owned(),
            database: DATABASE.to_owned(),
            page_size: 5,
            ..ListSessionsRequest::default()
        };
        let sessions = stage.scheduler.clone().list_sessions(request).await?.into_inner().sessions;
        let session =
            sessions.into_iter().find(|session| session.id == id).context("it is there")?;
        match session.status() {
            SessionStatus::Applied => return Ok(session),
            SessionStatus::Available | SessionStatus::Requested | SessionStatus::Downloaded => {
                tokio::time::sleep(PACE).await;
            }
            other => anyhow::bail!("the session is {}: {}", other.as_str_name(), session.error),
        }
    }
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Nothing, Self::Changed, Self::Full];

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Nothing => "creates alone",
            Self::Changed => "with a 1010 that changes every customer",
            Self::Full => "with full 1010s that change nothing",
        }
    }

    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Nothing => "alone",
            Self::Changed => "changed",
            Self::Full => "full",
        }
    }
}
