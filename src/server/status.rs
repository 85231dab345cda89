//! How an error looks on the wire: the one table of code, reason and details. Nothing else makes a
//! `tonic::Status`, so nothing reaches a caller without a stable reason, and no driver's text ever
//! does.
//!
//! Clients act on the code and on `ErrorInfo.reason`; the message is for whoever reads their logs,
//! the `LocalizedMessage` for whoever stands at the till.

mod details;
pub mod foreign;
mod localized;

use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::{
    domain::{
        error::{Error, Unavailable, Violation, Word},
        routing::Refusal,
        time::Timestamp,
    },
    server::status::details::Detail,
};

/// Who speaks: the `domain` of `ErrorInfo`, within which reasons are unique. Stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Domain {
    /// A scale unit.
    Channel,
    /// The headquarters.
    Headquarters,
}

impl Domain {
    /// As on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Channel => "channel.commerce.csu",
            Self::Headquarters => "headquarters.commerce.csu",
        }
    }
}

/// When to repeat after losing against another write: it is over in one commit.
const AFTER_CONFLICT: Duration = Duration::from_millis(50);
/// When to repeat at a unit that is full: some hundred requests further on.
const AFTER_OVERLOAD: Duration = Duration::from_millis(200);
/// When to repeat while something restarts: the database, this unit, the way to headquarters.
const AFTER_OUTAGE: Duration = Duration::from_secs(1);
/// When to repeat at a till without a connection: someone has to see to it.
const AFTER_OFFLINE: Duration = Duration::from_secs(30);

/// One line of the table.
#[derive(Debug)]
struct Row {
    code: Code,
    reason: &'static str,
    metadata: Vec<(&'static str, String)>,
    detail: Detail,
    retry_after: Option<Duration>,
}

/// What a caller of the channel is answered for `error`.
#[must_use]
pub fn status(error: &Error) -> Status {
    status_of(Domain::Channel, error)
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        status(&error)
    }
}

/// What a caller of `domain` is answered for `error`.
#[must_use]
pub fn status_of(domain: Domain, error: &Error) -> Status {
    if let Error::Headquarters(word) = error
        && let Some(status) = handed_on(word)
    {
        return status;
    }
    build(domain, row(error), &error.to_string(), &localized::text(error))
}

/// What headquarters said, as it said it; `None` if that is more than clients take.
#[expect(clippy::disallowed_methods, reason = "the one home of making a status")]
fn handed_on(word: &Word) -> Option<Status> {
    let fits = word.details.len() <= details::MAX_HANDED_ON;
    let message = details::shortened(&word.message, details::MAX_MESSAGE);
    let details = word.details.clone().into();
    fits.then(|| Status::with_details(Code::from_i32(word.code), message, details))
}

