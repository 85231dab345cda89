//! What the customers that are there cost those who come.

use anyhow::Context as _;
use serde::Serialize;

use crate::bench::{
    callers::Company, engine::EngineAlone, plan::Options, rounds::Rounds, stage::Stage,
};

/// Creates by the engine alone, in turns in a small database and a large one. Rates are creates a second.
#[derive(Debug, Clone, Serialize)]
pub struct GrowthFigure {
    pub engine: &'static str,
    /// Customers in the large one before.
    pub customers: u64,
    pub small_per_second: f64,
    pub large_per_second: f64,
}

const BATCH: u32 = 64;
/// Customers in the small database before.
const SMALL: u32 = 10_000;

/// `small`: a database of the unit's schema with nobody in it.
pub(super) async fn measure(
    stage: &Stage<'_>,
    small: &str,
    options: &Options,
    say: &(dyn Fn(&str) + Sync),
) -> anyhow::Result<GrowthFigure> {
    let company = Company { customers: 0, ..stage.company };
    let small = EngineAlone::open(&small.parse()?, company).await?;
    small.add_customers(SMALL).await?;
    let (mut in_small, mut in_large) = (Rounds::default(), Rounds::default());
    for round in 1..=options.rounds {
        say(&format!("{}: growth, round {round}", stage.engine));
        // Half as long: what is measured here grows by being measured.
        in_small.add(small.slice(BATCH, options.slice / 2).await?);
        in_large.add(stage.alone.slice(BATCH, options.slice / 2).await?);
    }
    small.close().await;
    let missing = "nothing was measured";
    Ok(GrowthFigure {
        engine: stage.engine,
        customers: stage.company.customers,
        small_per_second: in_small.per_second().context(missing)?,
        large_per_second: in_large.per_second().context(missing)?,
    })
}

impl GrowthFigure {
    /// How much more a create costs.
    pub fn cost(&self) -> f64 {
        self.small_per_second / self.large_per_second
    }
}
