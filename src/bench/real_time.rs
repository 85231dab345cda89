//! Creates in real time, with headquarters near and far.

use std::time::Duration;

use anyhow::Context as _;
use serde::Serialize;
use tokio::task::JoinSet;

use crate::bench::{
    callers::Workload, delay::Delay, load::closed_loop, plan::Options, rounds::Rounds, stage::Stage,
};

/// Creates in real time; times are milliseconds.
#[derive(Debug, Clone, Serialize)]
pub struct RealTimeFigure {
    pub engine: &'static str,
    /// A round trip to headquarters takes this longer.
    pub delay_ms: u64,
    pub in_flight: usize,
    pub per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    /// From the unit's call of headquarters to its answer.
    pub headquarters_p50_ms: f64,
    /// The server that only answers.
    pub echo_p50_ms: f64,
    /// The engine alone with one create a commit.
    pub one_commit_p50_ms: f64,
}

const DELAYS: [Duration; 3] =
    [Duration::ZERO, Duration::from_millis(20), Duration::from_millis(200)];
const IN_FLIGHT: [usize; 2] = [1, 64];

pub(super) async fn measure(
    stage: &mut Stage<'_>,
    options: &Options,
    say: &(dyn Fn(&str) + Sync),
) -> anyhow::Result<Vec<RealTimeFigure>> {
    let mut figures = Vec::new();
    let mut tasks = JoinSet::new();
    for delay in DELAYS {
        let way = Delay::before(&stage.headquarters.url, delay, &mut tasks).await?;
        stage.restart_unit(&way.url, &[]).await?;
        let echo = stage.calls(&stage.echo, Workload::CreateRealTime).await?;
        let calls = stage.calls(&stage.unit, Workload::CreateRealTime).await?;
        for in_flight in IN_FLIGHT {
            closed_loop(&calls, in_flight, delay * 2 + options.slice / 4).await?;
            let mut answered = Rounds::default();
            let (mut echoed, mut each) = (Rounds::default(), Rounds::default());
            for round in 1..=options.rounds {
                say(&format!(
                    "{}: real time, {delay:?} away, {in_flight} in flight, round {round}",
                    stage.engine
                ));
                echoed.add(closed_loop(&echo, 1, options.slice / 2).await?);
                answered.add(closed_loop(&calls, in_flight, options.slice + delay * 4).await?);
                each.add(stage.alone.slice(1, options.slice / 2).await?);
            }
            let missing = "nothing was measured";
            figures.push(RealTimeFigure {
                engine: stage.engine,
                delay_ms: u64::try_from(delay.as_millis())?,
                in_flight,
                per_second: answered.per_second().context(missing)?,
                p50_ms: answered.quantile(0.5).context(missing)?,
                p99_ms: answered.quantile(0.99).context(missing)?,
                headquarters_p50_ms: answered.headquarters(0.5).context(missing)?,
                echo_p50_ms: echoed.quantile(0.5).context(missing)?,
                one_commit_p50_ms: each.quantile(0.5).context(missing)?,
            });
        }
    }
    let headquarters = stage.headquarters.url.clone();
    stage.restart_unit(&headquarters, &[]).await?;
    Ok(figures)
}

impl RealTimeFigure {
    /// What a unit may take: headquarters, and a quarter more than an answer and a commit.
    pub fn allowed_ms(&self) -> f64 {
        1.25f64.mul_add(self.echo_p50_ms + self.one_commit_p50_ms, self.headquarters_p50_ms)
    }
}
