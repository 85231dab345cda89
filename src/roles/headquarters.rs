//! Headquarters, from an open database and bound listeners to serving, and back.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;

use crate::{
    domain::job::JobMode,
    exchange::service::exchange_service,
    headquarters::{
        Headquarters, grpc,
        jobs::{self, Jobs},
        store::SharedStore,
        writer::{self, DEFAULT_QUEUE},
    },
    roles::serving::Serving,
    runtime::{
        clock::SharedClock,
        task::{Task, Tasks},
    },
    server::{
        grpc::{GrpcServer, ServerLimits},
        health::Health,
        status::Domain,
    },
    storage,
};

/// How headquarters behaves.
#[derive(Debug, Clone)]
pub struct HeadquartersSettings {
    /// What makes jobs run by themselves.
    pub jobs: JobMode,
    /// Most writes that wait for the writer.
    pub writer_queue: usize,
    pub server: ServerLimits,
}

/// What headquarters is made of.
pub struct Parts {
    pub store: SharedStore,
    pub clock: SharedClock,
    pub grpc: TcpListener,
    pub http: TcpListener,
    pub metrics: PrometheusHandle,
}

/// A headquarters that serves.
pub struct ServingHeadquarters {
    pub headquarters: Arc<Headquarters>,
    pub tasks: Tasks,
    pub health: Health,
    serving: Serving,
}

impl Default for HeadquartersSettings {
    fn default() -> Self {
        Self {
            jobs: JobMode::Continuous,
            writer_queue: DEFAULT_QUEUE,
            server: ServerLimits::default(),
        }
    }
}

/// Starts headquarters. When this returns, it takes calls.
///
/// # Errors
/// A database that does not answer.
pub async fn start(
    parts: Parts,
    settings: HeadquartersSettings,
) -> anyhow::Result<ServingHeadquarters> {
    let Parts { store, clock, grpc, http, metrics } = parts;
    let tasks = Tasks::new();
    let identity = store.identity().await.context("the database does not say what it is")?;

    let (writer, writer_loop) =
        writer::new(Arc::clone(&store), Arc::clone(&clock), settings.writer_queue);
    tasks.spawn(Task::Writer, writer_loop.run(tasks.shutdown_token()));
    let log = Arc::clone(&store);
    let checkpoint = move || {
        let log = Arc::clone(&log);
        async move { log.checkpoint().await }
    };
    tasks.spawn(Task::Checkpoint, storage::checkpoints(tasks.shutdown_token(), checkpoint));

    let (signals, jobs) = (writer.signals(), Jobs::new(settings.jobs, tasks.clone()));
    let headquarters = Arc::new(Headquarters { store, writer, clock, identity, signals, jobs });
    jobs::spawn(&headquarters);
    let services = services(&headquarters, settings.server);
    let serving = Serving::begin(tasks.clone(), http, metrics);
    serving.serve(services, grpc);
    let health = serving.health.clone();
    Ok(ServingHeadquarters { headquarters, tasks, health, serving })
}

fn services(headquarters: &Arc<Headquarters>, limits: ServerLimits) -> GrpcServer {
    let (bytes, shared) = (limits.message_bytes, || Arc::clone(headquarters));
    GrpcServer::new(Domain::Headquarters, limits)
        .with_service(grpc::realtime_service(shared(), bytes))
        .with_service(grpc::feature_service(shared(), bytes))
        .with_service(grpc::channel_setup_service(shared(), bytes))
        .with_service(grpc::scheduler_service(shared(), bytes))
        .with_service(grpc::customer_sync_service(shared(), bytes))
        .with_service(exchange_service(shared(), bytes))
}

impl ServingHeadquarters {
    /// Stops in an orderly way: no new calls, those that run come to their end, then the writer's queue, then the
    /// rest. `limit` for all of it; what is left then is aborted. Whether everything ended by itself.
    pub async fn stop(self, limit: Duration) -> bool {
        let store = Arc::clone(&self.headquarters.store);
        self.serving.stop(limit, async move { store.close().await }).await
    }
}
