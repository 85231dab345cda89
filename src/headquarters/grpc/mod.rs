//! The gRPC face of headquarters: each method converts, calls one operation and converts back.

mod customer_sync;
mod features;
mod page;
mod realtime;
mod scheduler;
mod setup;

use std::{sync::Arc, time::Duration};

use tonic::{Extensions, Response, Status};

use crate::{
    domain::error::{Error, FieldReason, Result, Violation},
    headquarters::operations::Headquarters,
    proto::headquarters::{
        channel_setup_service_server::ChannelSetupServiceServer,
        customer_sync_service_server::CustomerSyncServiceServer,
        feature_service_server::FeatureServiceServer,
        realtime_service_server::RealtimeServiceServer,
        scheduler_service_server::SchedulerServiceServer,
    },
    runtime::clock::Deadline,
    server::status::{Domain, status_of},
    wire::Malformed,
};

/// For a call that no layer has given a deadline.
const DEFAULT_DEADLINE: Duration = Duration::from_secs(10);

/// `RealtimeService`, with the most bytes of a request.
pub fn realtime_service(
    headquarters: Arc<Headquarters>,
    message_bytes: usize,
) -> RealtimeServiceServer<realtime::Realtime> {
    RealtimeServiceServer::new(realtime::Realtime(headquarters))
        .max_decoding_message_size(message_bytes)
}

/// `FeatureService`, with the most bytes of a request.
pub fn feature_service(
    headquarters: Arc<Headquarters>,
    message_bytes: usize,
) -> FeatureServiceServer<features::Features> {
    FeatureServiceServer::new(features::Features(headquarters))
        .max_decoding_message_size(message_bytes)
}

/// `ChannelSetupService`, with the most bytes of a request.
pub fn channel_setup_service(
    headquarters: Arc<Headquarters>,
    message_bytes: usize,
) -> ChannelSetupServiceServer<setup::ChannelSetup> {
    ChannelSetupServiceServer::new(setup::ChannelSetup(headquarters))
        .max_decoding_message_size(message_bytes)
}

/// `SchedulerService`, with the most bytes of a request.
pub fn scheduler_service(
    headquarters: Arc<Headquarters>,
    message_bytes: usize,
) -> SchedulerServiceServer<scheduler::Scheduler> {
    SchedulerServiceServer::new(scheduler::Scheduler(headquarters))
        .max_decoding_message_size(message_bytes)
}

/// `CustomerSyncService`, with the most bytes of a request.
pub fn customer_sync_service(
    headquarters: Arc<Headquarters>,
    message_bytes: usize,
) -> CustomerSyncServiceServer<customer_sync::CustomerSync> {
    CustomerSyncServiceServer::new(customer_sync::CustomerSync(headquarters))
        .max_decoding_message_size(message_bytes)
}

/// What a caller of headquarters is answered.
pub fn answered<T>(answer: Result<T>) -> Result<Response<T>, Status> {
    answer.map(Response::new).map_err(|error| status_of(Domain::Headquarters, &error))
}

/// What is said of a message that can't be read, where headquarters is its reader. It names the field and no value.
pub fn unreadable(malformed: Malformed) -> Error {
    let Malformed(field) = malformed;
    Error::InvalidFields(vec![Violation::new(
        field,
        FieldReason::Required,
        "is missing or can't be read",
    )])
}

/// Until when a call runs: the layers have put it there.
fn deadline(extensions: &Extensions) -> Deadline {
    let given = extensions.get::<Deadline>().copied();
    given.unwrap_or_else(|| Deadline::after(DEFAULT_DEADLINE))
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;
    use crate::server::status::reason;

    #[test]
    fn what_is_malformed_is_named_by_its_field() {
        let refused = answered::<()>(Err(unreadable(Malformed("revision.request_hash"))));
        let refused = refused.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert_eq!(reason(&refused), "INVALID_FIELD");
        let details = String::from_utf8_lossy(refused.details());
        assert!(details.contains("revision.request_hash") && details.contains("can't be read"));
        assert!(details.contains("headquarters.commerce.csu"));
    }
}
