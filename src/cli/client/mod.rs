//! Calls of a running process: a unit or headquarters.

mod failure;
mod refusal;

use std::time::Duration;

use http::Uri;
use tonic::{
    Code, Request, Response, Status, Streaming,
    transport::{Channel, Endpoint},
};

pub use crate::cli::client::{
    failure::{CallError, Callee},
    refusal::Refusal,
};

/// Most bytes of an answer: a page of 100 customers with 100 addresses each, with room.
pub const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// A connection to a running process.
pub struct Connection {
    pub channel: Channel,
    server: String,
    timeout: Duration,
}

impl Connection {
    /// Connects, within the timeout.
    pub async fn open(callee: Callee, server: &Uri, timeout: Duration) -> Result<Self, CallError> {
        let endpoint = Endpoint::from(server.clone());
        let server = server.to_string().trim_end_matches('/').to_owned();
        let connected = tokio::time::timeout(timeout, endpoint.connect()).await;
        let reason = match connected {
            Ok(Ok(channel)) => return Ok(Self { channel, server, timeout }),
            Ok(Err(error)) => refusal::innermost(&error),
            Err(_) => {
                format!("no connection within {}", humantime::format_duration(timeout))
            }
        };
        Err(CallError::NotConnected { callee, server, reason })
    }

    /// Waits for an answer to `message`, within the timeout.
    pub async fn call<M, A>(
        &self,
        message: M,
        rpc: impl AsyncFnOnce(Request<M>) -> Result<Response<A>, Status>,
    ) -> Result<A, CallError> {
        let mut request = Request::new(message);
        request.set_timeout(self.timeout);
        let answer = rpc(request).await.map(Response::into_inner);
        answer.map_err(|status| self.refused(status.into()))
    }

    /// Waits for the next answer of a stream, within the timeout; `None`: there is no more.
    pub async fn next<A>(&self, answers: &mut Streaming<A>) -> Result<Option<A>, CallError> {
        match tokio::time::timeout(self.timeout, answers.message()).await {
            Ok(answer) => answer.map_err(|status| self.refused(status.into())),
            Err(_) => Err(self.refused(Refusal::new(Code::DeadlineExceeded))),
        }
    }

    /// The same for answers that may take so much longer.
    #[must_use]
    pub fn patient(self, longer: Duration) -> Self {
        Self { timeout: self.timeout + longer, ..self }
    }

    pub fn refused(&self, refusal: Refusal) -> CallError {
        CallError::refused(&self.server, self.timeout, refusal)
    }
}
