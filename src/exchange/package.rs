//! Packages: how 1070 and 1110 reach a channel. One is verified whole before its first row is applied.

mod rows;

use blake3::Hasher;
use bytes::Buf;
use prost::Message as _;

use crate::{
    channel::writer::ConfigurationPackage,
    domain::time::Timestamp,
    proto::exchange::{PackageChunk, PackageHeader, PackageRow},
};

pub use rows::{of_channel_configuration, of_global_configuration};

/// Format of the rows that this program writes; it reads no other.
pub const FORMAT: u32 = 1;
/// Rows of a chunk that this program writes.
const CHUNK_ROWS: usize = 1_000;
/// Most bytes of a chunk, decompressed: a package that claims more is broken or hostile.
const MAX_CHUNK_BYTES: usize = 16 * 1024 * 1024;
/// Most bytes of a configuration package, decompressed.
const MAX_BYTES: usize = 64 * 1024 * 1024;
const COMPRESSION_LEVEL: i32 = 1;

/// What a package is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// `1070` or `1110`.
    pub job: String,
    pub from_version: i64,
    pub to_version: i64,
    pub created_at: Timestamp,
}

/// A verified package of configuration.
pub struct Configuration {
    pub label: Label,
    pub rows: ConfigurationPackage,
}

/// Why a package is not applied. None of it is, then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackageError {
    #[error("the package is cut off or no package at all")]
    Truncated,
    #[error("the package's checksum is wrong: it was damaged on its way")]
    Checksum,
    #[error("the package has format {found} and this program reads {FORMAT}; update the program")]
    Format { found: u32 },
    #[error("the package has a row of a kind that this program does not know")]
    UnknownRow,
    #[error("the package is of job {0}, which brings no configuration")]
    OtherJob(String),
    #[error("the package is a change from version {0}, not a whole configuration")]
    Delta(i64),
    #[error("a {0} row does not belong into a package of job {1}")]
    ForeignRow(&'static str, String),
    #[error("the package is too large or not compressed by zstd")]
    TooLarge,
    #[error("the package has version {0}; versions begin with 1")]
    Version(i64),
    #[error("the package names {0} twice")]
    Twice(String),
}

/// Writes a package.
///
/// # Errors
/// Compression fails, for want of memory.
pub fn encode(label: &Label, rows: &[PackageRow]) -> std::io::Result<Vec<u8>> {
    let chunks = rows
        .chunks(CHUNK_ROWS)
        .map(|rows| compress(&PackageChunk { rows: rows.to_vec() }.encode_to_vec()))
        .collect::<Result<Vec<_>, _>>()?;
    let mut header = PackageHeader {
        job: label.job.clone(),
        format: FORMAT,
        from_version: label.from_version,
        to_version: label.to_version,
        create_time: Some(prost_types::Timestamp {
            seconds: label.created_at.millis().div_euclid(1_000),
            nanos: 0,
        }),
        chunks: u32::try_from(chunks.len()).unwrap_or(u32::MAX),
        checksum: Vec::new(),
    };
    header.checksum = checksum(&header, chunks.iter().map(Vec::as_slice));
    let mut package = header.encode_length_delimited_to_vec();
    for chunk in chunks {
        // A field of bytes without its tag: length, then content.
        prost::encode_length_delimiter(chunk.len(), &mut package).unwrap_or_default();
        package.extend(chunk);
    }
    Ok(package)
}

/// Reads and verifies a package of configuration.
///
/// # Errors
/// [`PackageError`]: whatever is wrong with it.
pub fn decode(package: &[u8]) -> Result<Configuration, PackageError> {
    let mut rest = package;
    let mut header =
        PackageHeader::decode_length_delimited(&mut rest).map_err(|_| PackageError::Truncated)?;
    if header.format != FORMAT {
        return Err(PackageError::Format { found: header.format });
    }
    if header.to_version < 1 {
        return Err(PackageError::Version(header.to_version));
    }
    let chunks = split(rest, header.chunks)?;
    let promised = std::mem::take(&mut header.checksum);
    if checksum(&header, chunks.iter().copied()) != promised {
        return Err(PackageError::Checksum);
    }
    let mut rows = Vec::new();
    let mut size = 0;
    for chunk in chunks {
        let bytes = decompress(chunk)?;
        size += bytes.len();
        if size > MAX_BYTES {
            return Err(PackageError::TooLarge);
        }
        let chunk = PackageChunk::decode(bytes.as_slice()).map_err(|_| PackageError::Truncated)?;
        for row in chunk.rows {
            rows.push(row.row.ok_or(PackageError::UnknownRow)?);
        }
    }
    let rows = rows::configuration(&header.job, header.from_version, rows)?;
    let created_at = header.create_time.map_or(0, |time| time.seconds.saturating_mul(1_000));
    let label = Label {
        job: header.job,
        from_version: header.from_version,
        to_version: header.to_version,
        created_at: Timestamp(created_at),
    };
    Ok(Configuration { label, rows })
}

