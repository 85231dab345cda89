//! How many calls run at once. More would wait in the writer's queue or for a connection until
//! their deadlines pass; a unit that is full says so instead, while the caller can still go
//! elsewhere.

use std::future::Future;

use http::Response;
use tokio::sync::Semaphore;
use tonic::body::Body;

use crate::{
    domain::error::Error,
    server::{
        methods::Kind,
        status::{Domain, status_of},
    },
};

/// The places of a unit.
#[derive(Debug)]
pub struct Admission(Semaphore);

impl Admission {
    pub(super) fn new(places: usize) -> Self {
        Self(Semaphore::new(places.min(Semaphore::MAX_PERMITS)))
    }

    /// Answers `OVERLOADED` at once if no place is free. A call keeps its place until its answer
    /// begins: a stream that goes on for hours is bounded by its connection's limits instead.
    /// Health and reflection need none, as a full unit is not a sick one.
    pub(super) async fn admitted(
        &self,
        domain: Domain,
        kind: Kind,
        answer: impl Future<Output = Response<Body>> + Send,
    ) -> Response<Body> {
        if kind == Kind::Infrastructure {
            return answer.await;
        }
        match self.0.try_acquire() {
            Ok(_place) => answer.await,
            Err(_full) => status_of(domain, &Error::Overloaded).into_http(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use futures::{FutureExt as _, poll};

    use super::*;
    use crate::server::status::foreign::rewrite;

    fn reason(mut answer: Response<Body>) -> Option<String> {
        rewrite(Domain::Channel, answer.headers_mut()).map(|end| end.reason)
    }

    #[tokio::test]
    async fn a_full_unit_refuses_and_health_still_answers() {
        let admission = Admission::new(1);
        let call = |kind| admission.admitted(Domain::Channel, kind, ready(Response::default()));

        let mut running = Box::pin(admission.admitted(Domain::Channel, Kind::Unary, pending()));
        assert!(poll!(&mut running).is_pending());
        for kind in [Kind::Unary, Kind::Streaming] {
            let refused = call(kind).now_or_never().expect("a refusal waits for nothing");
            assert_eq!(reason(refused).as_deref(), Some("OVERLOADED"));
        }
        assert_eq!(reason(call(Kind::Infrastructure).await), None);

        drop(running);
        assert_eq!(reason(call(Kind::Unary).await), None);
    }
}
