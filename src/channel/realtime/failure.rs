//! Tells headquarters' own word from everything that may happen on the way to it.

use std::error::Error as StdError;

use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::{
    domain::error::Word,
    server::status::{Domain, code_name},
    wire::Malformed,
};

/// What a call to headquarters came to, if not to a performed write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallError {
    /// Headquarters' own word: the caller's answer.
    Word(Box<Word>),
    /// Everything else: headquarters may have performed the write or not.
    Communication(Failure),
}

/// Why there is no word of headquarters. Never anything that it or a driver has said in free text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// No answer within the budget.
    Timeout,
    /// No connection, or one that broke. The kind of the error.
    Unreachable(String),
    /// Headquarters is full.
    Overloaded,
    /// Headquarters has a defect.
    Internal,
    /// It does not know this unit, or not for this channel. Reason, or code.
    Credential(String),
    /// Whoever answers there is no headquarters that this unit understands. Reason, or code.
    Foreign(String),
    /// An answer that is none. The field.
    Garbage(&'static str),
}

/// Reasons within headquarters' domain that are no decisions about the write.
const NO_DECISION: [&str; 5] =
    ["OVERLOADED", "STORE_CONFLICT", "MALFORMED_MESSAGE", "MESSAGE_TOO_LARGE", "ANSWER_TOO_LARGE"];

impl Failure {
    /// For whoever looks for the cause.
    pub fn text(&self) -> String {
        match self {
            Self::Timeout => "no answer in time".to_owned(),
            Self::Unreachable(kind) => format!("not reachable: {kind}"),
            Self::Overloaded => "overloaded".to_owned(),
            Self::Internal => "internal error".to_owned(),
            Self::Credential(reason) => format!("it refuses this unit: {reason}"),
            Self::Foreign(reason) => {
                format!("what answers there is no headquarters for this unit: {reason}")
            }
            Self::Garbage(field) => format!("its answer makes no sense: {field}"),
        }
    }

    /// For labels of metrics.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Unreachable(_) => "unreachable",
            Self::Overloaded => "overloaded",
            Self::Internal => "internal",
            Self::Credential(_) => "credential",
            Self::Foreign(_) => "foreign",
            Self::Garbage(_) => "garbage",
        }
    }
}

impl From<Malformed> for CallError {
    fn from(malformed: Malformed) -> Self {
        Self::Communication(Failure::Garbage(malformed.0))
    }
}

impl From<&Status> for CallError {
    fn from(status: &Status) -> Self {
        let reason = status
            .get_details_error_info()
            .filter(|info| info.domain == Domain::Headquarters.as_str())
            .map(|info| info.reason);
        match reason {
            Some(reason) if is_decision(status.code(), &reason) => Self::Word(Box::new(Word {
                code: status.code().into(),
                reason,
                message: status.message().to_owned(),
                details: status.details().to_vec(),
            })),
            reason => Self::Communication(failure(status, reason.as_deref())),
        }
    }
}

/// Whether headquarters has decided about the write, and against it.
fn is_decision(code: Code, reason: &str) -> bool {
    let of_business = matches!(
        code,
        Code::InvalidArgument
            | Code::NotFound
            | Code::AlreadyExists
            | Code::FailedPrecondition
            | Code::OutOfRange
            | Code::Aborted
            | Code::ResourceExhausted
    );
    of_business && !NO_DECISION.contains(&reason)
}

fn failure(status: &Status, reason: Option<&str>) -> Failure {
    let known_as = || reason.unwrap_or_else(|| code_name(status.code())).to_owned();
    match status.code() {
        // tonic says CANCELLED of its own time limit.
        _ if caused_by::<tonic::TimeoutExpired>(status) => Failure::Timeout,
        _ if caused_by::<tonic::transport::Error>(status) => {
            Failure::Unreachable(transport_kind(status))
        }
        Code::DeadlineExceeded | Code::Cancelled => Failure::Timeout,
        Code::ResourceExhausted => Failure::Overloaded,
        Code::Unauthenticated | Code::PermissionDenied => Failure::Credential(known_as()),
        Code::Unavailable => Failure::Unreachable(known_as()),
        Code::Internal | Code::Unknown | Code::DataLoss | Code::Aborted => Failure::Internal,
        _ => Failure::Foreign(known_as()),
    }
}

/// Whether the connection was being closed in an orderly way while the call was put on it: headquarters is
/// restarting or asks for a new connection, and the same call on a new one may well be answered.
pub fn is_closing(status: &Status) -> bool {
    causes(status).any(|cause| {
        cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_canceled)
            || cause.downcast_ref::<h2::Error>().is_some_and(|error| {
                error.is_go_away() && error.reason() == Some(h2::Reason::NO_ERROR)
            })
    })
}

fn caused_by<E: StdError + 'static>(status: &Status) -> bool {
    causes(status).any(<dyn StdError>::is::<E>)
}

fn causes(status: &Status) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    std::iter::successors(StdError::source(status), |&cause| cause.source())
}

/// The kind of what went wrong in the connection, without texts of others.
fn transport_kind(status: &Status) -> String {
    let io = causes(status).filter_map(|cause| cause.downcast_ref::<std::io::Error>()).last();
    let protocol = causes(status).find_map(|cause| cause.downcast_ref::<h2::Error>()?.reason());
    match (io, protocol) {
        (Some(error), _) => error.kind().to_string(),
        (None, Some(reason)) => {
            format!("what answers there breaks HTTP/2 ({})", reason.description())
        }
        (None, None) => "the connection failed".to_owned(),
    }
}

#[cfg(test)]
#[path = "failure_tests.rs"]
mod tests;
