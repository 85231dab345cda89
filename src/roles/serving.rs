//! What all roles have in common: gRPC, HTTP and health around their services, and an orderly end.

use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    runtime::{
        clock::Deadline,
        task::{Task, Tasks},
    },
    server::{
        grpc::GrpcServer,
        health::{Health, Readiness},
        http::Operations,
        telemetry,
    },
};

/// A role that serves, or is about to.
#[derive(Clone)]
pub struct Serving {
    pub tasks: Tasks,
    pub health: Health,
    /// Is cancelled when the last call has been answered.
    served: CancellationToken,
}

impl Serving {
    /// Answers operators and their machines beside the tasks that the role has already; it is not ready yet.
    pub fn begin(tasks: Tasks, http: TcpListener, metrics: PrometheusHandle) -> Self {
        let health = Health::new();
        let (upkeep, shutdown) = (telemetry::upkeep(metrics.clone()), tasks.shutdown_token());
        tasks.spawn(Task::MetricsUpkeep, async move {
            shutdown.run_until_cancelled(upkeep).await;
        });
        let operations = Operations { metrics, health: health.clone() };
        let stop = tasks.shutdown_token().cancelled_owned();
        tasks.spawn(Task::HttpServer, operations.serve(http, stop));
        Self { tasks, health, served: CancellationToken::new() }
    }

    /// When this returns, it takes calls.
    pub fn serve(&self, services: GrpcServer, grpc: TcpListener) {
        let (closing, ended) = (self.tasks.closing_token(), self.served.clone());
        let health = self.health.clone();
        self.tasks.spawn(Task::GrpcServer, async move {
            let _ended = ended.drop_guard();
            services.serve(grpc, health, closing.cancelled()).await
        });
        self.health.set(Readiness::Serving);
    }

    /// Stops in an orderly way: no new calls, those that run come to their end, then the writer's queue, then the
    /// rest, and at last the database by `close`. `limit` for all of it; what is left then is aborted. Whether
    /// everything ended by itself.
    pub async fn stop(self, limit: Duration, close: impl Future<Output = ()>) -> bool {
        let end = Deadline::after(limit);
        self.tasks.close();
        let _ = tokio::time::timeout_at(end.instant(), self.served.cancelled()).await;
        let drained = self.tasks.drain(end.time_left()).await;
        // Readers that hang would hold it up; the process ends anyway.
        let _ = tokio::time::timeout_at(end.instant(), close).await;
        drained
    }
}
