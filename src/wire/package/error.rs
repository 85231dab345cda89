//! What can be wrong with a package.

use crate::wire::{Malformed, package::FORMAT};

/// Why a package is not applied. None of it is, then. The texts hold no personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackageError {
    #[error("the package is cut off or no package at all")]
    Truncated,
    #[error("the package has more chunks than its header says")]
    TooMany,
    #[error("the package's checksum is wrong: it was damaged on its way")]
    Checksum,
    #[error("the package has format {found} and this program reads {FORMAT}; update the program")]
    Format { found: u32 },
    #[error("the package has a row of a kind that this program does not know; update the program")]
    UnknownRow,
    #[error(
        "the package has {field} {text:?}, which this program does not know; update the program"
    )]
    UnknownText { field: &'static str, text: String },
    #[error("the package is of job {0}, which does not belong here")]
    OtherJob(String),
    #[error("{} {kind} row does not belong into such a package of job {job}", article(.kind))]
    ForeignRow { kind: &'static str, job: &'static str },
    #[error("the package is too large or not compressed by zstd")]
    TooLarge,
    #[error("no package of job {job} brings a database from version {from} to {to}")]
    Version { job: &'static str, from: i64, to: i64 },
    #[error("the package names {0} twice")]
    Twice(String),
    #[error("the package can't be read: {0}")]
    Malformed(#[from] Malformed),
}

fn article(kind: &str) -> &'static str {
    if kind == "outcome" { "an" } else { "a" }
}

/// As much of a text of somebody else as an error may repeat.
pub(super) fn shown(text: &str) -> String {
    text.chars().filter(|char| !char.is_control()).take(40).collect()
}
