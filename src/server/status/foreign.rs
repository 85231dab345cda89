//! What tonic answers by itself, in our words. It has a code and an English text and no reason, and
//! some codes are not what a caller needs: a message too large is `OUT_OF_RANGE` to it, an
//! unreadable one `INTERNAL`.
//!
//! Tonic can be told apart by its texts only. They are pinned by tests against tonic itself, so
//! that an update which changes one is seen; an unknown text still gets a reason.

use http::HeaderMap;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::{
    domain::error::Error,
    server::status::{Domain, Row, build, code_name, reason, status_of},
};

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// Its code.
    pub code: Code,
    /// `ErrorInfo.reason`; empty for OK.
    pub reason: String,
}

/// Reads the end of a call from `headers` (or trailers; `None` if they don't say), and puts it into
/// our words where it isn't: every error that leaves has an `ErrorInfo`, and none is UNKNOWN.
pub fn rewrite(domain: Domain, headers: &mut HeaderMap) -> Option<End> {
    let code = Code::from_bytes(headers.get(Status::GRPC_STATUS)?.as_bytes());
    if code == Code::Ok {
        return Some(End { code, reason: String::new() });
    }
    let status = Status::from_header_map(headers)?;
    if let Some(info) = status.get_details_error_info() {
        return Some(End { code, reason: info.reason });
    }
    let ours = in_our_words(domain, &status);
    let end = End { code: ours.code(), reason: reason(&ours) };
    headers.remove(Status::GRPC_MESSAGE);
    // Its texts are short and percent-encoded, so it fits a header.
    let _ = ours.add_header(headers);
    Some(end)
}

/// `grpc.health.v1` was asked for a service that is not served here.
#[must_use]
pub fn service_not_registered(domain: Domain) -> Status {
    let row = Row::new(Code::NotFound, "SERVICE_NOT_REGISTERED");
    build(domain, row, "no such service is served here", "This isn't available here.")
}

/// The table of tonic's own answers: code, beginning of the text, and ours.
fn in_our_words(domain: Domain, theirs: &Status) -> Status {
    const BROKEN: &str = "Something went wrong between this device and the system.";
    let said = |beginning| theirs.message().starts_with(beginning);
    let (code, reason, message, localized) = match theirs.code() {
        Code::Unimplemented if said("Content is compressed with") => (
            Code::Unimplemented,
            "COMPRESSION_NOT_SUPPORTED",
            "the message is compressed in a way that is not supported here; see grpc-accept-encoding",
            BROKEN,
        ),
        Code::Unimplemented => (
            Code::Unimplemented,
            "METHOD_NOT_FOUND",
            "no such method is served here; reflection lists those that are",
            "This isn't available here. The program on this device may be newer than the system.",
        ),
        Code::OutOfRange | Code::ResourceExhausted
            if said("Error, decoded message length too large")
                || said("Error decompressing: size limit") =>
        {
            (
                Code::ResourceExhausted,
                "MESSAGE_TOO_LARGE",
                "the message is larger than this unit takes",
                "That is too much at once.",
            )
        }
        Code::OutOfRange | Code::ResourceExhausted
            if said("Error, encoded message length too large") || said("Cannot return body") =>
        {
            (
                Code::ResourceExhausted,
                "ANSWER_TOO_LARGE",
                "the answer is larger than this unit sends; ask for a smaller page",
                "That is too much at once.",
            )
        }
        Code::Internal
            if said("failed to decode Protobuf message")
                || said("Missing request message")
                || said("Unexpected EOF decoding stream")
                || said("Error decompressing") =>
        {
            (
                Code::InvalidArgument,
                "MALFORMED_MESSAGE",
                "the message can't be read as the request of this method",
                BROKEN,
            )
        }
        // The gRPC specification wants INTERNAL for a compressed message without grpc-encoding.
        Code::Internal if said("protocol error") => {
            (Code::Internal, "PROTOCOL_ERROR", "the message's frame violates the protocol", BROKEN)
        }
        Code::Cancelled if said("Timeout expired") => {
            return status_of(domain, &Error::DeadlineExceeded);
        }
        // An error of HTTP/2 or one that tonic has no code for; whoever caused it is gone mostly.
        Code::Internal | Code::Unknown => {
            return status_of(domain, &Error::Internal);
        }
        code => (code, code_name(code), theirs.message(), BROKEN),
    };
    build(domain, Row::new(code, reason), message, localized)
}
