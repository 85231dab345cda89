//! What the benchmark is asked for.

use std::time::Duration;

use clap::{Parser, ValueEnum};

/// Where the PostgreSQL server is, if not by `--postgres`.
const POSTGRES: &str = "CSU_BENCH_POSTGRES";

/// Measures creates while a 1010 is applied, against creates without it.
#[derive(Debug, Clone, Parser)]
#[command(name = "apply")]
pub(crate) struct Options {
    /// Customers that the 1010 brings.
    #[arg(long, default_value_t = 100_000)]
    pub(crate) customers: usize,
    /// Creates a second.
    #[arg(long, default_value_t = 200)]
    pub(crate) rate: u32,
    /// Windows of each kind.
    #[arg(long, default_value_t = 3)]
    pub(crate) windows: usize,
    /// Length of a window in seconds. One in which a changed company is applied lasts as long as that does.
    #[arg(long, default_value_t = 15)]
    seconds: u64,
    /// A PostgreSQL server, by the URL of one of its databases; beside it, two are made and dropped.
    /// Without it the environment's `CSU_BENCH_POSTGRES` counts.
    #[arg(long)]
    postgres: Option<String>,
    /// Only this engine.
    #[arg(long)]
    engine: Option<EngineName>,
    #[arg(long, value_enum, default_value_t = Output::Table)]
    pub(crate) output: Output,
    /// What cargo says to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    Table,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum EngineName {
    Sqlite,
    Postgres,
}

pub(crate) enum Engine {
    Sqlite,
    /// On this server.
    Postgres(String),
}

impl Options {
    pub(crate) const fn window(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// # Errors
    /// There is none.
    pub(crate) fn engines(&self) -> anyhow::Result<Vec<Engine>> {
        let is_wanted = |name| self.engine.is_none_or(|only| only == name);
        let mut engines = Vec::new();
        if is_wanted(EngineName::Sqlite) {
            engines.push(Engine::Sqlite);
        }
        if is_wanted(EngineName::Postgres) {
            match self.server() {
                Some(server) => engines.push(Engine::Postgres(server)),
                None => crate::report::note(&format!(
                    "PostgreSQL is left out: give a server by --postgres URL or {POSTGRES}"
                )),
            }
        }
        anyhow::ensure!(!engines.is_empty(), "there is nothing to measure");
        Ok(engines)
    }

    #[expect(clippy::disallowed_methods, reason = "a benchmark has no settings but these")]
    fn server(&self) -> Option<String> {
        self.postgres.clone().or_else(|| std::env::var(POSTGRES).ok())
    }
}

impl Engine {
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }
}
