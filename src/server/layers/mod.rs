//! What happens to every call around its handler. The layers are plain async functions over the
//! answer to come, put around each other in one place ([`Around::call`]): one box a call, and an
//! order that can be read.

pub mod admission;
pub mod deadline;
pub mod observe;
pub mod panics;

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::{Request, Response};
use tonic::body::Body;
use tower::{Layer, Service};

use crate::server::{
    layers::{
        admission::Admission,
        observe::{Observation, Observed, observed},
    },
    methods::Methods,
    status::{Domain, foreign},
};

/// What the layers of a server share, and the tower layer that puts them around its services.
#[derive(Debug, Clone)]
pub struct Layers(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    domain: Domain,
    methods: Methods,
    admission: Admission,
    default_deadline: Duration,
}

/// Services with the layers around them.
#[derive(Debug, Clone)]
pub struct Around<S> {
    services: S,
    layers: Layers,
}

impl Layers {
    /// Layers that answer for `domain`, let `concurrent_calls` run at once and give a unary call
    /// whose caller sets no deadline `default_deadline`.
    #[must_use]
    pub fn new(
        domain: Domain,
        methods: Methods,
        concurrent_calls: usize,
        default_deadline: Duration,
    ) -> Self {
        let admission = Admission::new(concurrent_calls);
        Self(Arc::new(Shared { domain, methods, admission, default_deadline }))
    }
}

impl<S> Layer<S> for Layers {
    type Service = Around<S>;

    fn layer(&self, services: S) -> Around<S> {
        Around { services, layers: self.clone() }
    }
}

impl<S> Service<Request<Body>> for Around<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response<Observed>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Observed>, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.services.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let Layers(shared) = self.layers.clone();
        let observation = Observation::begin(&shared.methods, &request);
        let kind = observation.method().kind;
        let deadline = deadline::of_call(request.headers(), kind, shared.default_deadline);
        if let Some(deadline) = deadline {
            request.extensions_mut().insert(deadline);
        }
        let inner = self.services.call(request);
        Box::pin(async move {
            let domain = shared.domain;
            let handled = async {
                let Ok(answer) = inner.await;
                answer
            };
            // The order of the layers, outermost first:
            Ok(observed(
                // Counts and logs every answer as the caller gets it, also those that other layers
                // make.
                domain,
                observation,
                in_our_words(
                    // Sees what tonic answers by itself, and nothing leaves without passing it.
                    domain,
                    panics::caught(
                        // Around all that can panic, so that a panic is the end of one call and no
                        // more.
                        domain,
                        shared.admission.admitted(
                            // A full unit says so at once, before any work and any timer.
                            domain,
                            kind,
                            // Next to the handler: a call that is out of time gives its place back.
                            deadline::kept(domain, deadline, handled),
                        ),
                    ),
                ),
            )
            .await)
        })
    }
}

/// Rewrites the head of an answer that tonic made, and leaves what it says for [`observed`].
/// [`Observed`] does so for errors at the end of a body.
async fn in_our_words(
    domain: Domain,
    answer: impl Future<Output = Response<Body>> + Send,
) -> Response<Body> {
    let mut answer = answer.await;
    if let Some(end) = foreign::rewrite(domain, answer.headers_mut()) {
        answer.extensions_mut().insert(end);
    }
    answer
}

#[cfg(test)]
mod tests;
