//! Flags of `csu bench`.

use std::{path::PathBuf, sync::LazyLock, time::Duration};

use anyhow::Context as _;
use clap::{Args, ValueEnum, builder::PossibleValue, value_parser};

use crate::{
    bench::{Options, Part},
    cli::flags::Output,
};

const POSTGRES: &str = "CSU_BENCH_POSTGRES";

#[derive(Debug, Args)]
pub struct Measured {
    /// What to measure
    #[arg(value_enum, value_name = "PART", default_value = "all", hide_default_value = true)]
    parts: Vec<PartName>,
    /// Customers that are there before [default: 1000000, with --quick 20000]
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..))]
    customers: Option<u64>,
    /// A few minutes rather than many: shorter turns, and fewer of them
    #[arg(long)]
    quick: bool,
    /// How many callers have a call under way
    #[arg(long, value_delimiter = ',', default_value = "1,64,256", value_name = "N,…")]
    in_flight: Vec<usize>,
    /// Length of a turn [default: 5s, with --quick 1s]
    #[arg(long, value_name = "DURATION")]
    slice: Option<humantime::Duration>,
    /// Turns that each target takes [default: 5, with --quick 3]
    #[arg(long, value_name = "N")]
    rounds: Option<usize>,
    /// One engine only
    #[arg(long, value_enum, value_name = "ENGINE")]
    only: Option<EngineName>,
    /// A PostgreSQL server on which databases are made and dropped; also by the environment's `CSU_BENCH_POSTGRES`
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
    /// PostgreSQL's own load generator, where it is not among Debian's programs
    #[arg(long, value_name = "FILE")]
    pgbench: Option<PathBuf>,
    /// On whose disk SQLite is measured
    #[arg(long, default_value = ".", value_name = "FOLDER")]
    folder: PathBuf,
    /// Which people are made up
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    seed: u64,
    /// What to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub output: Output,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum EngineName {
    Sqlite,
    Postgres,
}

/// What is to be measured, as it is typed; `None`: everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartName(Option<Part>);

/// A clap value needs all of them as a constant list.
static PARTS: LazyLock<Vec<PartName>> = LazyLock::new(|| {
    let all = std::iter::once(PartName(None));
    all.chain(Part::all().map(|part| PartName(Some(part)))).collect()
});

impl ValueEnum for PartName {
    fn value_variants<'a>() -> &'a [Self] {
        &PARTS
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.map_or("all", Part::name)))
    }
}

impl Measured {
    pub fn options(&self) -> anyhow::Result<Options> {
        let (slice, rounds, customers) = if self.quick {
            (Duration::from_secs(1), 3, 20_000)
        } else {
            (Duration::from_secs(5), 5, 1_000_000)
        };
        let options = Options {
            program: std::env::current_exe().context("this program can't be found")?,
            folder: self.folder.clone(),
            postgres: self.server()?,
            pgbench: self.pgbench.clone(),
            sqlite: self.only != Some(EngineName::Postgres),
            parts: self.parts(),
            in_flight: self.in_flight.clone(),
            rounds: self.rounds.unwrap_or(rounds),
            slice: self.slice.map_or(slice, Into::into),
            customers: self.customers.unwrap_or(customers),
            seed: self.seed,
        };
        let at_least_one = |name: &str| format!("{name}: at least 1");
        anyhow::ensure!(options.rounds > 0, at_least_one("--rounds"));
        anyhow::ensure!(!options.in_flight.contains(&0), at_least_one("--in-flight"));
        Ok(options)
    }

    fn parts(&self) -> Vec<Part> {
        let named: Option<Vec<_>> = self.parts.iter().map(|part| part.0).collect();
        named.unwrap_or_else(|| Part::all().collect())
    }

    #[expect(clippy::disallowed_methods, reason = "the command line reads the environment")]
    fn server(&self) -> anyhow::Result<Option<crate::storage::DatabaseUrl>> {
        if self.only == Some(EngineName::Sqlite) {
            return Ok(None);
        }
        let url = self.postgres.clone().or_else(|| std::env::var(POSTGRES).ok());
        let wanted = self.only == Some(EngineName::Postgres);
        anyhow::ensure!(url.is_some() || !wanted, "--postgres or {POSTGRES} names no server");
        Ok(url.map(|url| url.parse()).transpose()?)
    }
}
