//! The anchor for PostgreSQL: its own load generator, each create with all its rows in a transaction of its own.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::Context as _;
use serde::Serialize;

use crate::bench::{
    callers::Workload,
    load::closed_loop,
    plan::Options,
    rounds::{Rounds, median},
    stage::Stage,
};

/// Creates a second at as many at once, in turns; medians.
#[derive(Debug, Clone, Serialize)]
pub struct PgbenchFigure {
    pub in_flight: usize,
    pub per_second: f64,
    /// Numbers by a sequence: nobody waits for anybody, and they appear in no order.
    pub by_sequence: f64,
    /// Numbers by the counter row: without gaps and in the order of commits, as headquarters needs them.
    pub by_counter_row: f64,
}

const SCRIPT: &str = include_str!("pgbench.sql");
const BY_SEQUENCE: &str = "BEGIN;\nSELECT nextval('bench_number') AS n \\gset\n";
const BY_COUNTER_ROW: &str = "BEGIN;\nUPDATE counter SET revision = revision + 1, event = event + 1 \
     WHERE id = 1 RETURNING revision AS n \\gset\n";
const IN_FLIGHT: [usize; 2] = [64, 256];
/// Where Debian has it, beside the search path.
const DEBIAN: &str = "/usr/lib/postgresql";

/// `database`: one of the unit's schema with nobody in it.
pub(super) async fn measure(
    stage: &Stage<'_>,
    database: &str,
    options: &Options,
    say: &(dyn Fn(&str) + Sync),
) -> anyhow::Result<Vec<PgbenchFigure>> {
    let pgbench = Pgbench { program: find(options)?, database, folder: stage.programs.logs };
    pgbench.prepare()?;
    let calls = stage.calls(&stage.unit, Workload::CreateV7).await?;
    let mut figures = Vec::new();
    for in_flight in IN_FLIGHT {
        let (mut ours, mut sequence, mut counter_row) = (Rounds::default(), Vec::new(), Vec::new());
        for round in 1..=options.rounds {
            say(&format!("{}: pgbench, {in_flight} in flight, round {round}", stage.engine));
            ours.add(closed_loop(&calls, in_flight, options.slice).await?);
            sequence.push(pgbench.run(BY_SEQUENCE, in_flight, options.slice)?);
            counter_row.push(pgbench.run(BY_COUNTER_ROW, in_flight, options.slice)?);
        }
        let missing = "nothing was measured";
        figures.push(PgbenchFigure {
            in_flight,
            per_second: ours.per_second().context(missing)?,
            by_sequence: median(sequence.into_iter()).context(missing)?,
            by_counter_row: median(counter_row.into_iter()).context(missing)?,
        });
    }
    Ok(figures)
}

struct Pgbench<'a> {
    program: PathBuf,
    database: &'a str,
    /// For its scripts.
    folder: &'a Path,
}

impl Pgbench<'_> {
    fn prepare(&self) -> anyhow::Result<()> {
        self.call("CREATE SEQUENCE bench_number;", &["--transactions=1"]).map(|_| ())
    }

    /// Transactions a second.
    fn run(&self, number: &str, clients: usize, time: Duration) -> anyhow::Result<f64> {
        let script = format!("{number}{SCRIPT}");
        let (clients, seconds) = (clients.to_string(), time.as_secs().max(1).to_string());
        let time = format!("--time={seconds}");
        let clients = format!("--client={clients}");
        let said = self.call(&script, &["--protocol=prepared", "--jobs=2", &clients, &time])?;
        let rate = said.lines().find_map(|line| line.strip_prefix("tps = "));
        let rate = rate.and_then(|rest| rest.split(' ').next()?.parse().ok());
        rate.with_context(|| format!("pgbench says no rate: {said}"))
    }

    fn call(&self, script: &str, arguments: &[&str]) -> anyhow::Result<String> {
        let file = self.folder.join("pgbench.sql");
        std::fs::write(&file, script)?;
        let mut command = Command::new(&self.program);
        command.arg("--no-vacuum").args(arguments).arg("--file").arg(&file).arg(self.database);
        let done = command.stdin(Stdio::null()).output().context("pgbench")?;
        let (said, failed) =
            (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        anyhow::ensure!(done.status.success(), "pgbench: {failed}");
        Ok(said.into_owned())
    }
}

/// The one that was named, or that of the newest server of Debian's packages.
fn find(options: &Options) -> anyhow::Result<PathBuf> {
    if let Some(program) = &options.pgbench {
        return Ok(program.clone());
    }
    let servers = std::fs::read_dir(DEBIAN).into_iter().flatten().flatten();
    let programs = servers.map(|server| server.path().join("bin/pgbench"));
    let newest = programs.filter(|program| program.exists()).max();
    newest.with_context(|| format!("no pgbench in {DEBIAN}; name one with --pgbench"))
}

impl PgbenchFigure {
    pub fn to_sequence(&self) -> f64 {
        self.per_second / self.by_sequence
    }

    pub fn to_counter_row(&self) -> f64 {
        self.per_second / self.by_counter_row
    }
}
