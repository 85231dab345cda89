//! A workload and its anchors in turns, each at its ceiling.

use std::time::Duration;

use anyhow::Context as _;
use serde::Serialize;

use crate::bench::{
    callers::Workload,
    load::{Sample, closed_loop},
    plan::Options,
    rounds::Rounds,
    stage::Stage,
};

/// A workload beside its anchors. Rates are calls a second and the median of the rounds; times are milliseconds.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    pub engine: &'static str,
    pub workload: &'static str,
    pub in_flight: usize,
    pub per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    /// The server that only answers.
    pub echo_per_second: f64,
    pub echo_p50_ms: f64,
    /// The engine alone: writes with as many creates in a commit as are in flight, or look-ups with as many callers.
    pub engine_per_second: f64,
    /// The engine alone with a commit each; `None`: nothing is written.
    pub one_commit_per_second: Option<f64>,
    pub one_commit_p50_ms: Option<f64>,
    /// 1/(1/E + 1/D).
    pub bound_per_second: f64,
}

/// Most creates in one commit of the engine alone: as many as the writer takes.
const MOST_AT_ONCE: usize = 256;
/// Most callers who look up at once: more would only wait for a connection.
const MOST_READERS: usize = 8;
const WARM_UP: Duration = Duration::from_millis(500);

pub(super) async fn measure(
    stage: &Stage<'_>,
    workload: Workload,
    in_flight: usize,
    options: &Options,
    say: &(dyn Fn(&str) + Sync),
) -> anyhow::Result<Figure> {
    let echo = stage.calls(&stage.echo, workload).await?;
    let unit = stage.calls(&stage.unit, workload).await?;
    for calls in [&echo, &unit] {
        closed_loop(calls, in_flight, WARM_UP).await?;
    }
    let (mut echoed, mut answered) = (Rounds::default(), Rounds::default());
    let (mut engine, mut each) = (Rounds::default(), Rounds::default());
    for round in 1..=options.rounds {
        let name = workload.name();
        say(&format!("{}: {name}, {in_flight} in flight, round {round}", stage.engine));
        echoed.add(closed_loop(&echo, in_flight, options.slice).await?);
        answered.add(closed_loop(&unit, in_flight, options.slice).await?);
        engine.add(alone(stage, workload, in_flight, options.slice).await?);
        if workload.writes() {
            each.add(alone(stage, workload, 1, options.slice).await?);
        }
    }
    let missing = "nothing was measured";
    let echo_per_second = echoed.per_second().context(missing)?;
    let engine_per_second = engine.per_second().context(missing)?;
    Ok(Figure {
        engine: stage.engine,
        workload: workload.name(),
        in_flight,
        per_second: answered.per_second().context(missing)?,
        p50_ms: answered.quantile(0.5).context(missing)?,
        p99_ms: answered.quantile(0.99).context(missing)?,
        echo_per_second,
        echo_p50_ms: echoed.quantile(0.5).context(missing)?,
        engine_per_second,
        one_commit_per_second: each.per_second(),
        one_commit_p50_ms: each.quantile(0.5),
        bound_per_second: bound(echo_per_second, engine_per_second),
    })
}

async fn alone(
    stage: &Stage<'_>,
    workload: Workload,
    in_flight: usize,
    time: Duration,
) -> anyhow::Result<Sample> {
    if workload.writes() {
        let batch = u32::try_from(in_flight.min(MOST_AT_ONCE))?;
        stage.alone.slice(batch, time).await
    } else {
        let look_ups = stage.alone.look_ups(workload);
        closed_loop(&look_ups, in_flight.min(MOST_READERS), time).await
    }
}

/// What perfect code could do between two parts that share the processors.
fn bound(echo: f64, engine: f64) -> f64 {
    1.0 / (1.0 / echo + 1.0 / engine)
}

impl Figure {
    /// How much of the bound is reached.
    pub fn of_bound(&self) -> f64 {
        self.per_second / self.bound_per_second
    }

    /// How much faster than a commit each.
    pub fn to_one_commit(&self) -> Option<f64> {
        Some(self.per_second / self.one_commit_per_second?)
    }

    /// How much slower than an answer and a commit, one after the other.
    pub fn to_answer_and_commit(&self) -> Option<f64> {
        Some(self.p50_ms / (self.echo_p50_ms + self.one_commit_p50_ms?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_is_less_than_either_part() {
        assert!((bound(100.0, 100.0) - 50.0).abs() < 1e-9);
        assert!((bound(30.0, 60.0) - 20.0).abs() < 1e-9);
    }
}
