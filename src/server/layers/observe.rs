//! Metrics and one log line for every call, whatever its end: answered, refused, panicked, or
//! dropped because its caller has gone. Never bodies, names, phones or e-mail addresses; paths only
//! of methods that don't exist.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Frame, SizeHint};
use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};
use tokio::time::Instant;
use tonic::{Code, Status, body::Body};

use crate::{
    runtime::clock::monotonic,
    server::{
        methods::{Kind, Method, Methods},
        status::{
            Domain, code_name,
            foreign::{End, rewrite},
        },
    },
};

/// Counts calls by service, method and code.
pub const REQUESTS: &str = "csu_rpc_requests_total";
/// Seconds from a unary call's head to the end of its answer, by service and method.
pub const DURATION: &str = "csu_rpc_duration_seconds";
/// Calls that run now, by service and method.
pub const IN_FLIGHT: &str = "csu_rpc_in_flight";

/// Header with an id by which a caller finds its call in our log.
const REQUEST_ID: &str = "x-request-id";
/// Most bytes of what a caller may put into the log.
const MAX_LOGGED: usize = 100;
/// Codes that alerts watch: their counters exist from the start, so that the first error is an
/// increase.
const WATCHED: [Code; 5] =
    [Code::Ok, Code::DeadlineExceeded, Code::ResourceExhausted, Code::Internal, Code::Unavailable];

/// The metrics of one method.
#[derive(Debug)]
pub struct Meters {
    watched: [Counter; WATCHED.len()],
    duration: Histogram,
    in_flight: Gauge,
}

impl Meters {
    pub(in crate::server) fn new(service: &Arc<str>, method: &Arc<str>, kind: Kind) -> Self {
        let labels = [("service", Arc::clone(service)), ("method", Arc::clone(method))];
        Self {
            watched: WATCHED.map(|code| requests(service, method, code)),
            // A stream's duration says how long someone listened.
            duration: match kind {
                Kind::Unary => histogram!(DURATION, &labels),
                Kind::Streaming | Kind::Infrastructure => Histogram::noop(),
            },
            in_flight: gauge!(IN_FLIGHT, &labels),
        }
    }
}

fn requests(service: &Arc<str>, method: &Arc<str>, code: Code) -> Counter {
    counter!(
        REQUESTS,
        "service" => Arc::clone(service),
        "method" => Arc::clone(method),
        "code" => code_name(code)
    )
}

/// One call that is under way. Dropped without an end, it was cancelled.
#[derive(Debug)]
pub struct Observation {
    method: Arc<Method>,
    started: Instant,
    x_request_id: Option<String>,
    /// Of a method that isn't served, to see who calls what.
    path: Option<String>,
    ended: bool,
}

impl Observation {
    pub(super) fn begin(methods: &Methods, request: &Request<Body>) -> Self {
        let path = request.uri().path();
        let known = methods.known(path);
        let method = Arc::clone(known.unwrap_or_else(|| methods.unknown()));
        method.meters.in_flight.increment(1.0);
        Self {
            method,
            started: monotonic(),
            x_request_id: request.headers().get(REQUEST_ID).and_then(|id| loggable(id.as_bytes())),
            path: if known.is_some() { None } else { loggable(path.as_bytes()) },
            ended: false,
        }
    }

    pub(super) fn method(&self) -> &Method {
        &self.method
    }

    fn end(&mut self, code: Code, reason: &str) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        let Method { service, name, meters, kind } = &*self.method;
        let duration = monotonic() - self.started;
        meters.in_flight.decrement(1.0);
        meters.duration.record(duration);
        match WATCHED.iter().position(|watched| *watched == code) {
            Some(position) => meters.watched[position].increment(1),
            None => requests(service, name, code).increment(1),
        }
        self.log(code_name(code), reason, duration, *kind == Kind::Infrastructure);
    }

    fn log(&self, code: &'static str, reason: &str, duration: Duration, is_infrastructure: bool) {
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    target: "csu::access",
                    service = &*self.method.service,
                    method = &*self.method.name,
                    code,
                    // Absent rather than empty.
                    reason = (!reason.is_empty()).then_some(reason),
                    // To the microsecond: more digits are noise.
                    duration_ms = (duration.as_secs_f64() * 1_000_000.0).round() / 1_000.0,
                    x_request_id = self.x_request_id,
                    path = self.path,
                    "call"
                )
            };
        }
        if is_infrastructure {
            line!(debug);
        } else {
            line!(info);
        }
    }
}

