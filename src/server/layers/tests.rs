//! The layers around real tonic services, without sockets: what tonic answers by itself is
//! provoked, not imitated, so that these tests notice when an update changes its texts.

use std::future::{pending, ready};

use bytes::{BufMut as _, Bytes, BytesMut};
use futures::future::BoxFuture;
use http_body_util::{BodyExt as _, Full, StreamBody};
use metrics_exporter_prometheus::PrometheusHandle;
use prost::Message as _;
use tonic::{Code, Status, server::NamedService, service::Routes};
use tonic_health::pb::HealthCheckRequest;
use tower::ServiceExt as _;

use super::*;
use crate::{
    runtime::clock::Deadline,
    server::{
        health::{Health, Readiness},
        status::{foreign::End, reason},
        telemetry,
    },
};

const CUSTOMERS: &str = "commerce.channel.v1.CustomerService";
const GET: &str = "/commerce.channel.v1.CustomerService/GetCustomer";
const HEALTH: &str = "/grpc.health.v1.Health/Check";

/// Stands in for a generated service: does what its test wants.
#[derive(Clone)]
struct Handler<F>(F);

impl<F> NamedService for Handler<F> {
    const NAME: &'static str = CUSTOMERS;
}

impl<F> Service<Request<Body>> for Handler<F>
where
    F: Fn(Request<Body>) -> BoxFuture<'static, Response<Body>>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let answer = (self.0)(request);
        Box::pin(async { Ok(answer.await) })
    }
}

fn server<F>(handler: F) -> Around<Routes>
where
    F: Fn(Request<Body>) -> BoxFuture<'static, Response<Body>> + Clone + Send + Sync + 'static,
{
    let methods = Methods::of(&[CUSTOMERS]).unwrap();
    let health = Health::new();
    health.set(Readiness::Serving);
    let routes = Routes::new(Handler(handler)).add_service(
        health.service(Domain::Channel, &[CUSTOMERS]).max_decoding_message_size(1_000),
    );
    Layers::new(Domain::Channel, methods, 1, Duration::from_secs(10)).layer(routes)
}

fn succeeds(_: Request<Body>) -> BoxFuture<'static, Response<Body>> {
    Box::pin(ready(Response::default()))
}

/// A gRPC message in its frame.
fn framed(compressed: u8, message: &[u8]) -> Bytes {
    let mut frame = BytesMut::new();
    frame.put_u8(compressed);
    frame.put_u32(u32::try_from(message.len()).unwrap());
    frame.put_slice(message);
    frame.freeze()
}

fn request(path: &str, body: Bytes) -> Request<Body> {
    Request::post(path).body(Body::new(Full::new(body))).unwrap()
}

/// Calls and reads to the end, as hyper does.
async fn end_of(server: &Around<Routes>, request: Request<Body>) -> (Code, String) {
    let Ok(answer) = server.clone().oneshot(request).await;
    let (head, body) = answer.into_parts();
    let mut headers = head.headers;
    if let Some(trailers) = body.collect().await.unwrap().trailers() {
        headers.extend(trailers.clone());
    }
    let status = Status::from_header_map(&headers).expect("every call has an end");
    (status.code(), reason(&status))
}

fn is(code: Code, reason: &str) -> (Code, String) {
    (code, reason.to_owned())
}

