//! Async creates while headquarters is there, while it hangs, and after it has gone.

use anyhow::Context as _;
use serde::Serialize;

use crate::bench::{
    callers::Workload, load::closed_loop, plan::Options, rounds::Rounds, stage::Stage,
};

/// Async creates. Rates are creates a second; those with and without headquarters take turns.
#[derive(Debug, Clone, Serialize)]
pub struct OutageFigure {
    pub engine: &'static str,
    pub with_per_second: f64,
    /// Headquarters takes calls and answers none.
    pub without_per_second: f64,
    /// Calls of headquarters for these creates, as the unit's metrics count them.
    pub real_time_calls: u64,
}

const IN_FLIGHT: usize = 64;

pub(super) async fn measure(
    stage: &Stage<'_>,
    options: &Options,
    say: &(dyn Fn(&str) + Sync),
) -> anyhow::Result<OutageFigure> {
    let calls = stage.calls(&stage.unit, Workload::CreateV7).await?;
    let before = stage.unit.headquarters_calls().await?;
    let (mut with, mut without) = (Rounds::default(), Rounds::default());
    for round in 1..=options.rounds {
        say(&format!("{}: headquarters hangs, round {round}", stage.engine));
        with.add(closed_loop(&calls, IN_FLIGHT, options.slice).await?);
        stage.headquarters.pause()?;
        let measured = closed_loop(&calls, IN_FLIGHT, options.slice).await;
        stage.headquarters.resume()?;
        without.add(measured?);
    }
    let missing = "nothing was measured";
    Ok(OutageFigure {
        engine: stage.engine,
        with_per_second: with.per_second().context(missing)?,
        without_per_second: without.per_second().context(missing)?,
        real_time_calls: stage.unit.headquarters_calls().await? - before,
    })
}
