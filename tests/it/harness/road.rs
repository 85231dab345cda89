//! What becomes of what headquarters sends in pieces, on its way through a gate: offers and packages.

use std::{
    pin::Pin,
    sync::{Arc, Mutex},
};

use csu::{
    proto::exchange::{
        DownloadPackageRequest, DownloadPackageResponse, PackageHeader, PackageRow,
        SubscribeSessionsResponse, download_package_response::Part,
    },
    wire::package::{Label, PackageWriter, open_header},
};
use futures::{Stream, StreamExt as _, stream};
use prost::Message as _;
use tonic::{Status, Streaming};

pub type Streamed<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;
/// What arrives of a package.
pub type Arriving = Vec<Result<DownloadPackageResponse, Status>>;

type PackageHook = Arc<dyn Fn(&DownloadPackageRequest, Vec<Part>) -> Arriving + Send + Sync>;
type OfferHook = Arc<dyn Fn(&mut SubscribeSessionsResponse) + Send + Sync>;

/// Nothing becomes of it, unless a story says so.
#[derive(Default)]
pub struct Road {
    package: Mutex<Option<PackageHook>>,
    offer: Mutex<Option<OfferHook>>,
    downloads: Mutex<Vec<DownloadPackageRequest>>,
}

impl Road {
    /// From now on this comes of packages.
    pub fn change_packages(
        &self,
        hook: impl Fn(&DownloadPackageRequest, Vec<Part>) -> Arriving + Send + Sync + 'static,
    ) {
        *self.package.lock().unwrap() = Some(Arc::new(hook));
    }

    /// From now on offers are changed so.
    pub fn change_offers(
        &self,
        hook: impl Fn(&mut SubscribeSessionsResponse) + Send + Sync + 'static,
    ) {
        *self.offer.lock().unwrap() = Some(Arc::new(hook));
    }

    /// From now on everything comes as it is.
    pub fn clear(&self) {
        *self.package.lock().unwrap() = None;
        *self.offer.lock().unwrap() = None;
    }

    /// What was asked for of packages, in its order.
    pub fn downloads(&self) -> Vec<DownloadPackageRequest> {
        self.downloads.lock().unwrap().clone()
    }

    pub(super) fn offers(
        self: &Arc<Self>,
        offers: Streaming<SubscribeSessionsResponse>,
    ) -> Streamed<SubscribeSessionsResponse> {
        let road = Arc::clone(self);
        let changed = offers.map(move |offer| {
            let hook = road.offer.lock().unwrap().clone();
            offer.map(|mut offer| {
                hook.inspect(|hook| hook(&mut offer));
                offer
            })
        });
        changed.boxed()
    }

    pub(super) async fn package(
        &self,
        request: DownloadPackageRequest,
        parts: Streaming<DownloadPackageResponse>,
    ) -> Streamed<DownloadPackageResponse> {
        self.downloads.lock().unwrap().push(request.clone());
        let hook = self.package.lock().unwrap().clone();
        let Some(hook) = hook else { return parts.boxed() };
        let whole = parts.map(|part| part.expect("a part").part.expect("a part"));
        let whole: Vec<_> = whole.collect().await;
        stream::iter(hook(&request, whole)).boxed()
    }
}

/// Parts that arrive as they are.
pub fn arriving(parts: Vec<Part>) -> Arriving {
    parts.into_iter().map(|part| Ok(DownloadPackageResponse { part: Some(part) })).collect()
}

/// A sound package of these rows, as it is sent.
pub fn package_of(label: &Label, rows: Vec<PackageRow>) -> Vec<Part> {
    let mut writer = PackageWriter::new();
    let mut chunks = Vec::new();
    for row in rows {
        chunks.extend(writer.push(row).expect("a row"));
    }
    let finished = writer.finish(label).expect("a package");
    chunks.push(finished.last);
    let header = open_header(&finished.header).expect("a header");
    let chunks = chunks.into_iter().map(Part::Chunk);
    std::iter::once(Part::Header(header)).chain(chunks).collect()
}

/// The package with another header, whose checksum is right.
pub fn relabelled(parts: Vec<Part>, change: impl Fn(&mut PackageHeader)) -> Vec<Part> {
    let mut header = PackageHeader::default();
    let mut hasher = blake3::Hasher::new();
    let mut add = |part: &[u8]| {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    };
    let mut chunks = Vec::new();
    for part in parts {
        match part {
            Part::Header(it) => header = it,
            Part::Chunk(chunk) => {
                add(&chunk);
                chunks.push(Part::Chunk(chunk));
            }
        }
    }
    change(&mut header);
    header.checksum.clear();
    add(&header.encode_to_vec());
    header.checksum = hasher.finalize().as_bytes().to_vec();
    [vec![Part::Header(header)], chunks].concat()
}