#[tokio::test]
async fn what_tonic_answers_by_itself_is_put_into_our_words() {
    let server = server(succeeds);
    let check = HealthCheckRequest { service: String::new() }.encode_to_vec();
    for (request, expected) in [
        (request(HEALTH, framed(0, &check)), is(Code::Ok, "")),
        (
            request("/no.such.Service/At.all", Bytes::new()),
            is(Code::Unimplemented, "METHOD_NOT_FOUND"),
        ),
        (
            request("/grpc.health.v1.Health/NoSuchMethod", Bytes::new()),
            is(Code::Unimplemented, "METHOD_NOT_FOUND"),
        ),
        (request("/", Bytes::new()), is(Code::Unimplemented, "METHOD_NOT_FOUND")),
        (request(HEALTH, framed(0, &[0; 1_001])), is(Code::ResourceExhausted, "MESSAGE_TOO_LARGE")),
        (request(HEALTH, framed(0, b"\xff\xff")), is(Code::InvalidArgument, "MALFORMED_MESSAGE")),
        (request(HEALTH, Bytes::new()), is(Code::InvalidArgument, "MALFORMED_MESSAGE")),
        (
            request(HEALTH, framed(0, b"cut off").slice(..8)),
            is(Code::InvalidArgument, "MALFORMED_MESSAGE"),
        ),
        (request(HEALTH, framed(1, &check)), is(Code::Internal, "PROTOCOL_ERROR")),
        (request(HEALTH, framed(7, &check)), is(Code::Internal, "PROTOCOL_ERROR")),
    ] {
        let path = request.uri().path().to_owned();
        assert_eq!(end_of(&server, request).await, expected, "{path}");
    }
}

#[tokio::test]
async fn unknown_compression_says_which_is_known() {
    let mut request = request(HEALTH, framed(1, b"?"));
    request.headers_mut().insert("grpc-encoding", "snappy".parse().unwrap());
    let Ok(answer) = server(succeeds).oneshot(request).await;
    let status = Status::from_header_map(answer.headers()).unwrap();
    assert_eq!(status.code(), Code::Unimplemented);
    assert_eq!(reason(&status), "COMPRESSION_NOT_SUPPORTED");
    assert_eq!(answer.headers()["grpc-accept-encoding"], "identity");
    assert_eq!(answer.headers()["content-type"], "application/grpc");
}

#[tokio::test]
async fn a_compressed_message_counts_decompressed() {
    let encoded = tonic::codec::CompressionEncoding::Gzip;
    let health = Health::new().service(Domain::Channel, &[]);
    let routes = Routes::new(health.accept_compressed(encoded).max_decoding_message_size(1_000));
    let methods = Methods::of(&[]).unwrap();
    let server = Layers::new(Domain::Channel, methods, 1, Duration::from_secs(1)).layer(routes);
    // 2,000 zero bytes, gzipped.
    let gzipped =
        hex::decode("1f8b0800171f006b02ff63601805a360148c8251300a46c150070044f4c902d0070000");
    for (body, expected) in [
        (gzipped.ok(), is(Code::ResourceExhausted, "MESSAGE_TOO_LARGE")),
        (Some(b"no gzip".to_vec()), is(Code::InvalidArgument, "MALFORMED_MESSAGE")),
    ] {
        let mut request = request(HEALTH, framed(1, &body.unwrap()));
        request.headers_mut().insert("grpc-encoding", "gzip".parse().unwrap());
        assert_eq!(end_of(&server, request).await, expected);
    }
}

#[tokio::test]
async fn an_error_at_the_end_of_a_stream_is_rewritten_too() {
    let server = server(|_| {
        let mut trailers = http::HeaderMap::new();
        trailers.insert("grpc-status", "2".parse().unwrap());
        trailers.insert("grpc-message", "driver%20text".parse().unwrap());
        let frames = [
            Ok::<_, Status>(http_body::Frame::data(framed(0, b""))),
            Ok(http_body::Frame::trailers(trailers)),
        ];
        let body = Body::new(StreamBody::new(futures::stream::iter(frames)));
        Box::pin(ready(Response::new(body)))
    });
    assert_eq!(end_of(&server, request(GET, Bytes::new())).await, is(Code::Internal, "INTERNAL"));
}

#[tokio::test]
async fn our_own_answers_pass_unchanged() {
    let server = server(|_| {
        let status = crate::server::status::status(&crate::domain::error::Error::EtagMismatch);
        Box::pin(ready(status.into_http()))
    });
    assert_eq!(
        end_of(&server, request(GET, Bytes::new())).await,
        is(Code::Aborted, "ETAG_MISMATCH")
    );
}

