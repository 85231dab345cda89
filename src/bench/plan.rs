//! What is measured, and in which order.

use std::{path::PathBuf, time::Duration};

use anyhow::Context as _;
use serde::Serialize;
use tempfile::TempDir;

use crate::{
    bench::{
        Machine,
        callers::{Company, Workload},
        closed::{self, Figure},
        growth::{self, GrowthFigure},
        jobs::{self, JobFigure},
        open::{self, OpenFigure},
        outage::{self, OutageFigure},
        pgbench::{self, PgbenchFigure},
        processes::Programs,
        real_time::{self, RealTimeFigure},
        stage::Stage,
    },
    channel::store as channel_store,
    runtime::ids,
    storage::{DatabaseUrl, Scratch},
};

#[derive(Debug, Clone)]
pub struct Options {
    /// This program.
    pub program: PathBuf,
    /// On whose disk SQLite is measured.
    pub folder: PathBuf,
    /// A PostgreSQL server, by the database of somebody who may create others.
    pub postgres: Option<DatabaseUrl>,
    pub sqlite: bool,
    /// PostgreSQL's own load generator, where it is not with the server's programs.
    pub pgbench: Option<PathBuf>,
    pub parts: Vec<Part>,
    pub in_flight: Vec<usize>,
    /// Customers that are there before.
    pub customers: u64,
    /// Turns that the targets take.
    pub rounds: usize,
    /// Length of a turn.
    pub slice: Duration,
    pub seed: u64,
}

/// What can be measured by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Calls(Workload),
    /// Latencies of calls that come when they come.
    Latency,
    RealTime,
    Growth,
    Jobs,
    Outage,
    /// PostgreSQL's own load generator; on PostgreSQL.
    Pgbench,
}

/// What a run has found.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    pub machine: Machine,
    pub customers: u64,
    pub figures: Vec<Figure>,
    pub latencies: Vec<OpenFigure>,
    pub pgbench: Vec<PgbenchFigure>,
    pub real_time: Vec<RealTimeFigure>,
    pub outages: Vec<OutageFigure>,
    pub growth: Vec<GrowthFigure>,
    pub jobs: Vec<JobFigure>,
    pub memory: Vec<Memory>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Memory {
    pub engine: &'static str,
    /// Of the unit when nothing was asked of it yet, in KiB.
    pub idle_kib: u64,
    /// The most that it had while callers called, in KiB.
    pub busy_kib: u64,
}

impl Part {
    pub fn all() -> impl Iterator<Item = Self> {
        let others =
            [Self::Latency, Self::Pgbench, Self::RealTime, Self::Growth, Self::Jobs, Self::Outage];
        Workload::ALL.into_iter().map(Self::Calls).chain(others)
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Calls(workload) => workload.name(),
            Self::Latency => "latency",
            Self::RealTime => "real-time",
            Self::Growth => "growth",
            Self::Jobs => "jobs",
            Self::Outage => "outage",
            Self::Pgbench => "pgbench",
        }
    }
}

const SQLITE: &str = "SQLite";

/// Measures everything that is asked for; says meanwhile what it does.
///
/// # Errors
/// A process does not start, or a call fails.
pub async fn run(options: &Options, say: &(dyn Fn(&str) + Sync)) -> anyhow::Result<Report> {
    let machine = Machine::look(&options.folder)?;
    let mut report = Report { machine, customers: options.customers, ..Report::default() };
    if options.sqlite {
        let scratch = Scratch::files(&options.folder)?;
        on_engine(SQLITE, scratch, options, say, &mut report).await.context("on SQLite")?;
    }
    if let Some(server) = &options.postgres {
        let scratch = Scratch::on(server.clone());
        on_engine("PostgreSQL", scratch, options, say, &mut report)
            .await
            .context("on PostgreSQL")?;
    }
    Ok(report)
}

async fn on_engine(
    engine: &'static str,
    mut scratch: Scratch,
    options: &Options,
    say: &(dyn Fn(&str) + Sync),
    report: &mut Report,
) -> anyhow::Result<()> {
    let logs = TempDir::new()?;
    let programs = Programs { program: &options.program, logs: logs.path() };
    let company = Company { seed: options.seed, customers: options.customers };
    let measured = async {
        let (mut stage, set_up) = Stage::set(engine, &programs, &mut scratch, company, say).await?;
        report.jobs.extend(set_up.jobs);
        let measured = measure(&mut stage, &mut scratch, options, say, report).await;
        let busy_kib = stage.unit.peak_memory_kib().unwrap_or_default();
        report.memory.push(Memory { engine, idle_kib: set_up.idle_kib, busy_kib });
        stage.alone.close().await;
        measured
    };
    let measured = measured.await;
    scratch.remove().await?;
    measured
}

async fn measure(
    stage: &mut Stage<'_>,
    scratch: &mut Scratch,
    options: &Options,
    say: &(dyn Fn(&str) + Sync),
    report: &mut Report,
) -> anyhow::Result<()> {
    for part in &options.parts {
        match part {
            Part::Calls(workload) => {
                for in_flight in &options.in_flight {
                    let figure = closed::measure(stage, *workload, *in_flight, options, say);
                    report.figures.push(figure.await?);
                }
            }
            Part::Latency => {
                for workload in [Workload::CreateV7, Workload::Get] {
                    report.latencies.extend(open::measure(stage, workload, options, say).await?);
                }
            }
            Part::RealTime => {
                report.real_time.extend(real_time::measure(stage, options, say).await?);
            }
            Part::Pgbench if stage.engine == SQLITE => {}
            Part::Pgbench => {
                let empty = empty(scratch, "pgbench").await?;
                report.pgbench.extend(pgbench::measure(stage, &empty, options, say).await?);
            }
            Part::Growth => {
                let small = empty(scratch, "small").await?;
                report.growth.push(growth::measure(stage, &small, options, say).await?);
            }
            Part::Jobs => report.jobs.extend(jobs::measure(stage, say).await?),
            Part::Outage => report.outages.push(outage::measure(stage, options, say).await?),
        }
    }
    Ok(())
}

/// A channel database with nobody in it.
async fn empty(scratch: &mut Scratch, name: &str) -> anyhow::Result<String> {
    let database = scratch.database(name, ids::new_database_id()).await?;
    channel_store::migrate(&database.parse()?).await?;
    Ok(database)
}
