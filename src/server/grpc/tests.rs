//! The server on real sockets.

use std::{
    net::SocketAddr,
    sync::Arc,
    task::{Context, Poll},
};

use futures::{StreamExt as _, future::BoxFuture};
use http::Response;
use tokio::{io::AsyncReadExt as _, net::TcpStream, sync::Notify, task::JoinSet};
use tonic::{Code, Status, transport::Channel};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};

use super::*;
use crate::server::{connections::bind, status::reason};

const CUSTOMERS: &str = "commerce.channel.v1.CustomerService";

/// Tells when it is called, and answers when it is told.
#[derive(Clone, Default)]
struct Slow {
    called: Arc<Notify>,
    answer: Arc<Notify>,
}

impl NamedService for Slow {
    const NAME: &'static str = CUSTOMERS;
}

impl Service<Request<Body>> for Slow {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        let Self { called, answer } = self.clone();
        Box::pin(async move {
            called.notify_one();
            answer.notified().await;
            let error = crate::domain::error::Error::AddressNotFound;
            Ok(crate::server::status::status(&error).into_http())
        })
    }
}

/// A server that runs until it is told to stop.
struct Running {
    address: SocketAddr,
    health: Health,
    slow: Slow,
    stop: CancellationToken,
    server: JoinSet<anyhow::Result<()>>,
}

async fn run(limits: ServerLimits) -> Running {
    let listener = bind("127.0.0.1:0".parse().unwrap(), "--channel-listen").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (health, slow, stop) = (Health::new(), Slow::default(), CancellationToken::new());
    health.set(Readiness::Serving);
    let server = GrpcServer::new(Domain::Channel, limits).with_service(slow.clone());
    let mut tasks = JoinSet::new();
    tasks.spawn(server.serve(listener, health.clone(), stop.clone().cancelled_owned()));
    Running { address, health, slow, stop, server: tasks }
}

impl Running {
    async fn connect(&self) -> Channel {
        let address = format!("http://{}", self.address);
        Channel::from_shared(address).unwrap().connect().await.unwrap()
    }

    async fn ended(mut self) {
        self.server.join_next().await.unwrap().unwrap().unwrap();
    }
}

fn quick() -> ServerLimits {
    ServerLimits {
        drain_delay: Duration::from_millis(1),
        drain_limit: Duration::from_millis(100),
        ..ServerLimits::default()
    }
}

fn patient() -> ServerLimits {
    ServerLimits { drain_limit: Duration::from_mins(1), ..quick() }
}

async fn call(channel: Channel, path: &'static str) -> Status {
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.unwrap();
    let codec = tonic_prost::ProstCodec::<HealthCheckRequest, HealthCheckRequest>::default();
    let request = tonic::Request::new(HealthCheckRequest::default());
    client.unary(request, path.parse().unwrap(), codec).await.unwrap_err()
}

const SLOW: &str = "/commerce.channel.v1.CustomerService/GetCustomer";

#[tokio::test]
async fn it_serves_health_and_both_reflections_and_ends_with_all_watchers() {
    let running = run(patient()).await;
    let channel = running.connect().await;
    let mut health = HealthClient::new(channel.clone());
    let about = |service: &str| HealthCheckRequest { service: service.to_owned() };
    for service in ["", CUSTOMERS, "liveness", "grpc.health.v1.Health"] {
        let answer = health.check(about(service)).await.unwrap().into_inner();
        assert_eq!(answer.status(), ServingStatus::Serving, "{service}");
    }

    let listed = reflected(&channel, MessageRequest::ListServices(String::new())).await;
    let MessageResponse::ListServicesResponse(listed) = listed else { panic!("{listed:?}") };
    let mut names: Vec<_> = listed.service.iter().map(|service| service.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [CUSTOMERS, "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"],
        "only what is served here"
    );
    for symbol in ["google.rpc.BadRequest", "commerce.channel.v1.Customer"] {
        let found = reflected(&channel, MessageRequest::FileContainingSymbol(symbol.to_owned()));
        let found = found.await;
        assert!(matches!(found, MessageResponse::FileDescriptorResponse(_)), "{symbol}");
    }
    let path = "/grpc.reflection.v1alpha.ServerReflection/NoSuchMethod";
    for path in [path, "/commerce.headquarters.v1.FeatureService/ListFeatures"] {
        let unknown = call(channel.clone(), path).await;
        assert_eq!(unknown.code(), Code::Unimplemented);
        assert_eq!(reason(&unknown), "METHOD_NOT_FOUND");
    }

    let mut watch = health.watch(about("")).await.unwrap().into_inner();
    let mut next = async || watch.message().await.unwrap().map(|message| message.status());
    assert_eq!(next().await, Some(ServingStatus::Serving));
    running.stop.cancel();
    assert_eq!(next().await, Some(ServingStatus::NotServing));
    assert_eq!(next().await, None);
    let address = running.address;
    running.ended().await;
    assert!(TcpStream::connect(address).await.is_err());
}

async fn reflected(channel: &Channel, request: MessageRequest) -> MessageResponse {
    let request = ServerReflectionRequest { host: String::new(), message_request: Some(request) };
    let requests = futures::stream::iter([request]);
    let mut client = ServerReflectionClient::new(channel.clone());
    let mut answers = client.server_reflection_info(requests).await.unwrap().into_inner();
    answers.next().await.unwrap().unwrap().message_response.unwrap()
}

#[tokio::test]
async fn a_running_call_is_answered_before_the_end() {
    let running = run(patient()).await;
    let channel = running.connect().await;
    let answered = call(channel.clone(), SLOW);
    let stopping = async {
        running.slow.called.notified().await;
        running.stop.cancel();
        running.health.reached(Readiness::Stopping).await;
        running.slow.answer.notify_one();
    };
    let (answered, ()) = tokio::join!(answered, stopping);
    assert_eq!(reason(&answered), "ADDRESS_NOT_FOUND");
    running.ended().await;
}

#[tokio::test]
async fn nobody_can_hold_up_the_end() {
    let running = run(quick()).await;
    // One that never says a word, one that waits for an answer that doesn't come.
    let mut silent = TcpStream::connect(running.address).await.unwrap();
    let channel = running.connect().await;
    let stuck = call(channel, SLOW);
    let stop = running.stop.clone();
    let called = Arc::clone(&running.slow.called);
    let stopping = async {
        called.notified().await;
        stop.cancel();
        running.ended().await;
    };
    let (stuck, ()) = tokio::join!(stuck, stopping);
    assert_ne!(stuck.code(), Code::Ok);
    let mut byte = [0];
    while silent.read(&mut byte).await.is_ok_and(|read| read > 0) {}
}

#[tokio::test]
async fn a_dropped_server_leaves_no_connection_behind() {
    let mut running = run(patient()).await;
    let mut silent = TcpStream::connect(running.address).await.unwrap();
    let channel = running.connect().await;
    let stuck = call(channel, SLOW);
    let called = Arc::clone(&running.slow.called);
    let crash = async {
        called.notified().await;
        running.server.shutdown().await;
    };
    let (stuck, ()) = tokio::join!(stuck, crash);
    assert_ne!(stuck.code(), Code::Ok);
    let mut byte = [0];
    while silent.read(&mut byte).await.is_ok_and(|read| read > 0) {}
}