#[tokio::test(start_paused = true)]
async fn handlers_know_their_deadline_and_are_held_to_it() {
    let server = server(|request| {
        let left = request.extensions().get::<Deadline>().map(|deadline| deadline.time_left());
        assert_eq!(left, Some(Duration::from_millis(380)));
        Box::pin(pending())
    });
    let mut request = request(GET, Bytes::new());
    request.headers_mut().insert("grpc-timeout", "400m".parse().unwrap());
    let end = tokio::time::timeout(Duration::from_millis(381), end_of(&server, request)).await;
    assert_eq!(end.unwrap(), is(Code::DeadlineExceeded, "DEADLINE_EXCEEDED"));
}

#[tokio::test(start_paused = true)]
async fn a_call_without_deadline_ends_and_gives_its_place_back() {
    let server = server(|_| Box::pin(pending()));
    for _ in 0..3 {
        let end = end_of(&server, request(GET, Bytes::new())).await;
        assert_eq!(end, is(Code::DeadlineExceeded, "DEADLINE_EXCEEDED"));
    }
}

#[tokio::test]
async fn a_panic_ends_its_call_only() {
    let server = server(|request| {
        if request.headers().contains_key("panic") {
            Box::pin(async { panic!("on purpose") })
        } else {
            succeeds(request)
        }
    });
    let mut bad = request(GET, Bytes::new());
    bad.headers_mut().insert("panic", "yes".parse().unwrap());
    assert_eq!(end_of(&server, bad).await, is(Code::Internal, "INTERNAL"));
    let Ok(answer) = server.clone().oneshot(request(GET, Bytes::new())).await;
    assert!(answer.extensions().get::<End>().is_none());
    assert!(!answer.headers().contains_key("grpc-status"));
}

fn metrics_of(lines: &PrometheusHandle, containing: &str) -> Vec<String> {
    let mut found: Vec<_> = lines
        .render()
        .lines()
        .filter(|line| !line.starts_with('#') && line.contains(containing))
        .map(str::to_owned)
        .collect();
    found.sort();
    found
}

#[tokio::test]
async fn every_end_of_a_call_is_counted_and_names_are_bounded() {
    let recorder = telemetry::recorder().unwrap();
    let _local = metrics::set_default_local_recorder(&recorder);
    let server = server(|request| match request.headers().get("x-request-id") {
        Some(_) => Box::pin(pending()),
        None => succeeds(request),
    });
    let lines = recorder.handle();
    let watched = metrics_of(&lines, "csu_rpc_requests_total{service=\"commerce.channel.v1.C");
    assert!(watched.iter().any(|line| line.contains("GetCustomer\",code=\"INTERNAL\"} 0")));

    for path in ["/made.up/Name1", "/made.up/Name2", "/grpc.health.v1.Health/None"] {
        end_of(&server, request(path, Bytes::new())).await;
    }
    assert_eq!(
        metrics_of(&lines, "code=\"UNIMPLEMENTED\""),
        ["csu_rpc_requests_total{service=\"unknown\",method=\"unknown\",code=\"UNIMPLEMENTED\"} 3"]
    );

    let mut waiting = request(GET, Bytes::new());
    waiting.headers_mut().insert("x-request-id", "till-7".parse().unwrap());
    let mut dropped = server.clone().oneshot(waiting);
    assert!(futures::poll!(&mut dropped).is_pending());
    let in_flight =
        "csu_rpc_in_flight{service=\"commerce.channel.v1.CustomerService\",method=\"GetCustomer\"}";
    assert_eq!(metrics_of(&lines, in_flight), [format!("{in_flight} 1")]);
    let end = end_of(&server, request(GET, Bytes::new())).await;
    assert_eq!(end, is(Code::ResourceExhausted, "OVERLOADED"));
    drop(dropped);
    assert_eq!(metrics_of(&lines, in_flight), [format!("{in_flight} 0")]);
    for (code, expected) in [("CANCELLED", "1"), ("RESOURCE_EXHAUSTED", "1")] {
        let counted = metrics_of(&lines, &format!("GetCustomer\",code=\"{code}\""));
        assert!(counted[0].ends_with(expected), "{counted:?}");
    }
    let durations = metrics_of(&lines, "csu_rpc_duration_seconds_count");
    assert!(durations.iter().any(|line| line.contains("GetCustomer") && line.ends_with('2')));
}
