//! The gRPC server of a role: its services with limits, layers, health and reflection, from a bound
//! listener to an orderly end.

use std::{convert::Infallible, future::Future, time::Duration};

use anyhow::Context as _;
use axum::response::IntoResponse;
use http::Request;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::{
    body::Body,
    server::NamedService,
    service::Routes,
    transport::{Server, server::Router},
};
use tower::{
    Service,
    layer::util::{Identity, Stack},
};

use crate::{
    runtime::ids,
    server::{
        connections::{ConnectionLimits, Listener},
        health::{Health, Readiness},
        layers::Layers,
        methods::{DESCRIPTORS, Methods},
        status::Domain,
    },
};

/// Streams that a peer may open and reset before we have seen them; then its connection is closed.
const PENDING_RESETS: usize = 20;
/// Streams that a peer may make us reset by breaking the protocol; then its connection is closed.
const ERROR_RESETS: usize = 1_024;

/// What callers have to keep to, and how long a server takes to stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerLimits {
    /// Most bytes of a request message, decompressed. Whoever makes the generated services sets it
    /// on each, by `max_decoding_message_size`. The largest sensible request, a customer with 100
    /// addresses, has 70 KiB.
    pub message_bytes: usize,
    /// Most bytes of a call's headers.
    pub header_bytes: u32,
    /// Calls that run at once in the whole server; further ones are refused with `OVERLOADED`.
    pub concurrent_calls: usize,
    /// Calls at once on one connection; a client keeps further ones back by itself.
    pub streams_per_connection: u32,
    /// Connections at once; further ones wait until one ends.
    pub connections: usize,
    /// How long a unary call may take whose caller sets no deadline.
    pub default_deadline: Duration,
    /// How often a silent peer is asked whether it is there …
    pub keepalive_interval: Duration,
    /// … and how long it may take to answer before its connection is closed.
    pub keepalive_timeout: Duration,
    /// When a connection is asked to end, so that clients spread over new replicas: ±10 %, the same
    /// for all connections of one server.
    pub connection_age: Duration,
    /// How much longer it may then last for the calls that run in it, before it is cut. Streams
    /// resume elsewhere.
    pub connection_grace: Duration,
    /// From telling the health's watchers that the unit stops until it takes no more connections:
    /// the time that they need to send their calls elsewhere. (A load balancer that polls needs
    /// more; a chart's preStop waits.)
    pub drain_delay: Duration,
    /// How long the calls that run get to end after that. Then their connections are cut.
    pub drain_limit: Duration,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            message_bytes: 256 * 1024,
            header_bytes: 16 * 1024,
            concurrent_calls: 2_048,
            streams_per_connection: 256,
            connections: 4_096,
            default_deadline: Duration::from_secs(10),
            keepalive_interval: Duration::from_secs(30),
            keepalive_timeout: Duration::from_secs(20),
            connection_age: Duration::from_mins(10),
            connection_grace: Duration::from_mins(1),
            drain_delay: Duration::from_millis(250),
            drain_limit: Duration::from_secs(20),
        }
    }
}

/// A server's services before it serves.
#[derive(Debug)]
pub struct GrpcServer {
    domain: Domain,
    limits: ServerLimits,
    routes: Routes,
    services: Vec<&'static str>,
}

impl GrpcServer {
    /// A server without services that speaks for `domain`.
    #[must_use]
    pub fn new(domain: Domain, limits: ServerLimits) -> Self {
        Self { domain, limits, routes: Routes::default(), services: Vec::new() }
    }

    /// Adds a generated service.
    #[must_use]
    pub fn with_service<S>(mut self, service: S) -> Self
    where
        S: Service<Request<Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Response: IntoResponse,
        S::Future: Send + 'static,
    {
        self.routes = self.routes.add_service(service);
        self.services.push(S::NAME);
        self
    }

    /// Serves on `listener` until `stop` is over, and then to an orderly end: the health says
    /// `NOT_SERVING`, after the drain delay no new connection or call is taken, the calls that run
    /// get the drain limit, and what is left is cut. The unit's readiness is the caller's to set;
    /// this only ends it.
    ///
    /// # Errors
    /// A service without descriptor, or tonic's.
    pub async fn serve(
        self,
        listener: TcpListener,
        health: Health,
        stop: impl Future<Output = ()> + Send,
    ) -> anyhow::Result<()> {
        let limits = self.limits.clone();
        // However this ends, and be it by being dropped: no connection outlives it.
        let cut = CancellationToken::new();
        let _cut_at_the_end = cut.clone().drop_guard();
        let longest = ConnectionLimits {
            most: limits.connections,
            longest: limits.connection_age.mul_f64(1.1) + limits.connection_grace,
        };
        let draining = CancellationToken::new();
        let listener = Listener::new(listener, longest, cut).stopping_at(draining.clone());
        let connections = listener.connections();
        let router = self.router(&health)?;

        let told = async {
            stop.await;
            health.set(Readiness::Stopping);
            tokio::time::sleep(limits.drain_delay).await;
            health.close();
            draining.cancel();
        };
        let out_of_time = async {
            draining.cancelled().await;
            tokio::time::sleep(limits.drain_limit).await;
        };
        tokio::select! {
            served = router.serve_with_incoming_shutdown(connections, told) => {
                served.context("the gRPC server has failed")
            }
            () = out_of_time => {
                let limit_ms = limits.drain_limit.as_millis();
                tracing::warn!(limit_ms, "calls did not end in time; their connections are cut");
                Ok(())
            }
        }
    }

    fn router(self, health: &Health) -> anyhow::Result<Router<Stack<Layers, Identity>>> {
        let Self { domain, limits, routes, services } = self;
        let reflection = || {
            let names = ["grpc.health.v1.Health"].iter().chain(&services);
            let builder = DESCRIPTORS
                .iter()
                .fold(tonic_reflection::server::Builder::configure(), |builder, set| {
                    builder.register_encoded_file_descriptor_set(set)
                });
            names.fold(builder, |builder, name| builder.with_service_name(*name))
        };
        let routes = routes
            .add_service(health.service(domain, &services))
            .add_service(
                reflection().with_service_name("grpc.reflection.v1.ServerReflection").build_v1()?,
            )
            .add_service(
                reflection()
                    .with_service_name("grpc.reflection.v1alpha.ServerReflection")
                    .build_v1alpha()?,
            );
        let methods = Methods::of(&services)?;
        let layers = Layers::new(domain, methods, limits.concurrent_calls, limits.default_deadline);
        // No `max_connection_age_grace`: with it, tonic 0.14.9 cuts a connection without having
        // asked its client to end it (GOAWAY). Our listener cuts it after the grace.
        Ok(Server::builder()
            .max_concurrent_streams(limits.streams_per_connection)
            // Against floods of streams that are reset at once. Said here because tonic's own default
            // turns hyper's off.
            .http2_max_pending_accept_reset_streams(Some(PENDING_RESETS))
            .http2_max_local_error_reset_streams(Some(ERROR_RESETS))
            .http2_max_header_list_size(limits.header_bytes)
            .http2_keepalive_interval(Some(limits.keepalive_interval))
            .http2_keepalive_timeout(Some(limits.keepalive_timeout))
            .max_connection_age(limits.connection_age.mul_f64(0.9 + 0.2 * ids::jitter()))
            .layer(layers)
            .add_routes(routes))
    }
}

#[cfg(test)]
mod tests;
