//! Calls of `RealtimeService`.

use std::time::Duration;

use http::Uri;
use tonic::{
    Request, Response, Status,
    transport::{Channel, Endpoint},
};

use crate::{
    channel::realtime::{CallError, Failure, Remembered, failure::is_closing},
    domain::{
        base::Base,
        id::RequestId,
        origin::Origin,
        revision::Draft,
        write::{Command, Method, Write},
    },
    proto::{
        exchange::CustomerRow,
        headquarters::{
            AddAddressRequest, CreateCustomerRequest, LookupRequestRequest, PerformedRequest,
            UpdateCustomerRequest, realtime_service_client::RealtimeServiceClient,
        },
    },
    runtime::clock::Deadline,
    wire::{self, Malformed},
};

/// Longest wait for a connection. A call waits no longer than its budget anyway.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// How often a silent headquarters is asked whether it is there …
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(20);
/// … and how long it may take to answer before the connection is given up.
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(5);
/// Most bytes of an answer: a customer with 100 addresses, each as long as it may be, with room.
const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// The connection to headquarters that everything in a unit shares. It is made when it is first needed, and anew
/// after it broke.
#[derive(Debug, Clone)]
pub struct Connection(Channel);

pub(super) struct Client {
    service: RealtimeServiceClient<Channel>,
    origin: Origin,
}

impl Connection {
    pub fn lazy(headquarters: Uri) -> Self {
        let endpoint = Endpoint::from(headquarters)
            .connect_timeout(CONNECT_LIMIT)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(KEEPALIVE_INTERVAL)
            .keep_alive_timeout(KEEPALIVE_TIMEOUT)
            .keep_alive_while_idle(true);
        Self(endpoint.connect_lazy())
    }

    pub fn channel(&self) -> Channel {
        self.0.clone()
    }
}

impl Client {
    pub(super) fn new(connection: &Connection, origin: Origin) -> Self {
        let service = RealtimeServiceClient::new(connection.channel())
            .max_decoding_message_size(MAX_ANSWER_BYTES);
        Self { service, origin }
    }

    pub(super) async fn perform(
        &self,
        write: &Write,
        draft: &Draft,
        budget: Duration,
    ) -> Result<Base, CallError> {
        let origin = Some(wire::origin_message(self.origin));
        let revision = Some(wire::revision(write, draft));
        let row = match &write.command {
            Command::CreateCustomer(_) => {
                let message = CreateCustomerRequest { origin, revision };
                self.call(budget, message, async |mut service, request| {
                    service.create_customer(request).await
                })
                .await?
                .customer
            }
            Command::UpdateCustomer { etag, .. } => {
                let require_unchanged = etag.is_some();
                let message = UpdateCustomerRequest { origin, revision, require_unchanged };
                self.call(budget, message, async |mut service, request| {
                    service.update_customer(request).await
                })
                .await?
                .customer
            }
            Command::AddAddress { .. } => {
                let message = AddAddressRequest { origin, revision };
                self.call(budget, message, async |mut service, request| {
                    service.add_address(request).await
                })
                .await?
                .customer
            }
        };
        Ok(contains(row, write)?)
    }

    pub(super) async fn look_up(
        &self,
        id: RequestId,
        budget: Duration,
    ) -> Result<Option<Remembered>, CallError> {
        let origin = Some(wire::origin_message(self.origin));
        let message = LookupRequestRequest { request_id: id.to_string(), origin };
        let answer = self
            .call(budget, message, async |mut service, request| {
                service.lookup_request(request).await
            })
            .await?;
        Ok(answer.performed.map(remembered).transpose()?)
    }

    /// One call within the budget. If headquarters was just closing the connection, it is repeated on a new one:
    /// the request id makes that the same write.
    async fn call<M: Clone, A>(
        &self,
        budget: Duration,
        message: M,
        rpc: impl AsyncFn(RealtimeServiceClient<Channel>, Request<M>) -> Result<Response<A>, Status>,
    ) -> Result<A, CallError> {
        let end = Deadline::after(budget);
        let attempt = async |message: M| {
            let mut request = Request::new(message);
            request.set_timeout(end.time_left());
            rpc(self.service.clone(), request).await
        };
        let answered = tokio::time::timeout_at(end.instant(), async {
            match attempt(message.clone()).await {
                Err(status) if is_closing(&status) => attempt(message).await,
                answer => answer,
            }
        });
        match answered.await {
            Ok(Ok(answer)) => Ok(answer.into_inner()),
            Ok(Err(status)) => Err(CallError::from(&status)),
            Err(_) => Err(CallError::Communication(Failure::Timeout)),
        }
    }
}

/// The customer that headquarters has answered, if that can be what it made of the write.
fn contains(row: Option<CustomerRow>, write: &Write) -> Result<Base, Malformed> {
    let base = wire::base(row.ok_or(Malformed("customer"))?)?;
    if base.customer.id != write.customer_id {
        return Err(Malformed("customer.id"));
    }
    let has = |id| base.customer.addresses.iter().any(|address| address.id == id);
    match &write.command {
        Command::CreateCustomer(_) if base.customer.created_by != write.request_id => {
            Err(Malformed("customer.created_by"))
        }
        Command::AddAddress { id, .. } if !has(*id) => Err(Malformed("customer.addresses")),
        _ => Ok(base),
    }
}

fn remembered(performed: PerformedRequest) -> Result<Remembered, Malformed> {
    Ok(Remembered {
        request_hash: performed
            .request_hash
            .try_into()
            .map_err(|_| Malformed("performed.request_hash"))?,
        method: Method::from_name(&performed.method).ok_or(Malformed("performed.method"))?,
        decision: wire::decision(performed.decision)?,
        base: wire::base(performed.customer.ok_or(Malformed("performed.customer"))?)?,
    })
}
