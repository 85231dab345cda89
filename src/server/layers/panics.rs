//! A panic while a call is handled is a defect of ours, and that call's end only: other calls and
//! the process go on. (So the program must not be built with `panic = "abort"`.)

use std::{future::Future, panic::AssertUnwindSafe};

use futures::FutureExt as _;
use http::Response;
use tonic::body::Body;

use crate::{
    domain::error::Error,
    server::status::{Domain, status_of},
};

/// Answers `INTERNAL` when `answer` panics. The payload may quote what a customer typed and is
/// dropped; where it was is in the log by the hook that `telemetry` installs.
pub(super) async fn caught(
    domain: Domain,
    answer: impl Future<Output = Response<Body>> + Send,
) -> Response<Body> {
    // What a panic may leave half done is dropped with the future: a call shares nothing but what
    // is behind locks and channels.
    AssertUnwindSafe(answer).catch_unwind().await.unwrap_or_else(|_payload| {
        tracing::error!("the handler of a call has panicked");
        status_of(domain, &Error::Internal).into_http()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::status::foreign::rewrite;

    #[tokio::test]
    async fn a_panic_becomes_internal_without_its_text() {
        let panics = async { panic!("no such field: anders@contoso.com") };
        let mut answer = caught(Domain::Channel, panics).await;
        assert!(!format!("{:?}", answer.headers()).contains("contoso"));
        let end = rewrite(Domain::Channel, answer.headers_mut()).unwrap();
        assert_eq!(end.reason, "INTERNAL");
    }
}
