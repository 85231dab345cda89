//! Chunks: what is compressed, sent and stored as one piece.

use prost::Message as _;

use crate::{
    domain::id::CustomerId,
    proto::exchange::{PackageChunk, package_row::Row},
    wire::{Malformed, id, package::PackageError},
};

/// Most bytes of a chunk, decompressed: one that claims more is broken or hostile.
pub(super) const MAX_CHUNK_BYTES: usize = 16 * 1024 * 1024;

/// Some rows of a package.
#[derive(Debug, Clone, PartialEq)]
pub struct Chunk {
    pub rows: Vec<Row>,
    /// Of a full package of customers: it has all that there are up to this one, after those of the chunk before.
    /// `None`: all the rest.
    pub complete_up_to: Option<CustomerId>,
}

/// # Errors
/// It is cut off, or too large, or has what this program does not know.
pub fn open_chunk(chunk: &[u8]) -> Result<Chunk, PackageError> {
    let bytes = decompress(chunk)?;
    let chunk = PackageChunk::decode(bytes.as_slice()).map_err(|_| PackageError::Truncated)?;
    let complete_up_to = match chunk.complete_up_to.as_str() {
        "" => None,
        text => Some(id(text, "chunk.complete_up_to")?),
    };
    let rows = chunk.rows.into_iter().map(|row| row.row.ok_or(PackageError::UnknownRow));
    Ok(Chunk { rows: rows.collect::<Result<_, _>>()?, complete_up_to })
}

/// Nothing would decompress to no rows, and a full package without rows deletes what is there.
fn decompress(chunk: &[u8]) -> Result<Vec<u8>, PackageError> {
    if chunk.is_empty() {
        return Err(PackageError::Truncated);
    }
    zstd::bulk::decompress(chunk, MAX_CHUNK_BYTES).map_err(|_| PackageError::TooLarge)
}

/// The id of the customer of a row, if it is one's.
pub(super) fn customer_of(row: &Row) -> Result<Option<CustomerId>, Malformed> {
    match row {
        Row::Customer(customer) => id(&customer.id, "customer.id").map(Some),
        _ => Ok(None),
    }
}