/// The `ErrorInfo.reason` of a status, ours or another's; empty if it has none.
#[must_use]
pub fn reason(status: &Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

#[expect(clippy::disallowed_methods, reason = "the one home of making a status")]
fn build(domain: Domain, row: Row, message: &str, localized: &str) -> Status {
    let message = details::shortened(message, details::MAX_MESSAGE);
    let code = row.code;
    let details = details::encode(domain, row, &message, localized);
    Status::with_details(code, message, details)
}

/// A code's name, as in the gRPC specification and in labels and logs.
#[must_use]
pub const fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

/// The table.
#[expect(clippy::too_many_lines, reason = "one table, a line or two an error")]
fn row(error: &Error) -> Row {
    match error {
        Error::InvalidFields(violations) => {
            Row::new(Code::InvalidArgument, "INVALID_FIELD").fields(violations)
        }
        Error::InvalidFieldMask(violations) => {
            Row::new(Code::InvalidArgument, "INVALID_FIELD_MASK").fields(violations)
        }
        Error::InvalidPageToken => Row::new(Code::InvalidArgument, "INVALID_PAGE_TOKEN"),
        Error::ChannelNotConfigured { channel, .. } => {
            Row::new(Code::FailedPrecondition, "CHANNEL_NOT_CONFIGURED")
                .precondition(channel)
                .with("channel", channel)
        }
        Error::CustomerNotFound { customers_applied_at } => {
            Row::new(Code::NotFound, "CUSTOMER_NOT_FOUND")
                .with("customers_applied_time", &applied_time(*customers_applied_at))
        }
        Error::AddressNotFound => Row::new(Code::NotFound, "ADDRESS_NOT_FOUND"),
        Error::CustomerExists(id) => {
            Row::new(Code::AlreadyExists, "CUSTOMER_EXISTS").with("customer", &id.resource_name())
        }
        Error::RequestIdReused(id) => {
            Row::new(Code::AlreadyExists, "REQUEST_ID_REUSED").with("request_id", &id.to_string())
        }
        Error::EtagMismatch => Row::new(Code::Aborted, "ETAG_MISMATCH").retry(AFTER_CONFLICT),
        Error::StoreConflict => Row::new(Code::Aborted, "STORE_CONFLICT").retry(AFTER_CONFLICT),
        Error::Refused(refusal) => refused(*refusal),
        Error::AddressLimit { limit } => {
            Row::new(Code::ResourceExhausted, "ADDRESS_LIMIT").with("limit", &limit.to_string())
        }
        // Handed on by `status_of`; this is for a word that could not be.
        Error::Headquarters(_) => Row::new(Code::FailedPrecondition, "REFUSED_BY_HEADQUARTERS"),
        Error::CustomerGroupNotFound { code } => {
            Row::new(Code::FailedPrecondition, "CUSTOMER_GROUP_NOT_FOUND")
                .precondition("customer_group")
                .with("customer_group", code)
        }
        Error::FeatureNotFound { key } => {
            Row::new(Code::NotFound, "FEATURE_NOT_FOUND").with("feature", key)
        }
        Error::FeaturePrerequisitesMissing { key, missing } => {
            Row::new(Code::FailedPrecondition, "FEATURE_PREREQUISITES_MISSING")
                .precondition(key)
                .with("feature", key)
                .with("missing", &missing.join(","))
        }
        Error::FeatureRequiredByOthers { key, others } => {
            Row::new(Code::FailedPrecondition, "FEATURE_REQUIRED_BY_OTHERS")
                .precondition(key)
                .with("feature", key)
                .with("required_by", &others.join(","))
        }
        Error::FeatureMandatory { key } => Row::new(Code::FailedPrecondition, "FEATURE_MANDATORY")
            .precondition(key)
            .with("feature", key),
        Error::CodeNotFound { what, code } => {
            Row::new(Code::NotFound, "CODE_NOT_FOUND").with("what", what).with("code", code)
        }
        Error::InUse { what, code, by } => Row::new(Code::FailedPrecondition, "IN_USE")
            .precondition(code)
            .with("what", what)
            .with("code", code)
            .with("used_by", by),
        Error::DatabaseNotConfigured { name } => {
            Row::new(Code::PermissionDenied, "DATABASE_NOT_CONFIGURED").with("database", name)
        }
        Error::DatabaseNameInUse { name } => {
            Row::new(Code::PermissionDenied, "DATABASE_NAME_IN_USE").with("database", name)
        }
        Error::DatabaseNotRegistered => Row::new(Code::PermissionDenied, "DATABASE_NOT_REGISTERED"),
        Error::ChannelOfAnotherDatabase { channel } => {
            Row::new(Code::PermissionDenied, "CHANNEL_OF_ANOTHER_DATABASE").with("channel", channel)
        }
        Error::UploadGap { expected } => Row::new(Code::FailedPrecondition, "UPLOAD_GAP")
            .precondition("revisions")
            .with("expected_counter", &expected.to_string()),
        Error::OriginDiverged { counter } => Row::new(Code::FailedPrecondition, "ORIGIN_DIVERGED")
            .precondition("origin")
            .with("counter", &counter.to_string()),
        Error::FormatNotSupported { ours, theirs } => {
            let listed =
                |formats: &[u32]| formats.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
            Row::new(Code::FailedPrecondition, "FORMAT_NOT_SUPPORTED")
                .precondition("package_formats")
                .with("headquarters", &listed(ours))
                .with("unit", &listed(theirs))
        }
        Error::HeadquartersRestored { job, version, given } => {
            Row::new(Code::FailedPrecondition, "HQ_RESTORED")
                .precondition("applied")
                .with("job", job)
                .with("version", &version.to_string())
                .with("given", &given.to_string())
        }
        Error::JobNotFound { code } => Row::new(Code::NotFound, "JOB_NOT_FOUND").with("job", code),
        Error::DatabaseNotFound { name } => {
            Row::new(Code::NotFound, "DATABASE_NOT_FOUND").with("database", name)
        }
        Error::RunNotFound(id) => numbered(Code::NotFound, "RUN_NOT_FOUND", "run", *id),
        Error::RunEnded(id) => {
            numbered(Code::FailedPrecondition, "RUN_ENDED", "run", *id).precondition("run")
        }
        Error::SessionNotFound(id) => numbered(Code::NotFound, "SESSION_NOT_FOUND", "session", *id),
        Error::SessionEnded(id) => of_session("SESSION_ENDED", *id),
        Error::SessionNotSuspended(id) => of_session("SESSION_NOT_SUSPENDED", *id),
        Error::SessionNotOpen(id) => of_session("SESSION_NOT_OPEN", *id),
        Error::OperationNotFound => Row::new(Code::NotFound, "OPERATION_NOT_FOUND"),
        Error::Overloaded => Row::new(Code::ResourceExhausted, "OVERLOADED").retry(AFTER_OVERLOAD),
        Error::Unavailable(Unavailable::Store) => {
            Row::new(Code::Unavailable, "STORE_UNAVAILABLE").retry(AFTER_OUTAGE)
        }
        Error::Unavailable(Unavailable::Stopping) => {
            Row::new(Code::Unavailable, "STOPPING").retry(AFTER_OUTAGE)
        }
        Error::Unavailable(Unavailable::Headquarters) => {
            Row::new(Code::Unavailable, "NOT_COMPLETED").retry(AFTER_CONFLICT)
        }
        Error::DeadlineExceeded => Row::new(Code::DeadlineExceeded, "DEADLINE_EXCEEDED"),
        Error::Internal => Row::new(Code::Internal, "INTERNAL"),
    }
}

fn numbered(code: Code, reason: &'static str, what: &'static str, id: i64) -> Row {
    Row::new(code, reason).with(what, &id.to_string())
}

fn of_session(reason: &'static str, id: i64) -> Row {
    numbered(Code::FailedPrecondition, reason, "session", id).precondition("session")
}

fn refused(refusal: Refusal) -> Row {
    let reason = refusal.as_str();
    let precondition = |subject| Row::new(Code::FailedPrecondition, reason).precondition(subject);
    match refusal {
        Refusal::CustomersFilteredOffline => precondition("channel"),
        Refusal::CustomerPendingSync
        | Refusal::EditsWaiting
        | Refusal::LoyaltyRequiresSyncedCustomer => precondition("customer"),
        Refusal::AddressPendingSync => precondition("address"),
        Refusal::PosOffline => Row::new(Code::Unavailable, reason).retry(AFTER_OFFLINE),
        Refusal::HqUnreachable => Row::new(Code::Unavailable, reason).retry(AFTER_OUTAGE),
        Refusal::TooLittleTime => Row::new(Code::DeadlineExceeded, reason),
    }
}

fn applied_time(time: Option<Timestamp>) -> String {
    time.and_then(|time| jiff::Timestamp::from_millisecond(time.millis()).ok())
        .map_or_else(|| "never".to_owned(), |time| time.to_string())
}

// === impl Row ===

impl Row {
    const fn new(code: Code, reason: &'static str) -> Self {
        Self { code, reason, metadata: Vec::new(), detail: Detail::None, retry_after: None }
    }

    fn with(mut self, key: &'static str, value: &str) -> Self {
        self.metadata.push((key, details::shortened(value, details::MAX_TEXT)));
        self
    }

    fn fields(self, violations: &[Violation]) -> Self {
        let (detail, left_out) = Detail::fields(violations);
        let row = Self { detail, ..self };
        if left_out == 0 { row } else { row.with("violations_left_out", &left_out.to_string()) }
    }

    /// `subject` is what has to change before the call can succeed.
    fn precondition(self, subject: &str) -> Self {
        Self {
            detail: Detail::Precondition(details::shortened(subject, details::MAX_TEXT)),
            ..self
        }
    }

    fn retry(self, after: Duration) -> Self {
        Self { retry_after: Some(after), ..self }
    }
}

#[cfg(test)]
mod tests;
