//! A scale unit, from an open database and bound listeners to serving, and back.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    channel::{
        configuration::ConfigurationCache,
        grpc,
        operations::{CallBudget, Unit},
        store::{Applied, DownloadJob, SharedStore},
        upkeep,
        writer::{self, ConfigurationPackage, Writer},
    },
    domain::{routing::Connectivity, validation},
    exchange::package,
    runtime::{
        clock::{Deadline, SharedClock},
        task::{Task, Tasks},
    },
    server::{
        grpc::{GrpcServer, ServerLimits},
        health::{Health, Readiness},
        http::Operations,
        status::Domain,
        telemetry,
    },
};

/// How a scale unit behaves.
#[derive(Debug, Clone)]
pub struct ChannelSettings {
    /// How long a cached channel configuration decides.
    pub configuration_ttl: Duration,
    pub connectivity: Connectivity,
    pub call_budget: CallBudget,
    /// Most writes that wait for the writer.
    pub writer_queue: usize,
    pub server: ServerLimits,
}

/// What a scale unit is made of.
pub struct Parts {
    pub store: SharedStore,
    pub clock: SharedClock,
    pub grpc: TcpListener,
    pub http: TcpListener,
    pub metrics: PrometheusHandle,
    /// Packages 1070 and 1110 to start with; an older one than the database's is passed over.
    pub packages: Vec<Vec<u8>>,
}

/// A scale unit that serves.
pub struct ServingChannel {
    pub unit: Arc<Unit>,
    pub tasks: Tasks,
    pub health: Health,
    store: SharedStore,
    /// Is cancelled when the last call has been answered.
    served: CancellationToken,
}

impl Default for ChannelSettings {
    fn default() -> Self {
        Self {
            configuration_ttl: Duration::from_mins(1),
            connectivity: Connectivity::Online,
            call_budget: CallBudget::default(),
            writer_queue: writer::DEFAULT_QUEUE,
            server: ServerLimits::default(),
        }
    }
}

/// Starts a scale unit. When this returns, it takes calls.
///
/// # Errors
/// A package that can't be read or applied; a database that does not answer.
pub async fn start(parts: Parts, settings: ChannelSettings) -> anyhow::Result<ServingChannel> {
    let Parts { store, clock, grpc: grpc_listener, http, metrics, packages } = parts;
    // The first customer shall not wait for what the validation loads once.
    validation::prepare();
    let tasks = Tasks::new();
    let health = Health::new();
    let origin = store.origin().await.context("the database does not say what it is")?;

    let (writer, writer_loop) =
        writer::new(Arc::clone(&store), Arc::clone(&clock), settings.writer_queue);
    tasks.spawn(Task::Writer, writer_loop.run(tasks.shutdown_token()));
    for package in &packages {
        apply(&writer, &clock, package).await?;
    }
    upkeep::spawn(&tasks, &store, &writer, &clock);

    let unit = Arc::new(Unit {
        configuration: ConfigurationCache::new(
            Arc::clone(&store),
            Arc::clone(&clock),
            tasks.clone(),
            settings.configuration_ttl,
        ),
        store: Arc::clone(&store),
        writer,
        clock,
        connectivity: settings.connectivity,
        call_budget: settings.call_budget,
        request_hash_key: origin.request_hash_key,
    });

    let served = CancellationToken::new();
    let message_bytes = settings.server.message_bytes;
    let grpc_server = GrpcServer::new(Domain::Channel, settings.server)
        .with_service(grpc::customer_service(Arc::clone(&unit), message_bytes))
        .with_service(grpc::channel_service(Arc::clone(&unit), message_bytes));
    let (closing, ended, grpc_health) = (tasks.closing_token(), served.clone(), health.clone());
    tasks.spawn(Task::GrpcServer, async move {
        let _ended = ended.drop_guard();
        grpc_server.serve(grpc_listener, grpc_health, closing.cancelled()).await
    });
    let (upkeep, shutdown) = (telemetry::upkeep(metrics.clone()), tasks.shutdown_token());
    tasks.spawn(Task::MetricsUpkeep, async move {
        shutdown.run_until_cancelled(upkeep).await;
    });
    let operations = Operations { metrics: metrics.clone(), health: health.clone() };
    tasks.spawn(Task::HttpServer, operations.serve(http, tasks.shutdown_token().cancelled_owned()));
    health.set(Readiness::Serving);
    Ok(ServingChannel { unit, tasks, health, store, served })
}

impl ServingChannel {
    /// Stops in an orderly way: no new calls, those that run come to their end, then the writer's queue, then the
    /// rest. `limit` for all of it; what is left then is aborted. Whether everything ended by itself.
    pub async fn stop(self, limit: Duration) -> bool {
        let end = Deadline::after(limit);
        self.tasks.close();
        let _ = tokio::time::timeout_at(end.instant(), self.served.cancelled()).await;
        let drained = self.tasks.drain(end.time_left()).await;
        // Readers that hang would hold it up; the process ends anyway.
        let _ = tokio::time::timeout_at(end.instant(), self.store.close()).await;
        drained
    }
}

async fn apply(writer: &Writer, clock: &SharedClock, bytes: &[u8]) -> anyhow::Result<()> {
    let package::Configuration { label, rows } = package::decode(bytes)?;
    let job = match rows {
        ConfigurationPackage::Channel(_) => DownloadJob::ChannelConfiguration,
        ConfigurationPackage::Global(_) => DownloadJob::GlobalConfiguration,
    };
    let applied = Applied { version: label.to_version, at: clock.now() };
    let newer = writer
        .apply_configuration(rows, applied)
        .await
        .with_context(|| format!("package {} can't be applied", label.job))?;
    tracing::info!(job = job.number(), version = label.to_version, newer, "configuration package");
    Ok(())
}
