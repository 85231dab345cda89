//! A scale unit, from an open database and bound listeners to serving, and back.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use http::Uri;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::{net::TcpListener, sync::watch};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{
    channel::{
        configuration::ConfigurationCache,
        grpc,
        operations::{CallBudget, InFlight, Unit},
        realtime::{Connection, RealTime},
        store::SharedStore,
        upkeep, writer,
    },
    domain::{job::DownloadJob, routing::Connectivity, validation},
    exchange::agent::{self, Agent},
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
};

/// How often a new database is asked whether another replica has brought it its data.
const APPLIED_INTERVAL: Duration = Duration::from_millis(200);

/// How long a stop waits for the end of the exchange, which is a commit or two.
const EXCHANGE_END_LIMIT: Duration = Duration::from_secs(2);

/// How a scale unit behaves.
#[derive(Debug, Clone)]
pub struct ChannelSettings {
    /// How long a cached channel configuration decides.
    pub configuration_ttl: Duration,
    pub connectivity: Connectivity,
    pub call_budget: CallBudget,
    /// Communication failures in a row after which headquarters counts as not reachable.
    pub breaker_failures: u32,
    /// Most writes that wait for the writer.
    pub writer_queue: usize,
    pub server: ServerLimits,
}

/// What a scale unit is made of.
pub struct Parts {
    pub store: SharedStore,
    pub clock: SharedClock,
    /// Where headquarters serves gRPC.
    pub headquarters: Uri,
    pub grpc: TcpListener,
    pub http: TcpListener,
    pub metrics: PrometheusHandle,
}

/// A scale unit that serves.
pub struct ServingChannel {
    pub unit: Arc<Unit>,
    pub tasks: Tasks,
    pub health: Health,
    serving: Serving,
    /// Is cancelled when the exchange has ended.
    exchanged: CancellationToken,
}

impl Default for ChannelSettings {
    fn default() -> Self {
        Self {
            configuration_ttl: Duration::from_mins(1),
            connectivity: Connectivity::Online,
            call_budget: CallBudget::default(),
            breaker_failures: 5,
            writer_queue: writer::DEFAULT_QUEUE,
            server: ServerLimits::default(),
        }
    }
}

/// Starts a scale unit. When this returns, it takes calls: with the configuration that headquarters has, or, if that
/// is away, with the one that was stored. A database that has never registered has neither, and waits until
/// headquarters is there.
///
/// # Errors
/// A database that does not answer.
pub async fn start(parts: Parts, settings: ChannelSettings) -> anyhow::Result<ServingChannel> {
    let Parts { store, clock, headquarters, grpc: grpc_listener, http, metrics } = parts;
    // The first customer shall not wait for what the validation loads once.
    validation::prepare();
    let tasks = Tasks::new();
    let serving = Serving::begin(tasks.clone(), http, metrics);

    let (writer, writer_loop) =
        writer::new(Arc::clone(&store), Arc::clone(&clock), settings.writer_queue);
    tasks.spawn(Task::Writer, writer_loop.run(tasks.shutdown_token()));
    upkeep::spawn(&tasks, &store, &writer, &clock);

    let identity = store.identity().await.context("the database does not say what it is")?;
    let is_new = identity.request_hash_key.is_none();
    let connection = Connection::lazy(headquarters);
    let failures = settings.breaker_failures;
    let longest_call = settings.call_budget.headquarters_timeout;
    let realtime =
        RealTime::new(&connection, identity.origin, failures, longest_call, Arc::clone(&clock));
    let exchanging = agent::Parts {
        identity,
        store: Arc::clone(&store),
        writer: writer.clone(),
        realtime: realtime.clone(),
        clock: Arc::clone(&clock),
    };
    let agent = Agent::new(&connection, exchanging);
    let exchanged = CancellationToken::new();
    let request_hash_key =
        registered(&store, &tasks, agent, is_new, exchanged.clone().drop_guard()).await?;
    if settings.connectivity == Connectivity::Online {
        realtime.spawn_probe(&tasks);
    }

    let unit = Arc::new(Unit {
        configuration: ConfigurationCache::new(
            Arc::clone(&store),
            Arc::clone(&clock),
            tasks.clone(),
            settings.configuration_ttl,
        ),
        store,
        writer,
        clock,
        connectivity: settings.connectivity,
        realtime,
        call_budget: settings.call_budget,
        in_flight: InFlight::default(),
        tasks: tasks.clone(),
        request_hash_key,
    });
    serving.serve(services(&unit, settings.server), grpc_listener);
    let health = serving.health.clone();
    Ok(ServingChannel { unit, tasks, health, serving, exchanged })
}

/// Makes the unit known to headquarters, or leaves that to the background where it has been before. Says the key of
/// the company's request hashes.
async fn registered(
    store: &SharedStore,
    tasks: &Tasks,
    agent: Agent,
    is_new: bool,
    ends: DropGuard,
) -> anyhow::Result<[u8; 32]> {
    let stop = tasks.shutdown_token();
    let contacted = if is_new {
        agent.contact_at_last(&stop).await.context("stopped before headquarters was there")?;
        true
    } else {
        agent.contact_if_there().await
    };
    let applied = agent.applied();
    // It ends before the writer does, which it needs for its last words.
    let closing = tasks.closing_token();
    tasks.spawn(Task::ExchangeAgent, async move {
        let _ends = ends;
        Box::pin(agent.run(contacted, closing)).await
    });
    let configured = stop.run_until_cancelled(configured(store, applied)).await;
    configured.context("stopped before headquarters' data was here")??;
    let key = store.identity().await?.request_hash_key;
    key.context("headquarters has registered the database, and its key is not there")
}

/// Waits until the database has a configuration, and with it everything else: a new one does not serve before.
async fn configured(store: &SharedStore, mut applied: watch::Receiver<()>) -> anyhow::Result<()> {
    let jobs = [DownloadJob::ChannelConfiguration, DownloadJob::GlobalConfiguration];
    for job in jobs {
        while store.applied(job).await?.is_none() {
            // Another replica may apply it.
            let changed = tokio::time::timeout(APPLIED_INTERVAL, applied.changed()).await;
            if let Ok(changed) = changed {
                changed.context("the exchange with headquarters has ended")?;
            }
        }
    }
    Ok(())
}

fn services(unit: &Arc<Unit>, limits: ServerLimits) -> GrpcServer {
    let bytes = limits.message_bytes;
    GrpcServer::new(Domain::Channel, limits)
        .with_service(grpc::customer_service(Arc::clone(unit), bytes))
        .with_service(grpc::channel_service(Arc::clone(unit), bytes))
}

impl ServingChannel {
    /// Stops in an orderly way: no new calls, those that run come to their end, then the writer's queue, then the
    /// rest. `limit` for all of it; what is left then is aborted. Whether everything ended by itself.
    pub async fn stop(self, limit: Duration) -> bool {
        let store = Arc::clone(&self.unit.store);
        self.tasks.close();
        // It lets go of its leases, so that another replica need not wait for them.
        let ended = tokio::time::timeout(EXCHANGE_END_LIMIT.min(limit), self.exchanged.cancelled());
        let _ = ended.await;
        self.serving.stop(limit, async move { store.close().await }).await
    }
}
