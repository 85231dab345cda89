//! `csu serve`

mod databases;
mod greeting;
mod listeners;
mod running;

use std::{net::SocketAddr, time::Duration};

use anyhow::Context as _;
use clap::Args;
use tokio::runtime::Builder;

use crate::{
    cli::{
        Exit, Outcome,
        flags::ServeFlags,
        output,
        serve::{greeting::Greeting, running::Running},
        settings::{HEADQUARTERS_URL, Role, Row, ServeSettings},
    },
    runtime::task::{Task, Tasks},
    server::{
        shutdown::{self, Shutdown},
        telemetry::{self, LogFormat},
    },
};

/// For what blocks a thread when the process ends.
const RUNTIME_LIMIT: Duration = Duration::from_secs(1);

/// Serve: a scale unit, headquarters, or both
///
/// Everything has a default: a headquarters and a unit that calls it, SQLite in ./data, and a demo company whose
/// channel HOUSTON creates customers in real time and SEATTLE in async mode. Roles: `all` is both in one process;
/// `headquarters` and `channel` are one each; `offline` is the unit of a till that never calls headquarters for a
/// write. SIGTERM or Ctrl-C stops it in an orderly way, a second one at once.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  csu serve
  csu serve --data /srv/csu --channel-listen 127.0.0.1:6000
  csu serve --role headquarters --headquarters-database postgres://csu@db/headquarters
  csu serve --role channel --headquarters http://hq:50052 --channel-database postgres://csu@db/channel \\
      --database-name store-7 --log-format json

There are more settings than flags: csu config show lists them all.")]
pub struct Serve {
    #[command(flatten)]
    flags: ServeFlags,
}

pub fn run(serve: &Serve) -> Outcome {
    let (settings, rows) = serve.flags.layers()?.serve()?;
    telemetry::init_logging(settings.log_format, &settings.log_filter)?;
    warn_if_unused(&settings, &rows);
    let runtime = Builder::new_multi_thread().enable_all().build().context("no threads")?;
    let exit = runtime.block_on(serve_until_told(&settings));
    runtime.shutdown_timeout(RUNTIME_LIMIT);
    Ok(exit?)
}

async fn serve_until_told(settings: &ServeSettings) -> anyhow::Result<Exit> {
    // Of the process: they outlive the tasks of its parts, so that a second signal finds someone who listens.
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

    let mut running = Running::default();
    // A unit may wait for headquarters as long as it takes: whoever is tired of it can stop it.
    let started = tokio::select! {
        started = running.start(settings) => Some(started),
        () = wishes.orderly.cancelled() => None,
    };
    if let Some(Ok(())) = started {
        greet(settings, &running).await;
        tokio::select! {
            () = wishes.orderly.cancelled() => {}
            () = running.failed() => {}
        }
    }
    let ended = running.stop(settings, &wishes).await;
    process.shut_down();
    if let Some(Err(error)) = started {
        return Err(error);
    }
    Ok(ended.exit())
}

/// A process that can't say so serves all the same.
async fn greet(settings: &ServeSettings, running: &Running) {
    for address in running.addresses() {
        warn_if_open(address.grpc);
    }
    let greeting = match Greeting::of(settings, running).await {
        Ok(greeting) => greeting,
        Err(error) => {
            let error = format!("{error:#}");
            tracing::warn!(error, "the starting lines can't be put together");
            return;
        }
    };
    greeting.log();
    // Who wants JSON collects logs and reads no greetings.
    if settings.log_format == LogFormat::Human
        && let Err(error) = output::print(&greeting.to_string())
    {
        tracing::warn!(error = format!("{error:#}"), "the starting lines can't be printed");
    }
}

/// Who names a headquarters may think that it is called.
fn warn_if_unused(settings: &ServeSettings, rows: &[Row]) {
    let url = rows.iter().find(|row| row.key == HEADQUARTERS_URL && !row.is_default());
    if let Some(row) = url
        && settings.role.has_headquarters()
    {
        let (role, source) = (settings.role.name(), row.source.as_str());
        let remedy = Role::Channel.name();
        tracing::warn!(
            role,
            source,
            "headquarters.url is not used: this role has a headquarters of its own (--role {remedy} has none)"
        );
    }
}

fn warn_if_open(address: SocketAddr) {
    if !address.ip().to_canonical().is_loopback() {
        tracing::warn!(
            %address,
            "whoever reaches this address can read and write customers: there is no authentication yet"
        );
    }
}
