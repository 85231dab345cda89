//! `ExchangeService`: headquarters' side of the exchange.

use std::{pin::Pin, sync::Arc};

use futures::{Stream, StreamExt as _, stream};
use tonic::{Request, Response, Status};

use crate::{
    domain::{
        error::{Error, FieldReason, Result, Violation},
        origin::Origin,
    },
    exchange::package::{self, Label},
    headquarters::{
        grpc::{answered, unreadable},
        operations::{self, Headquarters, RegisterDatabase, register_database},
    },
    proto::exchange::{
        DownloadConfigurationRequest, DownloadConfigurationResponse, PackageRow,
        RegisterDatabaseRequest, RegisterDatabaseResponse, UploadRevisionsRequest,
        UploadRevisionsResponse,
        exchange_service_server::{ExchangeService, ExchangeServiceServer},
    },
    wire::{self, Malformed},
};

/// Most bytes of a package in one message.
const PIECE_BYTES: usize = 64 * 1024;
/// Most bytes of an upload. A unit sends fewer revisions at once where they are large.
const UPLOAD_BYTES: usize = 4 * 1024 * 1024;
/// Longest version of a program.
const LONGEST_VERSION: usize = 60;

/// `ExchangeService`, with the most bytes of a request that is no upload.
pub fn exchange_service(
    headquarters: Arc<Headquarters>,
    message_bytes: usize,
) -> ExchangeServiceServer<Exchange> {
    ExchangeServiceServer::new(Exchange(headquarters))
        .max_decoding_message_size(message_bytes.max(UPLOAD_BYTES))
}

pub struct Exchange(Arc<Headquarters>);

#[tonic::async_trait]
impl ExchangeService for Exchange {
    async fn register_database(
        &self,
        request: Request<RegisterDatabaseRequest>,
    ) -> Result<Response<RegisterDatabaseResponse>, Status> {
        answered(register(&self.0, request.into_inner()).await)
    }

    type DownloadConfigurationStream =
        Pin<Box<dyn Stream<Item = Result<DownloadConfigurationResponse, Status>> + Send>>;

    async fn download_configuration(
        &self,
        request: Request<DownloadConfigurationRequest>,
    ) -> Result<Response<Self::DownloadConfigurationStream>, Status> {
        let package = download(&self.0, request.into_inner()).await;
        answered(package.map(|package| stream::iter(pieces(&package)).map(Ok).boxed()))
    }

    async fn upload_revisions(
        &self,
        request: Request<UploadRevisionsRequest>,
    ) -> Result<Response<UploadRevisionsResponse>, Status> {
        answered(upload(&self.0, request.into_inner()).await)
    }
}

/// There is one format of packages so far, and a program that reads another says so itself when it gets one.
async fn register(
    headquarters: &Headquarters,
    request: RegisterDatabaseRequest,
) -> Result<RegisterDatabaseResponse> {
    let origin = wire::origin(request.origin).map_err(unreadable)?;
    let program_version = request.program_version;
    if program_version.len() > LONGEST_VERSION || program_version.chars().any(char::is_control) {
        return Err(unreadable(Malformed("program_version")));
    }
    let request = RegisterDatabase { name: request.database_name, origin, program_version };
    let registration = register_database(headquarters, request).await?;
    Ok(RegisterDatabaseResponse {
        request_hash_key: registration.request_hash_key.to_vec(),
        channel_configuration: registration.version.channel_configuration,
        global_configuration: registration.version.global_configuration,
    })
}

async fn download(
    headquarters: &Headquarters,
    request: DownloadConfigurationRequest,
) -> Result<Vec<u8>> {
    let origin = wire::origin(request.origin).map_err(unreadable)?;
    let (rows, to_version) = rows(headquarters, origin, &request.job).await?;
    let created_at = headquarters.clock.now();
    let label = Label { job: request.job, from_version: 0, to_version, created_at };
    package::encode(&label, &rows).map_err(|error| {
        tracing::error!(%error, job = label.job, "a package can't be written");
        Error::Internal
    })
}

async fn upload(
    headquarters: &Headquarters,
    request: UploadRevisionsRequest,
) -> Result<UploadRevisionsResponse> {
    let origin = wire::origin(request.origin).map_err(unreadable)?;
    let revisions = request.revisions.into_iter();
    let submissions = revisions
        .map(|revision| wire::uploaded_submission(origin, revision))
        .collect::<Result<_, _>>()
        .map_err(unreadable)?;
    let position = operations::upload_revisions(headquarters, origin, submissions).await?;
    Ok(UploadRevisionsResponse {
        last_counter: position.last_counter.0,
        last_revision_id: position.last_revision_id.map(|id| id.to_string()).unwrap_or_default(),
    })
}

/// All that a job brings, with its version.
async fn rows(
    headquarters: &Headquarters,
    origin: Origin,
    job: &str,
) -> Result<(Vec<PackageRow>, i64)> {
    match job {
        "1070" => {
            let found = operations::channel_configuration(headquarters, origin).await?;
            Ok((package::of_channel_configuration(found.rows), found.version))
        }
        "1110" => {
            let found = operations::global_configuration(headquarters, origin).await?;
            Ok((package::of_global_configuration(found.rows), found.version))
        }
        _ => {
            let text = "is none of 1070, 1110";
            Err(Error::InvalidFields(vec![Violation::new("job", FieldReason::UnknownCode, text)]))
        }
    }
}

fn pieces(package: &[u8]) -> Vec<DownloadConfigurationResponse> {
    package
        .chunks(PIECE_BYTES)
        .map(|piece| DownloadConfigurationResponse { data: piece.to_vec() })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_travels_in_pieces() {
        let package: Vec<_> = (0..200_000_u32).map(|number| number.to_le_bytes()[0]).collect();
        let pieces = pieces(&package);
        assert_eq!(pieces.len(), 4);
        assert!(pieces.iter().all(|piece| piece.data.len() <= PIECE_BYTES));
        let together: Vec<_> = pieces.into_iter().flat_map(|piece| piece.data).collect();
        assert_eq!(together, package);
    }
}