fn split(mut rest: &[u8], count: u32) -> Result<Vec<&[u8]>, PackageError> {
    let mut chunks = Vec::new();
    for _ in 0..count {
        let length =
            prost::decode_length_delimiter(&mut rest).map_err(|_| PackageError::Truncated)?;
        let (chunk, after) = rest.split_at_checked(length).ok_or(PackageError::Truncated)?;
        chunks.push(chunk);
        rest = after;
    }
    if rest.has_remaining() { Err(PackageError::Truncated) } else { Ok(chunks) }
}

/// Over the header without checksum and the chunks.
fn checksum<'a>(header: &PackageHeader, chunks: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut hasher = Hasher::new();
    let mut add = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    add(&header.encode_to_vec());
    chunks.for_each(&mut add);
    hasher.finalize().as_bytes().to_vec()
}

fn compress(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    zstd::bulk::compress(bytes, COMPRESSION_LEVEL)
}

/// An empty chunk would decompress to no rows, and a full package without rows deletes what is there.
fn decompress(chunk: &[u8]) -> Result<Vec<u8>, PackageError> {
    if chunk.is_empty() {
        return Err(PackageError::Truncated);
    }
    zstd::bulk::decompress(chunk, MAX_CHUNK_BYTES).map_err(|_| PackageError::TooLarge)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        domain::setup::Setup,
        proto::exchange::{CustomerGroupRow, FeatureRow, package_row::Row},
    };

    fn label(job: &str) -> Label {
        Label { job: job.to_owned(), from_version: 0, to_version: 7, created_at: Timestamp(9_000) }
    }

    fn group(code: &str) -> PackageRow {
        let row = CustomerGroupRow { code: code.to_owned(), name: "x".repeat(50) };
        PackageRow { row: Some(Row::CustomerGroup(row)) }
    }

    fn why(package: &[u8]) -> PackageError {
        decode(package).err().expect("it is refused")
    }

    #[test]
    fn a_package_comes_back_whole_over_several_chunks() {
        let codes: Vec<_> = (0..2_500).map(|number| format!("{number:04}")).collect();
        let package =
            encode(&label("1070"), &codes.iter().map(|code| group(code)).collect::<Vec<_>>())
                .unwrap();
        let read = decode(&package).unwrap();
        assert_eq!(read.label, label("1070"));
        let ConfigurationPackage::Channel(rows) = read.rows else { panic!("it is 1070") };
        assert!(rows.customer_groups.keys().eq(codes.iter()));
    }

    #[test]
    fn a_configuration_comes_back_as_it_was_sent() {
        let mut setup = Setup::demo("store-1");
        setup.save_limit("address.street", 60).unwrap();
        let sent = setup.channel_configuration("store-1");
        assert_eq!(sent.channels.len(), 2);
        let rows = of_channel_configuration(sent.clone());
        let read = decode(&encode(&label("1070"), &rows).unwrap()).unwrap().rows;
        assert!(matches!(read, ConfigurationPackage::Channel(rows) if rows == sent));
        let sent = setup.global_configuration();
        assert_eq!((sent.features.len(), sent.limits.len()), (4, 1));
        let rows = of_global_configuration(sent.clone());
        let read = decode(&encode(&label("1110"), &rows).unwrap()).unwrap().rows;
        assert!(matches!(read, ConfigurationPackage::Global(rows) if rows == sent));
    }

    #[test]
    fn what_does_not_belong_is_refused_by_name() {
        assert_eq!(
            why(&encode(&label("1110"), &[group("30")]).unwrap()),
            PackageError::ForeignRow("customer group", "1110".to_owned())
        );
        let feature = FeatureRow { key: "f".to_owned(), enabled: true };
        let row = PackageRow { row: Some(Row::Feature(feature)) };
        assert_eq!(
            why(&encode(&label("1070"), &[row]).unwrap()),
            PackageError::ForeignRow("feature", "1070".to_owned())
        );
        assert_eq!(
            why(&encode(&label("1010"), &[]).unwrap()),
            PackageError::OtherJob("1010".to_owned())
        );
        assert_eq!(
            why(&encode(&label("1070"), &[PackageRow { row: None }]).unwrap()),
            PackageError::UnknownRow
        );
        let delta = Label { from_version: 3, ..label("1070") };
        assert_eq!(why(&encode(&delta, &[]).unwrap()), PackageError::Delta(3));
        let newer = PackageHeader { format: FORMAT + 1, ..PackageHeader::default() };
        assert_eq!(
            why(&newer.encode_length_delimited_to_vec()),
            PackageError::Format { found: FORMAT + 1 }
        );
    }

    proptest! {
        #[test]
        fn no_damaged_package_is_applied(position in 0usize..10_000, flip in 1u8.., cut in 0usize..10_000) {
            let rows: Vec<_> = (0..20).map(|code| group(&code.to_string())).collect();
            let package = encode(&label("1070"), &rows).unwrap();
            let cut_off = &package[..cut % package.len()];
            prop_assert!(decode(cut_off).is_err());
            let mut damaged = package.clone();
            let position = position % damaged.len();
            damaged[position] ^= flip;
            prop_assert!(decode(&damaged).is_err());
        }
    }
}
