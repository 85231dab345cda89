//! Builds packages.

use std::{collections::BTreeSet, io};

use prost::Message as _;

use crate::{
    domain::{id::CustomerId, job::DownloadJob},
    proto::exchange::{PackageChunk, PackageRow},
    wire::{
        Malformed,
        package::{
            Checksum, Label, PackageError,
            chunk::{MAX_CHUNK_BYTES, customer_of},
            foreign, job_of,
        },
    },
};

/// Most rows of a chunk that this program writes.
pub(super) const CHUNK_ROWS: usize = 1_000;
/// Most bytes of one before compression, unless a single row has more.
pub(super) const CHUNK_BYTES: usize = 1024 * 1024;
const COMPRESSION_LEVEL: i32 = 1;

/// Builds a package of rows as they come. It holds one chunk at a time, and hands each out as it is complete.
#[derive(Default)]
pub struct PackageWriter {
    /// The chunk that is being filled, as a message: messages that follow each other merge.
    open: Vec<u8>,
    open_rows: usize,
    open_customers: BTreeSet<CustomerId>,
    last_customer: Option<CustomerId>,
    job: Option<DownloadJob>,
    /// There is something else than customers whose ids rise: it can't be a full package of them.
    mixed: bool,
    chunks: u32,
    rows: u64,
    bytes: u64,
    checksum: Checksum,
}

/// The end of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// The encoded `PackageHeader`.
    pub header: Vec<u8>,
    /// The last chunk. There always is one.
    pub last: Vec<u8>,
    /// The last one included.
    pub chunks: u32,
    pub rows: u64,
    /// Of all chunks.
    pub bytes: u64,
}

impl PackageWriter {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a row. `Some`: the chunk that is complete without it.
    ///
    /// # Errors
    /// No reader would take the row here, or memory is wanting.
    pub fn push(&mut self, row: PackageRow) -> io::Result<Option<Vec<u8>>> {
        let customer = self.admit(&row).map_err(invalid)?;
        let row = PackageChunk { rows: vec![row], complete_up_to: String::new() }.encode_to_vec();
        if row.len() > MAX_CHUNK_BYTES / 2 {
            return Err(invalid(PackageError::TooLarge));
        }
        let is_full = self.open_rows == CHUNK_ROWS || self.open.len() + row.len() > CHUNK_BYTES;
        let complete = (self.open_rows > 0 && is_full).then(|| self.close(false)).transpose()?;
        if let Some(customer) = customer {
            if !self.open_customers.insert(customer) {
                return Err(invalid(PackageError::Twice(customer.to_string())));
            }
            self.mixed |= self.last_customer >= Some(customer);
            self.last_customer = Some(customer);
        } else {
            self.mixed = true;
        }
        self.open.extend(row);
        self.open_rows += 1;
        self.rows += 1;
        Ok(complete)
    }

    /// # Errors
    /// The label is none of these rows, or memory is wanting.
    pub fn finish(mut self, label: &Label) -> io::Result<Finished> {
        let label = label.checked().map_err(invalid)?;
        if self.job.is_some_and(|job| job != label.job) {
            return Err(invalid(PackageError::OtherJob(label.job.as_str().to_owned())));
        }
        let deletes = label.full && label.job == DownloadJob::Customers;
        if deletes && self.mixed {
            return Err(invalid(Malformed("chunk.rows").into()));
        }
        let last = self.close(true)?;
        let mut header = label.header(self.chunks);
        self.checksum.add(&header.encode_to_vec());
        header.checksum = self.checksum.finish().to_vec();
        let Self { chunks, rows, bytes, .. } = self;
        Ok(Finished { header: header.encode_to_vec(), last, chunks, rows, bytes })
    }

    /// Whose row it is, if it is a customer's.
    fn admit(&mut self, row: &PackageRow) -> Result<Option<CustomerId>, PackageError> {
        let row = row.row.as_ref().ok_or(PackageError::UnknownRow)?;
        let job = *self.job.get_or_insert(job_of(row));
        if job_of(row) != job {
            return Err(foreign(row, job));
        }
        Ok(customer_of(row)?)
    }

    fn close(&mut self, last: bool) -> io::Result<Vec<u8>> {
        let highest = self.open_customers.last().filter(|_| !last);
        let complete_up_to = highest.map(ToString::to_string).unwrap_or_default();
        self.open.extend(PackageChunk { rows: Vec::new(), complete_up_to }.encode_to_vec());
        let chunk = zstd::bulk::compress(&self.open, COMPRESSION_LEVEL)?;
        self.open.clear();
        self.open_rows = 0;
        self.open_customers.clear();
        self.checksum.add(&chunk);
        self.chunks = self.chunks.checked_add(1).ok_or_else(|| invalid(PackageError::TooMany))?;
        self.bytes += chunk.len() as u64;
        Ok(chunk)
    }
}

fn invalid(error: PackageError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, error)
}
