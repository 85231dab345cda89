//! How the store fails, apart from engines. Driver texts stay in the log.

use std::fmt::Display;

use sqlx::error::ErrorKind;

pub type StoreResult<T> = Result<T, StoreError>;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A concurrent write came between; nothing was written. Begin anew.
    #[error("a concurrent write came between")]
    Conflict,
    /// The database does not answer or has no room; nothing was written.
    #[error("the channel database does not answer: {0}")]
    Unavailable(String),
    /// A commit got no answer: it may have been performed.
    #[error("a commit got no answer: {0}")]
    InDoubt(String),
    /// A flush failed: what the disk holds is unknown, and the unit must stop.
    #[error("a flush failed, the unit must stop: {0}")]
    FlushFailed(String),
    /// The database refused a value or a statement; nothing was written.
    #[error("the channel database refused a statement: {0}")]
    Refused(String),
    /// A row that can't be understood.
    #[error("{table}.{column} of {row} can't be understood: {reason}")]
    Inconsistent { table: &'static str, column: &'static str, row: String, reason: String },
}

impl StoreError {
    /// Reads what a driver says of a statement before the commit. Texts of the database are left out where they
    /// may repeat values.
    pub fn of_statement(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(database) => {
                let code = database.code().unwrap_or_default();
                match code.as_ref() {
                    // PostgreSQL: serialization failure, deadlock; SQLite: busy, locked.
                    "40001" | "40P01" | "5" | "6" | "261" | "262" | "517" => Self::Conflict,
                    // PostgreSQL: too many connections, shutting down, statement timeout, no room, lock timeout;
                    // SQLite: full, cannot open.
                    "53300" | "57P01" | "57P02" | "57P03" | "57014" | "53100" | "53200"
                    | "55P03" | "13" | "14" => Self::Unavailable(format!("code {code}")),
                    // SQLite: any input or output error of a read or write.
                    code if sqlite_io_error(code) => Self::FlushFailed(format!("code {code}")),
                    _ if database.kind() == ErrorKind::UniqueViolation => Self::Conflict,
                    _ => Self::Refused(format!(
                        "code {code}{}",
                        database.constraint().map(|name| format!(", {name}")).unwrap_or_default()
                    )),
                }
            }
            sqlx::Error::Io(error) => Self::Unavailable(error.kind().to_string()),
            sqlx::Error::Tls(_) => Self::Unavailable("TLS failed".to_owned()),
            sqlx::Error::PoolTimedOut => Self::Unavailable("no connection came free".to_owned()),
            sqlx::Error::PoolClosed => Self::Unavailable("closed".to_owned()),
            sqlx::Error::WorkerCrashed => {
                Self::Unavailable("the connection's thread ended".to_owned())
            }
            sqlx::Error::Protocol(_) => Self::Unavailable("protocol error".to_owned()),
            other => Self::Refused(variant(other)),
        }
    }

    /// Reads what a driver says of a commit: what the database itself refused was not performed, anything else
    /// is in doubt.
    pub fn of_commit(error: &sqlx::Error) -> Self {
        match (Self::of_statement(error), error) {
            (refused @ (Self::FlushFailed(_) | Self::Conflict), _) => refused,
            (other, sqlx::Error::Database(database)) => match database.code().as_deref() {
                // The server was going down while it committed.
                Some("57P01" | "57P02" | "57P03") => Self::InDoubt(other.to_string()),
                _ => other,
            },
            (other, _) => Self::InDoubt(other.to_string()),
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

/// Extended codes of `SQLITE_IOERR` (10) have it in their low byte; PostgreSQL's codes have five characters.
fn sqlite_io_error(code: &str) -> bool {
    code.len() < 5 && code.parse::<u32>().is_ok_and(|code| code & 0xff == 10)
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
