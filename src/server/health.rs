//! Whether this unit takes calls, in one place for everyone who asks: `grpc.health.v1` (here, as
//! tonic-health's own service can't end the streams of its watchers, which would hold up every
//! shutdown), `/readyz`, and tests.
//!
//! Headquarters is no part of it: a unit without it still creates customers.

use std::{collections::HashSet, pin::Pin, sync::Arc};

use futures::{Stream, StreamExt as _, future, stream};
use tokio::sync::watch;
use tokio_stream::wrappers::WatchStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, server::NamedService};
use tonic_health::pb::{
    HealthCheckRequest, HealthCheckResponse,
    health_check_response::ServingStatus,
    health_server::{Health as HealthRpc, HealthServer},
};

use crate::server::status::{Domain, foreign::service_not_registered};

/// Ask for this service to learn whether the process works at all: SERVING from the start to the
/// end, so that a unit which stops in an orderly way is not killed for it.
pub const LIVENESS: &str = "liveness";

/// How far a unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// Not yet ready.
    Starting,
    /// Takes calls.
    Serving,
    /// Finishes the calls that it has. Nothing follows.
    Stopping,
}

/// A unit's health, shared by all who set it and ask for it.
#[derive(Debug, Clone)]
pub struct Health {
    readiness: watch::Sender<Readiness>,
    closed: CancellationToken,
}

impl Default for Health {
    fn default() -> Self {
        Self::new()
    }
}

impl Health {
    /// A unit that is starting.
    #[must_use]
    pub fn new() -> Self {
        Self {
            readiness: watch::Sender::new(Readiness::Starting),
            closed: CancellationToken::new(),
        }
    }

    /// How far the unit is.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        *self.readiness.borrow()
    }

    /// Tells everyone. A unit that is stopping stays so, whoever comes late.
    pub fn set(&self, readiness: Readiness) {
        self.readiness.send_if_modified(|current| {
            let changes = *current != Readiness::Stopping && *current != readiness;
            if changes {
                *current = readiness;
            }
            changes
        });
    }

    /// Waits until the unit is as far as `readiness`.
    pub async fn reached(&self, readiness: Readiness) {
        let mut states = self.readiness.subscribe();
        // It fails only when the sender is gone, which `self` holds.
        let _ = states.wait_for(|state| *state == readiness).await;
    }

    /// Ends the streams of all watchers, who have been told.
    pub fn close(&self) {
        self.closed.cancel();
    }

    /// `grpc.health.v1.Health` for the whole unit (`""`), [`LIVENESS`] and `services` by their full
    /// names.
    pub(super) fn service(
        &self,
        domain: Domain,
        services: &[&str],
    ) -> HealthServer<impl HealthRpc> {
        let known = services.iter().map(|name| (*name).to_owned());
        let known = known.chain([String::new(), health_name()]).collect();
        HealthServer::new(HealthService { domain, health: self.clone(), known: Arc::new(known) })
    }
}

fn health_name() -> String {
    HealthServer::<HealthService>::NAME.to_owned()
}

#[derive(Debug)]
struct HealthService {
    domain: Domain,
    health: Health,
    known: Arc<HashSet<String>>,
}

impl HealthService {
    fn now(&self, service: &str) -> Option<ServingStatus> {
        if service == LIVENESS {
            return Some(ServingStatus::Serving);
        }
        self.known.contains(service).then(|| serving(self.health.readiness()))
    }
}

const fn serving(readiness: Readiness) -> ServingStatus {
    match readiness {
        Readiness::Serving => ServingStatus::Serving,
        Readiness::Starting | Readiness::Stopping => ServingStatus::NotServing,
    }
}

fn answer(status: ServingStatus) -> HealthCheckResponse {
    HealthCheckResponse { status: status.into() }
}

#[tonic::async_trait]
impl HealthRpc for HealthService {
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        match self.now(&request.get_ref().service) {
            Some(status) => Ok(Response::new(answer(status))),
            None => Err(service_not_registered(self.domain)),
        }
    }

    type WatchStream = Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send>>;

    /// Streams the state now and every change. The specification wants an unknown service to be
    /// watched too, as it may come; here none does.
    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let service = &request.get_ref().service;
        let states = match self.now(service) {
            Some(_) if service != LIVENESS => {
                WatchStream::new(self.health.readiness.subscribe()).map(serving).boxed()
            }
            Some(status) => endless(status),
            None => endless(ServingStatus::ServiceUnknown),
        };
        let mut last = None;
        let changes = states
            .filter(move |status| future::ready(last.replace(*status) != Some(*status)))
            .map(|status| Ok(answer(status)))
            .take_until(self.health.closed.clone().cancelled_owned());
        Ok(Response::new(changes.boxed()))
    }
}

fn endless(status: ServingStatus) -> Pin<Box<dyn Stream<Item = ServingStatus> + Send>> {
    stream::once(future::ready(status)).chain(stream::pending()).boxed()
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;
    use tonic::Code;

    use super::*;
    use crate::server::status::reason;

    fn service(health: &Health) -> HealthService {
        let known = Arc::new(HashSet::from([String::new(), "a.Service".to_owned()]));
        HealthService { domain: Domain::Channel, health: health.clone(), known }
    }

    fn about(service: &str) -> Request<HealthCheckRequest> {
        Request::new(HealthCheckRequest { service: service.to_owned() })
    }

    async fn check(service: &HealthService, name: &str) -> ServingStatus {
        service.check(about(name)).await.unwrap().into_inner().status()
    }

    #[tokio::test]
    async fn services_follow_the_unit_and_liveness_does_not() {
        let health = Health::new();
        let service = service(&health);
        for (readiness, expected) in [
            (Readiness::Starting, ServingStatus::NotServing),
            (Readiness::Serving, ServingStatus::Serving),
            (Readiness::Stopping, ServingStatus::NotServing),
            // Too late: it is stopping.
            (Readiness::Serving, ServingStatus::NotServing),
        ] {
            health.set(readiness);
            assert_eq!(check(&service, "").await, expected);
            assert_eq!(check(&service, "a.Service").await, expected);
            assert_eq!(check(&service, LIVENESS).await, ServingStatus::Serving);
        }
        let unknown = service.check(about("b.Service")).await.unwrap_err();
        assert_eq!(unknown.code(), Code::NotFound);
        assert_eq!(reason(&unknown), "SERVICE_NOT_REGISTERED");
    }

    #[tokio::test]
    async fn watchers_see_changes_only_and_their_streams_end() {
        let health = Health::new();
        let service = service(&health);
        let mut watch = service.watch(about("")).await.unwrap().into_inner();
        let mut live = service.watch(about(LIVENESS)).await.unwrap().into_inner();
        let mut unknown = service.watch(about("b.Service")).await.unwrap().into_inner();
        let mut next = async || watch.next().await.map(|item| item.unwrap().status());
        assert_eq!(next().await, Some(ServingStatus::NotServing));
        health.set(Readiness::Serving);
        assert_eq!(next().await, Some(ServingStatus::Serving));
        health.set(Readiness::Serving);
        assert_eq!(next().now_or_never(), None, "nothing has changed");
        health.set(Readiness::Stopping);
        assert_eq!(next().await, Some(ServingStatus::NotServing));
        assert_eq!(live.next().await.unwrap().unwrap().status(), ServingStatus::Serving);
        let first = unknown.next().await.unwrap().unwrap().status();
        assert_eq!(first, ServingStatus::ServiceUnknown);

        health.close();
        assert_eq!(next().await, None);
        assert!(live.next().await.is_none());
        assert!(unknown.next().await.is_none());
    }
}
