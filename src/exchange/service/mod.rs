//! `ExchangeService`: headquarters' side of the exchange.

mod download_package;
mod register_database;
mod report_session;
mod subscribe_sessions;
mod upload_revisions;

use std::{pin::Pin, sync::Arc};

use futures::Stream;
use tonic::{Request, Response, Status};

use crate::{
    domain::{
        error::Result,
        job::{AppliedVersions, DownloadJob},
    },
    headquarters::{
        Headquarters,
        grpc::{answered, unreadable},
    },
    proto::exchange::{
        AppliedVersion, DownloadPackageRequest, DownloadPackageResponse, RegisterDatabaseRequest,
        RegisterDatabaseResponse, ReportSessionRequest, ReportSessionResponse,
        SubscribeSessionsRequest, SubscribeSessionsResponse, UploadRevisionsRequest,
        UploadRevisionsResponse,
        exchange_service_server::{ExchangeService, ExchangeServiceServer},
    },
    wire::Malformed,
};

/// Most bytes of an upload. A unit sends fewer revisions at once where they are large.
pub const UPLOAD_BYTES: usize = 4 * 1024 * 1024;

/// `ExchangeService`, with the most bytes of a request that is no upload.
pub fn exchange_service(
    headquarters: Arc<Headquarters>,
    message_bytes: usize,
) -> ExchangeServiceServer<Exchange> {
    ExchangeServiceServer::new(Exchange(headquarters))
        .max_decoding_message_size(message_bytes.max(UPLOAD_BYTES))
}

pub struct Exchange(Arc<Headquarters>);

type Streamed<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl ExchangeService for Exchange {
    async fn register_database(
        &self,
        request: Request<RegisterDatabaseRequest>,
    ) -> Result<Response<RegisterDatabaseResponse>, Status> {
        answered(register_database::register(&self.0, request.into_inner()).await)
    }

    type SubscribeSessionsStream = Streamed<SubscribeSessionsResponse>;

    async fn subscribe_sessions(
        &self,
        request: Request<SubscribeSessionsRequest>,
    ) -> Result<Response<Self::SubscribeSessionsStream>, Status> {
        answered(subscribe_sessions::subscribe(&self.0, request.into_inner()).await)
    }

    type DownloadPackageStream = Streamed<DownloadPackageResponse>;

    async fn download_package(
        &self,
        request: Request<DownloadPackageRequest>,
    ) -> Result<Response<Self::DownloadPackageStream>, Status> {
        answered(download_package::download(&self.0, request.into_inner()).await)
    }

    async fn report_session(
        &self,
        request: Request<ReportSessionRequest>,
    ) -> Result<Response<ReportSessionResponse>, Status> {
        answered(report_session::report(&self.0, request.into_inner()).await)
    }

    async fn upload_revisions(
        &self,
        request: Request<UploadRevisionsRequest>,
    ) -> Result<Response<UploadRevisionsResponse>, Status> {
        answered(upload_revisions::upload(&self.0, request.into_inner()).await)
    }
}

/// What a database says that it has applied.
fn applied(messages: &[AppliedVersion]) -> Result<AppliedVersions> {
    let mut applied = AppliedVersions::default();
    for message in messages {
        let job = DownloadJob::parse(&message.job).filter(|_| message.version >= 0);
        let job = job.ok_or_else(|| unreadable(Malformed("applied")))?;
        applied.set(job, Some(message.version));
    }
    Ok(applied)
}
