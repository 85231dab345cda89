//! Brings a package here and verifies it whole. One that was cut off goes on where it was.

use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};

use tempfile::SpooledTempFile;

use crate::{
    channel::realtime::Failure,
    exchange::agent::{Agent, EXCHANGE, ExchangeError, answered, leased::Leased},
    proto::exchange::{
        DownloadPackageRequest, OfferedSession, PackageHeader, download_package_response::Part,
    },
    storage::StoreError,
    wire::{
        self,
        package::{Label, PackageError, Verifier},
    },
};

/// A package of up to so many bytes stays in memory; a larger one waits in a file of the system's temporary folder.
const IN_MEMORY: usize = 4 * 1024 * 1024;
/// Times in a row that a package may be cut off without any progress.
const MOST_CUTS: u32 = 5;

/// A package that is here, and whole.
pub(super) struct Fetched {
    pub label: Label,
    chunks: Spool,
}

/// Chunks in their order, each behind its length.
struct Spool(SpooledTempFile);

/// A package that is on its way.
struct Coming {
    verifier: Option<(PackageHeader, Verifier)>,
    chunks: Spool,
    count: u32,
}

impl Agent {
    /// Downloads a package of a session.
    pub(super) async fn fetch(
        &self,
        session: &OfferedSession,
        package: u32,
        leased: &mut Leased<'_>,
    ) -> Result<Fetched, ExchangeError> {
        let mut coming = Coming { verifier: None, chunks: Spool::new(), count: 0 };
        let mut delays = EXCHANGE.jittered();
        let mut cuts = 0;
        loop {
            let before = coming.count;
            match self.receive(session, package, &mut coming, leased).await {
                Ok(()) => return coming.finish(),
                Err(ExchangeError::Communication(failure)) => {
                    cuts = if coming.count > before { 1 } else { cuts + 1 };
                    if cuts >= MOST_CUTS {
                        return Err(ExchangeError::Communication(failure));
                    }
                    tokio::time::sleep(delays.next().unwrap_or(EXCHANGE.cap)).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn receive(
        &self,
        session: &OfferedSession,
        package: u32,
        coming: &mut Coming,
        leased: &mut Leased<'_>,
    ) -> Result<(), ExchangeError> {
        let request = DownloadPackageRequest {
            origin: Some(wire::origin_message(self.identity.origin)),
            session: session.id,
            package,
            first_chunk: coming.count,
        };
        let mut service = self.service.clone();
        let mut parts = answered(service.download_package(request)).await?.into_inner();
        while let Some(message) = answered(parts.message()).await? {
            match message.part {
                Some(Part::Header(header)) => coming.begin(header)?,
                Some(Part::Chunk(chunk)) => coming.add(&chunk)?,
                None => return Err(PackageError::UnknownRow.into()),
            }
            leased.keep().await?;
        }
        // A stream that ends early without saying why was cut off by something on the way.
        if coming.is_whole() {
            Ok(())
        } else {
            Err(ExchangeError::Communication(Failure::Garbage("package")))
        }
    }
}

impl Coming {
    fn begin(&mut self, header: PackageHeader) -> Result<(), ExchangeError> {
        match &self.verifier {
            // It was built anew meanwhile.
            Some((known, _)) if *known != header => Err(PackageError::Truncated.into()),
            Some(_) => Ok(()),
            None => {
                let verifier = Verifier::new(header.clone())?;
                self.verifier = Some((header, verifier));
                Ok(())
            }
        }
    }

    fn add(&mut self, chunk: &[u8]) -> Result<(), ExchangeError> {
        let (_, verifier) = self.verifier.as_mut().ok_or(PackageError::Truncated)?;
        verifier.chunk(chunk)?;
        self.chunks.push(chunk).map_err(|error| spool_failed(&error))?;
        self.count += 1;
        Ok(())
    }

    fn is_whole(&self) -> bool {
        self.verifier.as_ref().is_some_and(|(_, verifier)| verifier.chunks() == self.count)
    }

    fn finish(self) -> Result<Fetched, ExchangeError> {
        let (_, verifier) = self.verifier.ok_or(PackageError::Truncated)?;
        let label = verifier.finish()?;
        let mut chunks = self.chunks;
        chunks.0.seek(SeekFrom::Start(0)).map_err(|error| spool_failed(&error))?;
        Ok(Fetched { label, chunks })
    }
}

impl Fetched {
    /// The next chunk; `None` after the last.
    pub(super) fn next_chunk(&mut self) -> Result<Option<Vec<u8>>, ExchangeError> {
        self.chunks.pop().map_err(|error| spool_failed(&error))
    }
}

impl Spool {
    fn new() -> Self {
        Self(SpooledTempFile::new(IN_MEMORY))
    }

    fn push(&mut self, chunk: &[u8]) -> io::Result<()> {
        self.0.write_all(&(chunk.len() as u64).to_le_bytes())?;
        self.0.write_all(chunk)
    }

    fn pop(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut length = [0; 8];
        match self.0.read_exact(&mut length) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        }
        let length = usize::try_from(u64::from_le_bytes(length)).unwrap_or(0);
        let mut chunk = vec![0; length];
        self.0.read_exact(&mut chunk)?;
        Ok(Some(chunk))
    }
}

fn spool_failed(error: &io::Error) -> ExchangeError {
    StoreError::Unavailable(format!(
        "a package finds no room in the temporary folder: {}",
        error.kind()
    ))
    .into()
}
