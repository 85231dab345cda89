//! Callers' deadlines. tonic keeps them too, around everything of ours, but says `CANCELLED` when
//! one has passed, which means to a client that *it* has cancelled. So ours ends a little earlier
//! and says `DEADLINE_EXCEEDED`.

use std::{future::Future, time::Duration};

use http::{HeaderMap, Response};
use tonic::body::Body;

use crate::{
    domain::error::Error,
    runtime::clock::Deadline,
    server::{
        methods::Kind,
        status::{Domain, status_of},
    },
};

const GRPC_TIMEOUT: &str = "grpc-timeout";
/// How much earlier than the caller we stop, so that the answer still arrives: 5 % of its time …
const MARGIN_DIVISOR: u32 = 20;
/// … and at most so much, which is plenty for a round trip between shops and their region.
const MAX_MARGIN: Duration = Duration::from_millis(20);

/// When a call has to be answered. A caller without a deadline has `default` for a unary call, and
/// no end for a stream, which is meant to go on.
pub(super) fn of_call(headers: &HeaderMap, kind: Kind, default: Duration) -> Option<Deadline> {
    match (timeout(headers), kind) {
        (Some(timeout), _) => {
            let margin = (timeout / MARGIN_DIVISOR).min(MAX_MARGIN);
            Some(Deadline::after(timeout.saturating_sub(margin)))
        }
        (None, Kind::Unary) => Some(Deadline::after(default)),
        (None, Kind::Streaming | Kind::Infrastructure) => None,
    }
}

/// Answers `DEADLINE_EXCEEDED` when `deadline` passes before there is an answer. Of a stream it
/// bounds the wait for its beginning; the client ends it.
pub(super) async fn kept(
    domain: Domain,
    deadline: Option<Deadline>,
    answer: impl Future<Output = Response<Body>> + Send,
) -> Response<Body> {
    let Some(deadline) = deadline else {
        return answer.await;
    };
    // Nothing is begun that nobody waits for.
    if !deadline.has_passed()
        && let Ok(answer) = tokio::time::timeout_at(deadline.instant(), answer).await
    {
        return answer;
    }
    status_of(domain, &Error::DeadlineExceeded).into_http()
}

/// Reads `grpc-timeout`: at most 8 digits and a unit. What can't be read counts as absent, as it
/// does to tonic.
fn timeout(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(GRPC_TIMEOUT)?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let value = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_hours(value)),
        "M" => Some(Duration::from_mins(value)),
        "S" => Some(Duration::from_secs(value)),
        "m" => Some(Duration::from_millis(value)),
        "u" => Some(Duration::from_micros(value)),
        "n" => Some(Duration::from_nanos(value)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tonic::Code;

    use super::*;
    use crate::server::status::foreign::rewrite;

    fn headers(timeout: &str) -> HeaderMap {
        HeaderMap::from_iter([(GRPC_TIMEOUT.parse().unwrap(), timeout.parse().unwrap())])
    }

    #[test]
    fn timeouts_are_read_as_the_specification_writes_them() {
        for (text, expected) in [
            ("2H", Some(Duration::from_hours(2))),
            ("3M", Some(Duration::from_mins(3))),
            ("42S", Some(Duration::from_secs(42))),
            ("13m", Some(Duration::from_millis(13))),
            ("7u", Some(Duration::from_micros(7))),
            ("9n", Some(Duration::from_nanos(9))),
            ("0m", Some(Duration::ZERO)),
            ("99999999H", Some(Duration::from_hours(99_999_999))),
            ("123456789m", None),
            ("12", None),
            ("m", None),
            ("", None),
            ("+1m", None),
            ("-1m", None),
            ("1.5S", None),
            ("1 S", None),
        ] {
            assert_eq!(timeout(&headers(text)), expected, "{text:?}");
        }
        assert_eq!(timeout(&HeaderMap::new()), None);
    }

    #[tokio::test(start_paused = true)]
    async fn only_unary_calls_without_a_deadline_get_one() {
        let default = Duration::from_secs(10);
        let left =
            |headers: &HeaderMap, kind| of_call(headers, kind, default).map(Deadline::time_left);
        assert_eq!(left(&HeaderMap::new(), Kind::Unary), Some(default));
        assert_eq!(left(&HeaderMap::new(), Kind::Streaming), None);
        assert_eq!(left(&HeaderMap::new(), Kind::Infrastructure), None);
        for kind in [Kind::Unary, Kind::Streaming, Kind::Infrastructure] {
            assert_eq!(left(&headers("100m"), kind), Some(Duration::from_millis(95)));
            assert_eq!(left(&headers("60S"), kind), Some(Duration::from_millis(59_980)));
        }
    }

    /// tonic's `GrpcTimeout` polls the service and then its timer, as `tokio::time::timeout` does.
    #[tokio::test(start_paused = true)]
    async fn we_are_always_faster_than_tonic() {
        for text in ["0n", "1n", "1u", "999u", "1m", "2m", "3m", "50m", "1S", "10S", "1H"] {
            let headers = headers(text);
            let deadline = of_call(&headers, Kind::Unary, Duration::from_secs(10));
            let ours = kept(Domain::Channel, deadline, pending());
            let answer = tokio::time::timeout(timeout(&headers).unwrap(), ours).await;
            let mut answer = answer.unwrap_or_else(|_| panic!("tonic was faster at {text}"));
            let end = rewrite(Domain::Channel, answer.headers_mut()).unwrap();
            assert_eq!(
                (end.code, end.reason.as_str()),
                (Code::DeadlineExceeded, "DEADLINE_EXCEEDED")
            );
        }
    }
}
