//! What operators and their machines ask over HTTP, on a port of its own: `/metrics`, `/livez`,
//! `/readyz`. Small and bounded: a few connections, one answer on each, nothing that waits.

use std::{future::Future, time::Duration};

use anyhow::Context as _;
use axum::{
    Router,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::server::{
    connections::{ConnectionLimits, Listener},
    health::{Health, Readiness},
};

/// Prometheus and a prober or two, with room for whoever looks by hand. One who sends nothing holds
/// a place for 30 s at most.
const LIMITS: ConnectionLimits = ConnectionLimits { most: 32, longest: Duration::from_secs(30) };
/// How long answers that are under way get when the server stops.
const DRAIN_LIMIT: Duration = Duration::from_secs(2);
/// The text format's version, as Prometheus wants to be told.
const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What is asked for.
#[derive(Clone)]
pub struct Operations {
    /// The process' metrics.
    pub metrics: PrometheusHandle,
    /// The unit's health.
    pub health: Health,
}

impl Operations {
    /// Serves on `listener` until `stop` is over. Let it be the last to stop, so that a stopping
    /// unit can be watched.
    ///
    /// # Errors
    /// axum's.
    pub async fn serve(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> anyhow::Result<()> {
        let cut = CancellationToken::new();
        let _cut_at_the_end = cut.clone().drop_guard();
        let stopping = CancellationToken::new();
        let stopped = stopping.clone();
        let server = axum::serve(Listener::new(listener, LIMITS, cut), self.router())
            .with_graceful_shutdown(async move {
                stop.await;
                stopped.cancel();
            });
        let out_of_time = async {
            stopping.cancelled().await;
            tokio::time::sleep(DRAIN_LIMIT).await;
        };
        tokio::select! {
            result = server => result.context("the HTTP server has failed"),
            () = out_of_time => Ok(()),
        }
    }

    fn router(self) -> Router {
        Router::new()
            .route("/metrics", get(metrics))
            .route("/livez", get(|| async { "ok\n" }))
            .route("/readyz", get(readyz))
            .layer(middleware::map_response(one_answer_a_connection))
            .with_state(self)
    }
}

async fn metrics(State(state): State<Operations>) -> Response {
    ([(header::CONTENT_TYPE, METRICS_TYPE)], state.metrics.render()).into_response()
}

async fn readyz(State(state): State<Operations>) -> (StatusCode, &'static str) {
    match state.health.readiness() {
        Readiness::Serving => (StatusCode::OK, "ready\n"),
        Readiness::Starting => (StatusCode::SERVICE_UNAVAILABLE, "starting\n"),
        Readiness::Stopping => (StatusCode::SERVICE_UNAVAILABLE, "stopping\n"),
    }
}

/// So that a connection is never cut between two answers.
async fn one_answer_a_connection(mut response: Response) -> Response {
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpStream,
    };

    use super::*;
    use crate::server::{connections::bind, telemetry};

    async fn get(address: std::net::SocketAddr, path: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn it_answers_closes_and_stops() {
        let health = Health::new();
        let recorder = telemetry::recorder().unwrap();
        metrics::with_local_recorder(&recorder, || {
            metrics::counter!("csu_test_total").increment(3);
        });
        let operations = Operations { metrics: recorder.handle(), health: health.clone() };
        let listener = bind("127.0.0.1:0".parse().unwrap(), "--http-listen").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let server = operations.serve(listener, stop.clone().cancelled_owned());

        let questions = async {
            assert!(get(address, "/livez").await.starts_with("HTTP/1.1 200"));
            assert!(get(address, "/readyz").await.contains("starting"));
            health.set(Readiness::Serving);
            let ready = get(address, "/readyz").await;
            assert!(ready.starts_with("HTTP/1.1 200") && ready.contains("connection: close"));
            health.set(Readiness::Stopping);
            assert!(get(address, "/readyz").await.starts_with("HTTP/1.1 503"));
            assert!(get(address, "/nothing").await.starts_with("HTTP/1.1 404"));
            let metrics = get(address, "/metrics").await;
            assert!(metrics.contains(METRICS_TYPE) && metrics.contains("csu_test_total 3"));
            stop.cancel();
        };
        let (result, ()) = tokio::join!(server, questions);
        result.unwrap();
    }
}
