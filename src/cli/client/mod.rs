//! Calls of a running unit.

mod failure;
mod refusal;

use std::time::Duration;

use tonic::{
    Request, Response, Status,
    transport::{Channel, Endpoint},
};

pub use crate::cli::client::failure::CallError;
use crate::cli::settings::ClientSettings;

/// Most bytes of an answer: a page of 100 customers with 100 addresses each, with room.
pub const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// A connection to a unit.
pub struct Connection {
    pub channel: Channel,
    server: String,
    timeout: Duration,
}

impl Connection {
    /// Connects, within the timeout.
    pub async fn open(settings: &ClientSettings) -> Result<Self, CallError> {
        let server = settings.server.to_string().trim_end_matches('/').to_owned();
        let endpoint = Endpoint::from(settings.server.clone());
        let connected = tokio::time::timeout(settings.timeout, endpoint.connect()).await;
        let reason = match connected {
            Ok(Ok(channel)) => return Ok(Self { channel, server, timeout: settings.timeout }),
            Ok(Err(error)) => refusal::innermost(&error),
            Err(_) => {
                format!("no connection within {}", humantime::format_duration(settings.timeout))
            }
        };
        Err(CallError::NotConnected { server, reason })
    }

    /// Waits for an answer to `message`, within the timeout.
    pub async fn call<M, A>(
        &self,
        message: M,
        rpc: impl AsyncFnOnce(Request<M>) -> Result<Response<A>, Status>,
    ) -> Result<A, CallError> {
        let mut request = Request::new(message);
        request.set_timeout(self.timeout);
        rpc(request).await.map(Response::into_inner).map_err(|status| CallError::Refused {
            server: self.server.clone(),
            timeout: self.timeout,
            request_id: None,
            refusal: status.into(),
        })
    }
}
