//! Everything that can go wrong for a caller, in the field's words. How it looks on the wire is decided in one
//! place, `server::status`.

use crate::domain::{
    id::{CustomerId, RequestId},
    job::Job,
    named::named,
    routing::Refusal,
    time::Timestamp,
};

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An operation's failure. Texts never hold personal data or driver messages: they reach logs and callers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("{} invalid", plural(.0.len(), "field is", "fields are"))]
    InvalidFields(Vec<Violation>),
    #[error("the update mask is invalid")]
    InvalidFieldMask(Vec<Violation>),
    #[error("the page token does not belong to this search")]
    InvalidPageToken,
    /// `known` are the channels served here, to say what to do next.
    #[error("channel {channel:?} is not configured here; this unit serves: {}", .known.join(", "))]
    ChannelNotConfigured { channel: String, known: Vec<String> },
    /// `customers_applied_at`: when 1010 was applied last, as a customer may be on its way.
    #[error("there is no such customer in this channel database")]
    CustomerNotFound { customers_applied_at: Option<Timestamp> },
    #[error("the customer has no such address")]
    AddressNotFound,
    #[error("customer {0} exists and was created by another request")]
    CustomerExists(CustomerId),
    #[error("request id {0} was used for a write with other content")]
    RequestIdReused(RequestId),
    #[error("the customer has changed since the etag was read; read it again and repeat")]
    EtagMismatch,
    #[error("a concurrent write came between; nothing was written, repeat the request")]
    StoreConflict,
    #[error("{}", .0.explanation())]
    Refused(Refusal),
    #[error("a customer has at most {limit} addresses")]
    AddressLimit { limit: usize },
    /// What headquarters said of a real-time write.
    #[error("headquarters refused it: {}", .0.reason)]
    Headquarters(Box<Word>),
    /// Deleted at headquarters since the channel's last 1070.
    #[error("headquarters has no customer group {code:?}")]
    CustomerGroupNotFound { code: String },
    #[error("there is no feature {key:?}")]
    FeatureNotFound { key: String },
    #[error("{key} needs features that are off: {}; enable them first", .missing.join(", "))]
    FeaturePrerequisitesMissing { key: String, missing: Vec<String> },
    #[error("{key} is needed by enabled features: {}; disable them first", .others.join(", "))]
    FeatureRequiredByOthers { key: String, others: Vec<String> },
    #[error("{key} is always on")]
    FeatureMandatory { key: String },
    /// Something that headquarters' setup refers to by its code.
    #[error("there is no {what} {code:?}")]
    CodeNotFound { what: &'static str, code: String },
    #[error("{what} {code:?} is in use by {by}")]
    InUse { what: &'static str, code: String, by: String },
    #[error(
        "headquarters knows no channel database {name:?}; add a channel to it: csu channels add CHANNEL --database {name}"
    )]
    DatabaseNotConfigured { name: String },
    #[error(
        "another channel database is in use under the name {name:?}; start this one under a name of its own (--database-name)"
    )]
    DatabaseNameInUse { name: String },
    #[error("this channel database has not registered with headquarters")]
    DatabaseNotRegistered,
    #[error("channel {channel:?} belongs to another channel database")]
    ChannelOfAnotherDatabase { channel: String },
    /// An upload that does not go on where headquarters is.
    #[error("revisions are missing before these; headquarters expects counter {expected} next")]
    UploadGap { expected: i64 },
    /// A database was restored or cloned, and has begun to write anew.
    #[error("headquarters has another revision with counter {counter} of this channel database")]
    OriginDiverged { counter: i64 },
    /// A unit whose formats of packages are others than headquarters'.
    #[error("headquarters writes packages of format {}, and this unit reads {}; update the older of the two", listed(.ours), listed(.theirs))]
    FormatNotSupported { ours: Vec<u32>, theirs: Vec<u32> },
    /// Headquarters was restored from a backup, or the unit does not tell the truth.
    #[error(
        "the channel database has version {version} of job {job}, and headquarters has only given {given}: it was restored"
    )]
    HeadquartersRestored { job: &'static str, version: i64, given: i64 },
    #[error("there is no job {code:?}; jobs are: {}", job_codes())]
    JobNotFound { code: String },
    #[error(
        "no channel database is registered as {name:?}; csu channels list shows who serves which channel"
    )]
    DatabaseNotFound { name: String },
    #[error("there is no run {0}")]
    RunNotFound(i64),
    #[error("run {0} has ended")]
    RunEnded(i64),
    #[error("there is no session {0}")]
    SessionNotFound(i64),
    #[error("session {0} has ended")]
    SessionEnded(i64),
    #[error("session {0} is not suspended")]
    SessionNotSuspended(i64),
    /// It has ended, or it is not its turn.
    #[error("session {0} is not to be downloaded now")]
    SessionNotOpen(i64),
    #[error("there is no such operation")]
    OperationNotFound,
    #[error("the unit is at its limit; nothing was written, repeat the request later")]
    Overloaded,
    /// The database did not answer, or the unit is stopping. A write may have been performed.
    #[error("{0}")]
    Unavailable(Unavailable),
    #[error("the deadline passed before there was an answer; repeat with the same request id")]
    DeadlineExceeded,
    /// A defect of ours: details are in the log under the request's id, never on the wire.
    #[error("internal error")]
    Internal,
}

