//! How long calls take that come when they come, well below the ceiling.

use serde::Serialize;

use crate::bench::{
    callers::Workload,
    load::{closed_loop, open_loop},
    plan::Options,
    rounds::millis,
    stage::Stage,
};

/// Latencies in milliseconds, from when the call should have begun.
#[derive(Debug, Clone, Serialize)]
pub struct OpenFigure {
    pub engine: &'static str,
    pub workload: &'static str,
    /// Calls a second that began.
    pub offered: f64,
    /// That is so much of the ceiling of this minute.
    pub of_ceiling: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub p999_ms: f64,
    pub longest_ms: f64,
}

const SHARES: [f64; 2] = [0.25, 0.6];
const CEILING_AT: usize = 64;
const CALLERS: usize = 1_024;
/// Slices that one figure takes: a p99.9 needs thousands of calls.
const SLICES: u32 = 3;

pub(super) async fn measure(
    stage: &Stage<'_>,
    workload: Workload,
    options: &Options,
    say: &(dyn Fn(&str) + Sync),
) -> anyhow::Result<Vec<OpenFigure>> {
    let calls = stage.calls(&stage.unit, workload).await?;
    let mut figures = Vec::new();
    for share in SHARES {
        let ceiling = closed_loop(&calls, CEILING_AT, options.slice).await?.per_second();
        let offered = ceiling * share;
        say(&format!("{}: {} {offered:.0} times a second", stage.engine, workload.name()));
        let sample = open_loop(&calls, offered, CALLERS, options.slice * SLICES).await?;
        let at = |quantile| millis(sample.latencies.value_at_quantile(quantile));
        figures.push(OpenFigure {
            engine: stage.engine,
            workload: workload.name(),
            offered,
            of_ceiling: share,
            p50_ms: at(0.5),
            p99_ms: at(0.99),
            p999_ms: at(0.999),
            longest_ms: millis(sample.latencies.max()),
        });
    }
    Ok(figures)
}
