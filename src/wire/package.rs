//! Packages: how 1010, 1070 and 1110 reach a channel database. One is built and verified chunk by chunk, so that its
//! size costs no memory, and verified whole before its first row is applied.

mod chunk;
mod configuration;
mod customers;
mod error;
mod verifier;
mod writer;

use crate::{
    domain::{job::DownloadJob, time::Timestamp},
    proto::exchange::{PackageHeader, PackageRow, package_row::Row},
    wire::{time, timestamp},
};

pub use chunk::{Chunk, open_chunk};
pub use configuration::{configuration, of_channel_configuration, of_global_configuration};
pub use customers::{Customers, OutcomeContent, customers, of_customer, of_outcome};
pub use error::PackageError;
pub use verifier::{Verifier, open_header};
pub use writer::{Finished, PackageWriter};

/// Format of the rows that this program writes.
pub const FORMAT: u32 = 1;
/// Formats that it reads.
pub const FORMATS: &[u32] = &[FORMAT];

/// What a package is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    pub job: DownloadJob,
    /// It brings a database from this version …
    pub from: i64,
    /// … to this one.
    pub to: i64,
    /// Of 1010: what it does not bring is gone. The other jobs bring everything anyhow.
    pub full: bool,
    pub created_at: Timestamp,
}

impl Label {
    /// An empty company has version 0 of its customers; a configuration is there from version 1.
    fn checked(self) -> Result<Self, PackageError> {
        let lowest = match self.job {
            DownloadJob::Customers => 0,
            DownloadJob::ChannelConfiguration | DownloadJob::GlobalConfiguration => 1,
        };
        let rises = 0 <= self.from && self.from <= self.to && lowest <= self.to;
        if !rises || (self.full && self.from != 0) {
            return Err(PackageError::Version {
                job: self.job.as_str(),
                from: self.from,
                to: self.to,
            });
        }
        Ok(self)
    }

    fn header(&self, chunks: u32) -> PackageHeader {
        PackageHeader {
            job: self.job.as_str().to_owned(),
            format: FORMAT,
            from_version: self.from,
            to_version: self.to,
            full: self.full,
            create_time: Some(timestamp(self.created_at)),
            chunks,
            checksum: Vec::new(),
        }
    }

    fn of(header: &PackageHeader) -> Result<Self, PackageError> {
        let job = DownloadJob::parse(&header.job)
            .ok_or_else(|| PackageError::OtherJob(error::shown(&header.job)))?;
        let created_at = time(header.create_time, "header.create_time")?;
        let (from, to, full) = (header.from_version, header.to_version, header.full);
        Self { job, from, to, full, created_at }.checked()
    }
}

/// A row of a package by its kind.
fn package_row(row: Row) -> PackageRow {
    PackageRow { row: Some(row) }
}

/// Into whose packages a row belongs.
const fn job_of(row: &Row) -> DownloadJob {
    match row {
        Row::Channel(_) | Row::CustomerGroup(_) => DownloadJob::ChannelConfiguration,
        Row::Feature(_) | Row::Limit(_) => DownloadJob::GlobalConfiguration,
        Row::Customer(_) | Row::Outcome(_) => DownloadJob::Customers,
    }
}

/// A row that is in a package of another job.
const fn foreign(row: &Row, job: DownloadJob) -> PackageError {
    let kind = match row {
        Row::Channel(_) => "channel",
        Row::CustomerGroup(_) => "customer group",
        Row::Feature(_) => "feature",
        Row::Limit(_) => "limit",
        Row::Customer(_) => "customer",
        Row::Outcome(_) => "outcome",
    };
    PackageError::ForeignRow { kind, job: job.as_str() }
}

/// Over the parts of a package in the order in which they are added.
#[derive(Default)]
struct Checksum(blake3::Hasher);

impl Checksum {
    /// With its length, so that no two sequences of parts are the same bytes.
    fn add(&mut self, part: &[u8]) {
        self.0.update(&(part.len() as u64).to_le_bytes());
        self.0.update(part);
    }

    fn finish(&self) -> [u8; 32] {
        *self.0.finalize().as_bytes()
    }
}

#[cfg(test)]
mod tests;
