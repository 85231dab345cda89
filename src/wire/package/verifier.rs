//! Verifies packages.

use prost::Message as _;

use crate::{
    domain::{id::CustomerId, job::DownloadJob},
    proto::exchange::PackageHeader,
    wire::{
        Malformed,
        package::{
            Checksum, Chunk, FORMATS, Label, PackageError, chunk::customer_of, configuration,
            customers, foreign, open_chunk,
        },
    },
};

/// Most bytes of a header.
const MAX_HEADER_BYTES: usize = 1024;

/// Verifies a package as its chunks arrive, one at a time. Whatever it refuses is not to be applied, nor is any of it
/// before [`Verifier::finish`] has said that all of it is whole.
pub struct Verifier {
    label: Label,
    /// Without its checksum.
    header: PackageHeader,
    promised: Vec<u8>,
    seen: u32,
    checksum: Checksum,
    /// Of a full package of customers.
    complete_up_to: Option<CustomerId>,
}

/// A header as [`super::Finished`] has it.
///
/// # Errors
/// It is none.
pub fn open_header(header: &[u8]) -> Result<PackageHeader, PackageError> {
    if header.len() > MAX_HEADER_BYTES {
        return Err(PackageError::TooLarge);
    }
    PackageHeader::decode(header).map_err(|_| PackageError::Truncated)
}

impl Verifier {
    /// # Errors
    /// The header is of a format that this program does not read, or makes no sense.
    pub fn new(mut header: PackageHeader) -> Result<Self, PackageError> {
        if !FORMATS.contains(&header.format) {
            return Err(PackageError::Format { found: header.format });
        }
        if header.encoded_len() > MAX_HEADER_BYTES {
            return Err(PackageError::TooLarge);
        }
        let promised = std::mem::take(&mut header.checksum);
        if promised.len() != 32 {
            return Err(Malformed("header.checksum").into());
        }
        if header.chunks == 0 {
            return Err(Malformed("header.chunks").into());
        }
        let label = Label::of(&header)?;
        let checksum = Checksum::default();
        Ok(Self { label, header, promised, seen: 0, checksum, complete_up_to: None })
    }

    pub const fn label(&self) -> &Label {
        &self.label
    }

    /// How many belong to the package.
    pub const fn chunks(&self) -> u32 {
        self.header.chunks
    }

    /// # Errors
    /// The chunk does not belong here, or can't be read, or has what can't be applied.
    pub fn chunk(&mut self, chunk: &[u8]) -> Result<(), PackageError> {
        if self.seen == self.header.chunks {
            return Err(PackageError::TooMany);
        }
        self.seen += 1;
        self.check(open_chunk(chunk)?)?;
        // After the check: what was refused can't become whole, whatever comes next.
        self.checksum.add(chunk);
        Ok(())
    }

    /// # Errors
    /// Chunks are missing, or something of the package is not as it was built.
    pub fn finish(mut self) -> Result<Label, PackageError> {
        if self.seen < self.header.chunks {
            return Err(PackageError::Truncated);
        }
        self.checksum.add(&self.header.encode_to_vec());
        if self.checksum.finish().as_slice() != self.promised {
            return Err(PackageError::Checksum);
        }
        Ok(self.label)
    }

    fn check(&mut self, chunk: Chunk) -> Result<(), PackageError> {
        // Only a package that brings nothing has a chunk without rows.
        if chunk.rows.is_empty() && self.header.chunks > 1 {
            return Err(Malformed("chunk.rows").into());
        }
        if self.label.job != DownloadJob::Customers {
            return configuration(self.label.job, chunk.rows).map(drop);
        }
        if self.label.full {
            self.follow(&chunk)?;
        }
        customers(chunk.rows).map(drop)
    }

    /// A full package deletes what it leaves out, so it must say exactly what that is.
    fn follow(&mut self, chunk: &Chunk) -> Result<(), PackageError> {
        let mut last = self.complete_up_to;
        for row in &chunk.rows {
            let customer = customer_of(row)?.ok_or_else(|| foreign(row, self.label.job))?;
            if last >= Some(customer) {
                return Err(Malformed("chunk.rows").into());
            }
            last = Some(customer);
        }
        let is_last = self.seen == self.header.chunks;
        if chunk.complete_up_to != last.filter(|_| !is_last) {
            return Err(Malformed("chunk.complete_up_to").into());
        }
        self.complete_up_to = last;
        Ok(())
    }
}
