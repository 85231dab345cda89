//! Apply of a 1010 with very many customers while creates go on: what it costs those who wait at a till.
//!
//! Headquarters and a unit run in this process, each on threads of its own, over databases that are made for it.
//! Creates come at a fixed rate whatever becomes of them, and each is measured from the moment at which it was due, so
//! that a unit that stands still can't hide it. Windows without and with an apply take turns. `docs/performance.md`
//! says how to read it.

mod company;
mod databases;
mod load;
mod measure;
mod options;
mod report;
mod stage;

use anyhow::Context as _;
use clap::Parser as _;

use self::{
    databases::Databases,
    options::{Engine, Options},
    report::Outcome,
    stage::{Stage, Threads},
};

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let mut outcomes = Vec::new();
    for engine in options.engines()? {
        outcomes.push(run(&options, &engine)?);
    }
    report::print(&outcomes, options.output)
}

/// All windows on one engine.
fn run(options: &Options, engine: &Engine) -> anyhow::Result<Outcome> {
    let threads = Threads::new()?;
    let databases = threads.load.block_on(Databases::new(engine))?;
    let stage = Stage::open(threads, &databases, options);
    let stage = stage.context("headquarters and its unit start")?;
    let windows = measure::measure(&stage, options);
    let threads = stage.close();
    threads.load.block_on(databases.remove())?;
    Ok(Outcome { engine: engine.name(), windows: windows?, options: options.clone() })
}
