//! `csu bench`

mod options;
mod show;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use tokio::{net::TcpListener, runtime::Builder};

use self::options::Measured;
use crate::{
    bench,
    cli::{
        Exit, Failure, Outcome,
        flags::Output,
        output::{self, Progress},
    },
    storage::DatabaseUrl,
};

/// Measure how fast this program is on this machine
///
/// Starts headquarters, a unit and a server that only answers as processes of their own, over databases that are made
/// for the run and dropped after it. Every workload takes turns with its anchors: what such a server answers (E), and
/// what the engine alone writes of the same rows (D). Nothing else should run on the machine meanwhile. On
/// PostgreSQL where --postgres or `CSU_BENCH_POSTGRES` names a server.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  csu bench
  csu bench all --quick
  csu bench create update --in-flight 1,64 --slice 5s
  csu bench --only postgres --postgres postgres://postgres@127.0.0.1/postgres --output json")]
#[command(args_conflicts_with_subcommands = true)]
pub struct Bench {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    measured: Measured,
}

#[derive(Debug, Subcommand)]
enum Command {
    Fill(Fill),
    Echo(Echo),
}

/// Fill a database of headquarters with customers that are made up
///
/// The same seed makes the same people. Customers that are there stay: repeated, it goes on where it was stopped. A
/// new database becomes the demo company's. Nobody else may have the database meanwhile; units get the customers by
/// 1010.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  csu bench fill --customers 1000000
  csu bench fill --customers 10000 --database postgres://csu@db/headquarters")]
struct Fill {
    /// How many customers are to be there
    #[arg(long, value_name = "N")]
    customers: u64,
    /// Headquarters' database
    #[arg(long, value_name = "URL", default_value = "sqlite:data/headquarters.db")]
    database: DatabaseUrl,
    /// Which people are made up
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    seed: u64,
}

/// Serve the anchor E: answer the customer service's messages, and do nothing else
#[derive(Debug, Args)]
#[command(
    hide = true,
    after_help = "\
Examples:
  csu bench echo --listen 127.0.0.1:50099"
)]
struct Echo {
    /// Where to serve
    #[arg(long, value_name = "ADDRESS")]
    listen: String,
}

pub fn run(bench: &Bench) -> Outcome {
    let runtime = Builder::new_multi_thread().enable_all().build().context("no threads")?;
    match &bench.command {
        Some(Command::Fill(arguments)) => runtime.block_on(fill(arguments)),
        Some(Command::Echo(echo)) => runtime.block_on(serve(echo)),
        None => runtime.block_on(measure(&bench.measured)),
    }
}

async fn fill(fill: &Fill) -> Outcome {
    let progress = Progress::new(true);
    bench::fill(&fill.database, fill.customers, fill.seed, &|text| progress.say(text)).await?;
    drop(progress);
    output::print(&format!("{} customers are there", fill.customers))?;
    Ok(Exit::Done)
}

async fn serve(echo: &Echo) -> Outcome {
    let listener = TcpListener::bind(&echo.listen).await.context("can't listen")?;
    bench::echo::serve(listener).await?;
    Ok(Exit::Done)
}

async fn measure(measured: &Measured) -> Outcome {
    let options = measured.options().map_err(|error| Failure::Usage(format!("{error:#}")))?;
    let report = {
        let progress = Progress::new(measured.output == Output::Table);
        bench::run(&options, &|text| progress.say(text)).await?
    };
    match measured.output {
        Output::Json => output::print_json(&report)?,
        Output::Table => output::print(&show::report(&report))?,
    }
    Ok(Exit::Done)
}
