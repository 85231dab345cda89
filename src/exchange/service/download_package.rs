//! `DownloadPackage`.

use std::sync::Arc;

use futures::{StreamExt as _, stream};
use prost::Message as _;
use tonic::Status;

use crate::{
    domain::{
        error::{Error, FieldReason, Result, Violation},
        session::{PackageId, SessionId},
    },
    exchange::service::Streamed,
    headquarters::{Headquarters, grpc::unreadable, operations::sessions},
    proto::exchange::{
        DownloadPackageRequest, DownloadPackageResponse, PackageHeader,
        download_package_response::Part,
    },
    server::status::{Domain, status_of},
    wire,
};

pub(super) async fn download(
    headquarters: &Arc<Headquarters>,
    request: DownloadPackageRequest,
) -> Result<Streamed<DownloadPackageResponse>> {
    let origin = wire::origin(request.origin).map_err(unreadable)?;
    let id = SessionId(request.session);
    let package = sessions::download(headquarters, origin, id, request.package).await?;
    if request.first_chunk > package.chunks {
        let text = "the package has fewer chunks";
        let violation = Violation::new("first_chunk", FieldReason::OutOfRange, text);
        return Err(Error::InvalidFields(vec![violation]));
    }
    let header = PackageHeader::decode(package.header.as_slice()).map_err(|error| {
        tracing::error!(%error, package = package.id.0, "a stored package has no header");
        Error::Internal
    })?;
    let header = stream::iter([Ok(part(Part::Header(header)))]);
    let headquarters = Arc::clone(headquarters);
    let chunks = stream::iter(request.first_chunk..package.chunks)
        .then(move |ordinal| chunk(Arc::clone(&headquarters), package.id, ordinal));
    Ok(header.chain(chunks).boxed())
}

async fn chunk(
    headquarters: Arc<Headquarters>,
    package: PackageId,
    ordinal: u32,
) -> Result<DownloadPackageResponse, Status> {
    let chunk = sessions::chunk(&headquarters, package, ordinal).await;
    chunk
        .map(|chunk| part(Part::Chunk(chunk)))
        .map_err(|error| status_of(Domain::Headquarters, &error))
}

const fn part(part: Part) -> DownloadPackageResponse {
    DownloadPackageResponse { part: Some(part) }
}