impl Drop for Observation {
    fn drop(&mut self) {
        self.end(Code::Cancelled, "CALLER_GONE");
    }
}

/// What a caller sent, if it looks like an id or the name of a method. Anything else might be a
/// person's.
fn loggable(bytes: &[u8]) -> Option<String> {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_./".contains(byte);
    (bytes.len() <= MAX_LOGGED && bytes.iter().all(plain))
        .then(|| String::from_utf8_lossy(bytes).into_owned())
}

/// Observes the end of the call that `answer` answers: in its head if it is an error, else in its
/// trailers.
pub(super) async fn observed(
    domain: Domain,
    mut observation: Observation,
    answer: impl Future<Output = Response<Body>> + Send,
) -> Response<Observed> {
    let mut answer = answer.await;
    // Left there by the layer that has read it.
    if let Some(end) = answer.extensions_mut().remove::<End>() {
        observation.end(end.code, &end.reason);
    }
    answer.map(|body| Observed { domain, body, observation })
}

/// A body whose trailers end the observation; an error in them that tonic made is put into our
/// words.
#[derive(Debug)]
pub struct Observed {
    domain: Domain,
    body: Body,
    observation: Observation,
}

impl http_body::Body for Observed {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let mut frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        match &mut frame {
            Some(Ok(frame)) => {
                if let Some(trailers) = frame.trailers_mut()
                    && let Some(end) = rewrite(self.domain, trailers)
                {
                    self.observation.end(end.code, &end.reason);
                }
            }
            // Not in tonic's way of ending a body: the caller can't tell what happened.
            None => self.observation.end(Code::Internal, "NO_TRAILERS"),
            Some(Err(status)) => self.observation.end(status.code(), "BODY_FAILED"),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Mutex, PoisonError},
    };

    use super::*;
    use crate::server::telemetry::{LogFormat, subscriber};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is logged at info of a call of `path` by a caller with `id`.
    fn logged(path: &str, id: &str, end: impl FnOnce(Observation)) -> serde_json::Value {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = subscriber(LogFormat::Json, "info", move || writer.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, || {
            let methods = Methods::of(&["commerce.channel.v1.CustomerService"]).unwrap();
            let request = Request::get(path).header(REQUEST_ID, id).body(Body::empty()).unwrap();
            end(Observation::begin(&methods, &request));
        });
        let lines = lines.0.lock().unwrap();
        serde_json::from_slice(&lines).unwrap_or_default()
    }

    #[test]
    fn a_line_says_what_happened_and_nothing_of_anyone() {
        let get = "/commerce.channel.v1.CustomerService/GetCustomer";
        let line =
            logged(get, "till-7.42", |mut call| call.end(Code::NotFound, "ADDRESS_NOT_FOUND"));
        for (field, value) in [
            ("level", "INFO"),
            ("target", "csu::access"),
            ("service", "commerce.channel.v1.CustomerService"),
            ("method", "GetCustomer"),
            ("code", "NOT_FOUND"),
            ("reason", "ADDRESS_NOT_FOUND"),
            ("x_request_id", "till-7.42"),
        ] {
            assert_eq!(line[field], value, "{line}");
        }
        assert!(line["duration_ms"].is_f64() && line.get("path").is_none(), "{line}");

        let line = logged(get, "anders@contoso.com", drop);
        assert_eq!((&line["code"], &line["reason"]), (&"CANCELLED".into(), &"CALLER_GONE".into()));
        assert!(line.get("x_request_id").is_none(), "{line}");

        let line = logged("/v1/customers", "", |mut call| call.end(Code::Unimplemented, ""));
        assert_eq!(line["path"], "/v1/customers");
        assert_eq!((&line["service"], &line["method"]), (&"unknown".into(), &"unknown".into()));
        let line = logged("/v1/+15551234567", "", |mut call| call.end(Code::Ok, ""));
        assert!(line.get("path").is_none() && line.get("reason").is_none(), "{line}");
    }

    #[test]
    fn health_is_no_news() {
        let health = logged("/grpc.health.v1.Health/Check", "", |mut call| call.end(Code::Ok, ""));
        assert!(health.is_null(), "{health}");
    }
}
