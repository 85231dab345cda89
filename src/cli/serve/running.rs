//! The parts of a process from their start to their end, in this order: headquarters, then the unit, which calls it;
//! the unit, then headquarters.

use std::{sync::Arc, time::Duration};

use futures::future;
use http::Uri;

use crate::{
    cli::{
        Exit,
        serve::{
            databases::Databases,
            listeners::{Addresses, AllListeners, Listeners, reachable},
        },
        settings::ServeSettings,
    },
    roles::{
        channel::{self, ServingChannel},
        headquarters::{self, ServingHeadquarters},
    },
    runtime::{
        clock::{SharedClock, SystemClock},
        task::{Task, Tasks},
    },
    server::{shutdown::Shutdown, telemetry},
};

/// What the end of a part takes beyond the drain limit: the health's watchers are told, the writer's queue is
/// committed, the HTTP server ends.
const STOP_MARGIN: Duration = Duration::from_secs(5);

/// What runs. Nothing, unless it was started.
#[derive(Default)]
pub struct Running {
    pub headquarters: Option<Part<ServingHeadquarters>>,
    pub channel: Option<Part<ServingChannel>>,
}

/// A part that serves, and where.
pub struct Part<S> {
    pub serving: S,
    pub addresses: Addresses,
}

/// How everything came to its end.
pub struct Ended {
    /// By themselves, within the limits.
    in_order: bool,
    /// The first task that ended though its part can't do without it.
    failed: Option<Task>,
}

impl Running {
    /// Starts the parts of the role. What has been started by the time that this fails or is dropped runs on, until
    /// [`Self::stop`].
    pub async fn start(&mut self, settings: &ServeSettings) -> anyhow::Result<()> {
        let listeners = AllListeners::bind(settings).await?;
        let databases = Databases::open(settings).await?;
        let clock: SharedClock = Arc::new(SystemClock);
        let metrics = telemetry::metrics()?;
        if let (Some(store), Some(listeners)) = (databases.headquarters, listeners.headquarters) {
            let Listeners { grpc, http, addresses } = listeners;
            let (clock, metrics) = (Arc::clone(&clock), metrics.clone());
            let parts = headquarters::Parts { store, clock, grpc, http, metrics };
            let serving = headquarters::start(parts, settings.of_headquarters()).await?;
            self.headquarters = Some(Part { serving, addresses });
        }
        if let (Some(store), Some(listeners)) = (databases.channel, listeners.channel) {
            let Listeners { grpc, http, addresses } = listeners;
            let headquarters = self.headquarters_url(settings)?;
            let parts = channel::Parts { store, clock, headquarters, grpc, http, metrics };
            let starting = channel::start(parts, settings.of_channel());
            let serving = tokio::select! {
                started = starting => started?,
                // It may be waiting for this headquarters, which is not to come.
                () = self.failed() => anyhow::bail!("headquarters has ended"),
            };
            self.channel = Some(Part { serving, addresses });
        }
        Ok(())
    }

    /// Of the headquarters that the unit calls: the one of this process, if it has one.
    pub fn headquarters_url(&self, settings: &ServeSettings) -> anyhow::Result<Uri> {
        match &self.headquarters {
            Some(part) => Ok(format!("http://{}", reachable(part.addresses.grpc)).parse()?),
            None => Ok(settings.channel.headquarters.clone()),
        }
    }

    pub fn addresses(&self) -> impl Iterator<Item = Addresses> {
        let channel = self.channel.iter().map(|part| part.addresses);
        channel.chain(self.headquarters.iter().map(|part| part.addresses))
    }

    /// Waits until a task has ended that its part can't do without.
    pub async fn failed(&self) {
        let tasks = self.tasks();
        let failed: Vec<_> = tasks.iter().map(|tasks| Box::pin(tasks.failed())).collect();
        if failed.is_empty() {
            future::pending::<()>().await;
        }
        future::select_all(failed).await;
    }

    /// Stops everything in an orderly way, or at once if that is wished meanwhile.
    pub async fn stop(self, settings: &ServeSettings, wishes: &Shutdown) -> Ended {
        let tasks = self.tasks();
        let in_order = tokio::select! {
            in_order = self.stop_in_order(settings) => in_order,
            () = wishes.immediate.cancelled() => {
                future::join_all(tasks.iter().map(Tasks::abort)).await;
                false
            }
        };
        Ended { in_order, failed: tasks.iter().find_map(Tasks::failure) }
    }

    async fn stop_in_order(self, settings: &ServeSettings) -> bool {
        let mut in_order = true;
        if let Some(part) = self.channel {
            in_order &= part.serving.stop(settings.channel.drain_limit + STOP_MARGIN).await;
        }
        if let Some(part) = self.headquarters {
            let limit = settings.of_headquarters().server.drain_limit + STOP_MARGIN;
            in_order &= part.serving.stop(limit).await;
        }
        in_order
    }

    fn tasks(&self) -> Vec<Tasks> {
        let channel = self.channel.iter().map(|part| part.serving.tasks.clone());
        channel.chain(self.headquarters.iter().map(|part| part.serving.tasks.clone())).collect()
    }
}

impl Ended {
    /// Says how it was.
    pub fn exit(&self) -> Exit {
        if let Some(task) = self.failed {
            tracing::error!(task = task.name(), "stopped, as a task it can't do without has ended");
            return Exit::Failed;
        }
        if !self.in_order {
            tracing::warn!("stopped before everything had come to its end");
            return Exit::Failed;
        }
        tracing::info!("stopped");
        Exit::Done
    }
}
