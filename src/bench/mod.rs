//! How fast the program is on this machine, beside what the machine can do in the same minute.
//!
//! A figure alone says little: these machines are shared, and another one is faster. So every workload takes turns
//! with its **anchors**, in slices of the same run: `E`, a bare gRPC server that answers the same messages without
//! doing anything; `D`, the engine alone writing all the rows of a create, through the same driver and statements,
//! with as many creates in a commit as callers wait, or with one; for reads the engine's own look-ups. What a program
//! could do that shared the processors between both, and cost nothing itself, is the **bound** 1/(1/E + 1/D). `docs/performance.md` says how to read it.
//!
//! The unit under test is the built program, in a process of its own with headquarters in another, and so is `E`.

mod callers;
mod closed;
mod delay;
pub mod echo;
mod engine;
mod fill;
mod growth;
mod jobs;
mod load;
mod machine;
mod open;
mod outage;
mod people;
mod pgbench;
mod plan;
mod processes;
mod real_time;
mod rounds;
mod stage;
mod writes;

pub use callers::Workload;
pub use closed::Figure;
pub use fill::fill;
pub use growth::GrowthFigure;
pub use jobs::JobFigure;
pub use machine::Machine;
pub use open::OpenFigure;
pub use outage::OutageFigure;
pub use people::customer_at;
pub use pgbench::PgbenchFigure;
pub use plan::{Memory, Options, Part, Report, run};
pub use real_time::RealTimeFigure;
