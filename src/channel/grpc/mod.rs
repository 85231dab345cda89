//! The gRPC face of a scale unit: each method converts, calls one operation and converts back.

mod channel;
mod convert;
mod customers;

use std::sync::Arc;

use tonic::Extensions;

use crate::{
    channel::operations::{Context, Unit},
    domain::caller::Caller,
    proto::channel::{
        channel_service_server::ChannelServiceServer,
        customer_service_server::CustomerServiceServer,
    },
    runtime::clock::Deadline,
};

/// `CustomerService`, with the most bytes of a request.
pub fn customer_service(
    unit: Arc<Unit>,
    message_bytes: usize,
) -> CustomerServiceServer<customers::Customers> {
    CustomerServiceServer::new(customers::Customers(unit)).max_decoding_message_size(message_bytes)
}

/// `ChannelService`, with the most bytes of a request.
pub fn channel_service(
    unit: Arc<Unit>,
    message_bytes: usize,
) -> ChannelServiceServer<channel::Channel> {
    ChannelServiceServer::new(channel::Channel(unit)).max_decoding_message_size(message_bytes)
}

/// On whose behalf a call runs, and until when: the layers have put it there.
fn context(extensions: &Extensions, unit: &Unit) -> Context {
    Context {
        caller: Caller::anonymous(),
        deadline: extensions
            .get::<Deadline>()
            .copied()
            .unwrap_or_else(|| Deadline::after(unit.call_budget.headquarters_timeout)),
    }
}
