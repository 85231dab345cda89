//! The jobs, run by hand over what the callers have left.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use prost_types::Timestamp;
use serde::Serialize;
use tonic::transport::{Channel, Endpoint};

use crate::{
    bench::{
        callers::{Calls, Workload},
        load::Callee as _,
        processes::Process,
        stage::Stage,
    },
    proto::headquarters::{
        ListRunsRequest, ListSessionsRequest, Run, RunJobRequest, RunStatus, Session,
        scheduler_service_client::SchedulerServiceClient,
    },
    runtime::clock::monotonic,
};

/// A run of a job.
#[derive(Debug, Clone, Serialize)]
pub struct JobFigure {
    pub engine: &'static str,
    pub job: String,
    pub rows: u64,
    pub bytes: u64,
    pub seconds: f64,
    /// Until the package was there, and from when the unit had it until it was applied; `None`: it has none.
    pub build_seconds: Option<f64>,
    pub apply_seconds: Option<f64>,
    pub per_second: f64,
}

const DATABASE: &str = "store-1";
/// Customers that change for the small delta.
const FEW: usize = 1_000;
const PACE: Duration = Duration::from_millis(5);
const LIMIT: Duration = Duration::from_mins(30);

/// The 1010 by which a new unit has got its customers.
pub(super) async fn first_session(
    headquarters: &Process,
    engine: &'static str,
) -> anyhow::Result<Vec<JobFigure>> {
    let mut scheduler = Scheduler::connect(headquarters).await?;
    let request = ListSessionsRequest { job: "1010".to_owned(), ..Default::default() };
    let sessions = scheduler.0.list_sessions(request).await?.into_inner().sessions;
    let session = sessions.into_iter().find(|session| session.full).context("a first session")?;
    let seconds = between(session.create_time, session.end_time).context("it has ended")?;
    let job = "1010 full, into a new database".to_owned();
    Ok(vec![figure(engine, job, session.rows, session.bytes, seconds, Some(&session))])
}

/// Runs each to its end.
pub(super) async fn measure(
    stage: &Stage<'_>,
    say: &(dyn Fn(&str) + Sync),
) -> anyhow::Result<Vec<JobFigure>> {
    let mut scheduler = Scheduler::connect(&stage.headquarters).await?;
    let mut figures = Vec::new();
    let all = [
        ("P-0001", false, "P-0001"),
        ("synchronize", false, "synchronize"),
        ("1010", false, "1010 delta, all changed"),
    ];
    for (job, full, title) in all {
        say(&format!("{}: {title}", stage.engine));
        figures.push(scheduler.run(stage.engine, job, full, title).await?);
    }
    say(&format!("{}: {FEW} customers change", stage.engine));
    let calls = stage.calls(&stage.unit, Workload::AddAddress).await?;
    change_few(&calls).await?;
    let few = format!("1010 delta, {FEW} changed");
    for (job, full, title) in [
        ("P-0001", false, "P-0001, few"),
        ("synchronize", false, "synchronize, few"),
        ("1010", false, few.as_str()),
        ("1010", true, "1010 full, into a serving unit"),
        ("1010", false, "1010, nothing to do"),
    ] {
        say(&format!("{}: {title}", stage.engine));
        figures.push(scheduler.run(stage.engine, job, full, title).await?);
    }
    Ok(figures)
}

async fn change_few(calls: &Arc<Calls>) -> anyhow::Result<()> {
    for caller in 0..FEW {
        calls.call(caller).await?;
    }
    Ok(())
}

struct Scheduler(SchedulerServiceClient<Channel>);

impl Scheduler {
    async fn connect(headquarters: &Process) -> anyhow::Result<Self> {
        let channel = Endpoint::from_shared(headquarters.url.clone())?.connect().await?;
        Ok(Self(SchedulerServiceClient::new(channel)))
    }

    async fn run(
        &mut self,
        engine: &'static str,
        job: &str,
        full: bool,
        title: &str,
    ) -> anyhow::Result<JobFigure> {
        let database = if full { DATABASE } else { "" };
        let request = RunJobRequest { job: job.to_owned(), full, database: database.to_owned() };
        let begun = monotonic();
        let mut states = self.0.run_job(request).await?.into_inner();
        let mut last = None;
        while let Some(state) = states.message().await? {
            last = state.run.or(last);
        }
        // A run waits for the units for a time only, and its rows come with their reports.
        let mut run = last.with_context(|| format!("{title} says nothing"))?;
        while run.status() == RunStatus::Running || !has_ended(&run) {
            tokio::time::sleep(PACE).await;
            anyhow::ensure!(begun.elapsed() < LIMIT, "{title} does not end");
            run = self.again(job, run.id).await?;
        }
        let seconds = begun.elapsed().as_secs_f64();
        let session = run.sessions.first().filter(|session| session.available_time.is_some());
        Ok(figure(engine, title.to_owned(), run.rows, run.bytes, seconds, session))
    }

    async fn again(&mut self, job: &str, id: i64) -> anyhow::Result<Run> {
        let request = ListRunsRequest { job: job.to_owned(), page_size: 5, ..Default::default() };
        let runs = self.0.list_runs(request).await?.into_inner().runs;
        runs.into_iter().find(|run| run.id == id).context("the run is there")
    }
}

fn has_ended(run: &Run) -> bool {
    run.sessions.iter().all(|session| session.end_time.is_some())
}

fn figure(
    engine: &'static str,
    job: String,
    rows: u64,
    bytes: u64,
    seconds: f64,
    session: Option<&Session>,
) -> JobFigure {
    JobFigure {
        engine,
        job,
        rows,
        bytes,
        seconds,
        build_seconds: session.and_then(|it| between(it.create_time, it.available_time)),
        apply_seconds: session.and_then(|it| between(it.download_time, it.end_time)),
        per_second: f64::from(u32::try_from(rows).unwrap_or(u32::MAX)) / seconds,
    }
}

fn between(from: Option<Timestamp>, to: Option<Timestamp>) -> Option<f64> {
    let seconds = |at: Timestamp| {
        let whole = f64::from(i32::try_from(at.seconds - from?.seconds).ok()?);
        Some(f64::from(at.nanos).mul_add(1e-9, whole))
    };
    Some(seconds(to?)? - seconds(from?)?)
}