/// A refusal by headquarters, to be handed on as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Number of its gRPC code.
    pub code: i32,
    /// `ErrorInfo.reason`
    pub reason: String,
    pub message: String,
    /// The encoded `google.rpc.Status`, with all details.
    pub details: Vec<u8>,
}

/// Why there is no answer now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    #[error("the database does not answer; repeat with the same request id")]
    Store,
    #[error("the unit is stopping; repeat with the same request id")]
    Stopping,
    /// It may have performed the write.
    #[error("headquarters' answer could not be kept; repeat with the same request id")]
    Headquarters,
}

/// One bad field. `field` is its path in the request (`customer.addresses[1].street`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    pub field: String,
    pub reason: FieldReason,
    pub description: String,
}

impl Violation {
    pub fn new(
        field: impl Into<String>,
        reason: FieldReason,
        description: impl Into<String>,
    ) -> Self {
        Self { field: field.into(), reason, description: description.into() }
    }
}

named! {
    /// What is wrong with a field; stable on the wire.
    FieldReason {
        Required = "REQUIRED",
        TooLong = "TOO_LONG",
        StreetLengthExceeded = "STREET_LENGTH_EXCEEDED",
        CountyLengthExceeded = "COUNTY_LENGTH_EXCEEDED",
        ControlCharacter = "CONTROL_CHARACTER",
        InvalidId = "INVALID_ID",
        InvalidName = "INVALID_NAME",
        InvalidEnumValue = "INVALID_ENUM_VALUE",
        InvalidEmail = "INVALID_EMAIL",
        InvalidPhone = "INVALID_PHONE",
        InvalidCountry = "INVALID_COUNTRY",
        InvalidLanguage = "INVALID_LANGUAGE",
        InvalidCurrency = "INVALID_CURRENCY",
        UnknownCode = "UNKNOWN_CODE",
        OutOfRange = "OUT_OF_RANGE",
        EmptyAddress = "EMPTY_ADDRESS",
        TooManyAddresses = "TOO_MANY_ADDRESSES",
        TooManyContacts = "TOO_MANY_CONTACTS",
        MultiplePrimaryAddresses = "MULTIPLE_PRIMARY_ADDRESSES",
        MultiplePrimaryContacts = "MULTIPLE_PRIMARY_CONTACTS",
        NotAllowedForType = "NOT_ALLOWED_FOR_TYPE",
        FieldNotAllowedInAsyncCreate = "FIELD_NOT_ALLOWED_IN_ASYNC_CREATE",
        UnknownField = "UNKNOWN_FIELD",
        OutputOnly = "OUTPUT_ONLY",
        Immutable = "IMMUTABLE",
        NotEditableYet = "NOT_EDITABLE_YET",
    }
}

fn listed(numbers: &[u32]) -> String {
    numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")
}

fn job_codes() -> String {
    Job::ALL.iter().map(|job| job.code()).collect::<Vec<_>>().join(", ")
}

fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
