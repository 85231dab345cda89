//! How a database fails, apart from engines. Driver texts stay in the log.

use std::fmt::Display;

use sqlx::error::ErrorKind;

use crate::domain::error::{Error, Unavailable};

pub type StoreResult<T> = Result<T, StoreError>;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A concurrent write came between; nothing was written. Begin anew.
    #[error("a concurrent write came between")]
    Conflict,
    /// Another runner has taken the job's lease; nothing was written.
    #[error("another runner has taken over the job")]
    Fenced,
    /// The database does not answer or has no room; nothing was written.
    #[error("the database does not answer: {0}")]
    Unavailable(String),
    /// A commit got no answer: it may have been performed.
    #[error("a commit got no answer: {0}")]
    InDoubt(String),
    /// A flush failed: what the disk holds is unknown, and the unit must stop.
    #[error("a flush failed, the unit must stop: {0}")]
    FlushFailed(String),
    /// The database refused a value or a statement; nothing was written.
    #[error("the database refused a statement: {0}")]
    Refused(String),
    /// A row that can't be understood.
    #[error("{table}.{column} of {row} can't be understood: {reason}")]
    Inconsistent { table: &'static str, column: &'static str, row: String, reason: String },
}

impl StoreError {
    /// Reads what a driver says of a statement before the commit. Texts of the database are left out where they
    /// may repeat values.
    pub fn of_statement(error: &sqlx::Error) -> Self {
        let sqlx::Error::Database(database) = error else { return Self::of_driver(error) };
        let code = database.code().unwrap_or_default();
        let text = match database.constraint() {
            Some(constraint) => format!("code {code}, {constraint}"),
            None => format!("code {code}"),
        };
        match kind(&code) {
            _ if database.kind() == ErrorKind::UniqueViolation => Self::Conflict,
            Kind::Conflict => Self::Conflict,
            Kind::Unavailable => Self::Unavailable(text),
            Kind::Disk => Self::FlushFailed(text),
            Kind::Other => Self::Refused(text),
        }
    }

    /// Reads what a driver says of a BEGIN: whatever it is, no write is to blame for it.
    pub fn of_begin(error: &sqlx::Error) -> Self {
        match Self::of_statement(error) {
            failed @ Self::FlushFailed(_) => failed,
            other => Self::Unavailable(other.to_string()),
        }
    }

    /// Reads what a driver says of a COMMIT. Only what the database is known to have rolled back was not
    /// performed; anything else is in doubt.
    pub fn of_commit(error: &sqlx::Error) -> Self {
        let read = Self::of_statement(error);
        let sqlx::Error::Database(database) = error else { return Self::InDoubt(read.to_string()) };
        let code = database.code().unwrap_or_default();
        let rolled_back = is_sqlite(&code)
            || ["40001", "40P01"].contains(&code.as_ref())
            || ["23", "25"].iter().any(|class| code.starts_with(class));
        if rolled_back { read } else { Self::InDoubt(read.to_string()) }
    }

    fn of_driver(error: &sqlx::Error) -> Self {
        let text = match error {
            sqlx::Error::Io(error) => error.kind().to_string(),
            sqlx::Error::Tls(_) => "TLS failed".to_owned(),
            sqlx::Error::PoolTimedOut => "no connection came free".to_owned(),
            sqlx::Error::PoolClosed => "closed".to_owned(),
            sqlx::Error::WorkerCrashed => "the connection's thread ended".to_owned(),
            sqlx::Error::Protocol(_) => "protocol error".to_owned(),
            other => return Self::Refused(variant(other)),
        };
        Self::Unavailable(text)
    }

    /// What the caller of an operation is told.
    pub const fn told(&self) -> Error {
        match self {
            Self::Conflict | Self::Fenced => Error::StoreConflict,
            Self::Unavailable(_) | Self::InDoubt(_) | Self::FlushFailed(_) => {
                Error::Unavailable(Unavailable::Store)
            }
            Self::Refused(_) | Self::Inconsistent { .. } => Error::Internal,
        }
    }

    pub fn inconsistent(
        table: &'static str,
        column: &'static str,
        row: impl Display,
        reason: impl Into<String>,
    ) -> Self {
        Self::Inconsistent { table, column, row: row.to_string(), reason: reason.into() }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::of_statement(&error)
    }
}

/// What an error code means for what to do next.
enum Kind {
    Conflict,
    Unavailable,
    Disk,
    Other,
}

/// Reads a code of either engine: SQLite's are numbers, whose low byte is the primary code; PostgreSQL's have
/// five characters, of which the first two are the class.
fn kind(code: &str) -> Kind {
    if let Some(code) = sqlite_code(code) {
        return match code & 0xff {
            // Busy, locked.
            5 | 6 => Kind::Conflict,
            // No memory, full, cannot open.
            7 | 13 | 14 => Kind::Unavailable,
            // Input and output, of reads and writes alike.
            10 => Kind::Disk,
            _ => Kind::Other,
        };
    }
    match (code, code.get(..2).unwrap_or_default()) {
        // Serialization failure, deadlock.
        ("40001" | "40P01", _) => Kind::Conflict,
        // Connection, a transaction's state, authorization, no such database, resources, a lock not to be had,
        // shutting down or cancelled, the system's own.
        (_, "08" | "25" | "28" | "3D" | "53" | "55" | "57" | "58") => Kind::Unavailable,
        _ => Kind::Other,
    }
}

fn is_sqlite(code: &str) -> bool {
    sqlite_code(code).is_some()
}

fn sqlite_code(code: &str) -> Option<u32> {
    (code.len() < 5).then(|| code.parse().ok()).flatten()
}

impl From<StoreError> for Error {
    /// For whoever has no more to say of it: the log gets the details, and the caller what he can do.
    fn from(error: StoreError) -> Self {
        let told = error.told();
        if told == Self::Internal {
            tracing::error!(%error, "the database can't be used as it is");
        } else {
            tracing::warn!(%error, "the database can't be used now");
        }
        told
    }
}

/// Name of the variant only: its content may repeat values.
fn variant(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::ColumnDecode { index, .. } => format!("column {index} can't be decoded"),
        sqlx::Error::ColumnNotFound(name) => format!("column {name} is missing"),
        sqlx::Error::RowNotFound => "no row".to_owned(),
        _ => "driver error".to_owned(),
    }
}
