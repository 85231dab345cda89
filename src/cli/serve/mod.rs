//! `csu serve`

mod greeting;

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use anyhow::Context as _;
use clap::Args;
use tokio::runtime::Builder;

use crate::{
    channel::store::{self, NewOrigin},
    cli::{
        Exit, Outcome,
        flags::UnitFlags,
        output,
        settings::{DEFAULT_DATABASE_NAME, UnitSettings},
    },
    exchange::package,
    roles::{
        channel::{self, Parts, ServingChannel},
        demo,
    },
    runtime::{
        clock::{SharedClock, SystemClock},
        ids,
        task::{Task, Tasks},
    },
    server::{
        connections::bind,
        shutdown::{self, Shutdown},
        telemetry::{self, LogFormat},
    },
};

/// What the end of a unit takes beyond the drain limit: the health's watchers are told, the writer's queue is
/// committed, the HTTP server ends.
const STOP_MARGIN: Duration = Duration::from_secs(5);
/// For what blocks a thread when the process ends.
const RUNTIME_LIMIT: Duration = Duration::from_secs(1);

/// Serve the channels of one channel database
///
/// Everything has a default: SQLite in ./data, and a demo company whose channel HOUSTON creates customers in real
/// time and SEATTLE in async mode. SIGTERM or Ctrl-C stops it in an orderly way, a second one at once.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  csu serve
  csu serve --data /srv/csu --channel-listen 127.0.0.1:6000
  csu serve --channel-database postgres://csu@db/channel --database-name store-7 --log-format json

There are more settings than flags: csu config show lists them all.")]
pub struct Serve {
    #[command(flatten)]
    flags: UnitFlags,
}

/// A unit that serves, and where.
struct Started {
    serving: ServingChannel,
    grpc: SocketAddr,
    http: SocketAddr,
}

pub fn run(serve: &Serve) -> Outcome {
    let (settings, _) = serve.flags.layers()?.unit()?;
    telemetry::init_logging(settings.log_format, &settings.log_filter)?;
    let runtime = Builder::new_multi_thread().enable_all().build().context("no threads")?;
    let exit = runtime.block_on(serve_until_told(&settings));
    runtime.shutdown_timeout(RUNTIME_LIMIT);
    Ok(exit?)
}

async fn serve_until_told(settings: &UnitSettings) -> anyhow::Result<Exit> {
    // Of the process: they outlive the unit's tasks, so that a second signal finds someone who listens.
    let process = Tasks::new();
    let wishes = Shutdown::default();
    let signals = shutdown::signals().context("can't listen for signals")?;
    let (listening, stopped) =
        (shutdown::listen(signals, wishes.clone()), process.shutdown_token());
    process.spawn(Task::SignalListener, async move {
        listening.await;
        // It has heard all that it can hear, and that is no failure.
        stopped.cancelled().await;
    });

    let started = tokio::select! {
        started = start(settings) => started?,
        () = wishes.orderly.cancelled() => return Ok(Exit::Done),
    };
    if let Err(error) = greet(settings, &started).await {
        tracing::warn!(error = format!("{error:#}"), "the starting lines can't be printed");
    }
    warn_if_open(started.grpc);
    let Started { serving, .. } = started;
    let tasks = serving.tasks.clone();
    tokio::select! {
        () = wishes.orderly.cancelled() => {}
        _ = tasks.failed() => {}
    }
    let ended = tokio::select! {
        ended = serving.stop(settings.channel.drain_limit + STOP_MARGIN) => ended,
        () = wishes.immediate.cancelled() => {
            tasks.abort().await;
            false
        }
    };
    process.shut_down();
    if let Some(task) = tasks.failure() {
        tracing::error!(task = task.name(), "stopped, as a task it can't do without has ended");
        return Ok(Exit::Failed);
    }
    if !ended {
        tracing::warn!("stopped before everything had come to its end");
        return Ok(Exit::Failed);
    }
    tracing::info!("stopped");
    Ok(Exit::Done)
}

/// What is likeliest to fail comes first, and the database last: a start that fails leaves none half made.
async fn start(settings: &UnitSettings) -> anyhow::Result<Started> {
    let grpc = bind(settings.channel.listen, "--channel-listen").await?;
    let http = bind(settings.channel.http_listen, "--channel-http-listen").await?;
    let (grpc_address, http_address) = (grpc.local_addr()?, http.local_addr()?);
    let packages = match &settings.channel.packages {
        Some(folder) => read_packages(folder)?,
        None => demo::packages()?,
    };
    let metrics = telemetry::metrics()?;

    let name = settings.channel.database_name.as_deref();
    let new = NewOrigin {
        database_id: ids::new_database_id(),
        database_name: name.unwrap_or(DEFAULT_DATABASE_NAME).to_owned(),
        request_hash_key: ids::new_secret(),
    };
    let clock: SharedClock = Arc::new(SystemClock);
    let store = store::open(&settings.channel.database, new, name, clock.now()).await?;
    let parts = Parts { store, clock, grpc, http, metrics, packages };
    let serving = channel::start(parts, settings.of_channel()).await?;
    Ok(Started { serving, grpc: grpc_address, http: http_address })
}

/// Those of the two that there are, verified.
fn read_packages(folder: &Path) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut packages = Vec::new();
    for name in ["1070.pkg", "1110.pkg"] {
        let path = folder.join(name);
        match std::fs::read(&path) {
            Ok(bytes) => {
                package::decode(&bytes).with_context(|| path.display().to_string())?;
                packages.push(bytes);
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                return Err(error).with_context(|| format!("{} can't be read", path.display()));
            }
        }
    }
    anyhow::ensure!(
        !packages.is_empty(),
        "there is neither 1070.pkg nor 1110.pkg in {}, which --packages names",
        folder.display()
    );
    Ok(packages)
}

async fn greet(settings: &UnitSettings, started: &Started) -> anyhow::Result<()> {
    let Started { serving, grpc, http } = started;
    let greeting = greeting::Greeting::of(&serving.unit, settings, *grpc, *http).await?;
    greeting.log();
    // Who wants JSON collects logs and reads no greetings.
    if settings.log_format == LogFormat::Human {
        output::print(&greeting.to_string())?;
    }
    Ok(())
}

fn warn_if_open(address: SocketAddr) {
    if !address.ip().to_canonical().is_loopback() {
        tracing::warn!(
            %address,
            "whoever reaches this address can read and write customers: there is no authentication yet"
        );
    }
}
