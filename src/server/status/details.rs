//! The details of a status as bytes. Written by hand, as tonic-types' builder knows neither a field
//! violation's reason nor a limit: details travel in a header, and clients refuse long ones
//! (grpc-java at 8 KiB in all).

use bytes::Bytes;
use prost::Message as _;
use prost_types::Any;
use tonic_types::pb;

use crate::{
    domain::error::Violation,
    server::status::{Domain, Row},
};

/// Most bytes of a status' message. It lists a unit's channels, for instance.
pub(super) const MAX_MESSAGE: usize = 500;
/// Most bytes of one text that may come from the caller.
pub(super) const MAX_TEXT: usize = 200;
/// Most bytes of all field violations together: 4 KiB, so that they and the rest fit in 8 KiB as
/// base64.
const MAX_VIOLATIONS: usize = 4 * 1024;

/// Most bytes of another's details, which base64 makes a third longer.
pub(super) const MAX_HANDED_ON: usize = 5 * 1024;

/// What a status has besides what every one has.
#[derive(Debug)]
pub(super) enum Detail {
    None,
    Fields(Vec<pb::bad_request::FieldViolation>),
    /// What has to change first.
    Precondition(String),
}

impl Detail {
    /// As many of the violations as there is room for, and how many that leaves out. A caller who
    /// corrects them is told of the rest.
    pub(super) fn fields(violations: &[Violation]) -> (Self, usize) {
        let mut room = MAX_VIOLATIONS;
        let shown: Vec<_> = violations
            .iter()
            .map(|violation| pb::bad_request::FieldViolation {
                field: shortened(&violation.field, MAX_TEXT),
                description: shortened(&violation.description, MAX_TEXT),
                reason: violation.reason.as_str().to_owned(),
                localized_message: None,
            })
            .map_while(|violation| {
                room = room.checked_sub(violation.encoded_len())?;
                Some(violation)
            })
            .collect();
        let left_out = violations.len() - shown.len();
        (Self::Fields(shown), left_out)
    }
}

pub(super) fn encode(domain: Domain, row: Row, message: &str, localized: &str) -> Bytes {
    let mut details = vec![any(
        "ErrorInfo",
        &pb::ErrorInfo {
            reason: row.reason.to_owned(),
            domain: domain.as_str().to_owned(),
            metadata: row
                .metadata
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect(),
        },
    )];
    match row.detail {
        Detail::None => {}
        Detail::Fields(violations) => {
            details.push(any("BadRequest", &pb::BadRequest { field_violations: violations }));
        }
        Detail::Precondition(subject) => {
            let violation = pb::precondition_failure::Violation {
                r#type: row.reason.to_owned(),
                subject,
                description: message.to_owned(),
            };
            details.push(any(
                "PreconditionFailure",
                &pb::PreconditionFailure { violations: vec![violation] },
            ));
        }
    }
    if let Some(delay) = row.retry_after {
        let retry_delay = prost_types::Duration::try_from(delay).ok();
        details.push(any("RetryInfo", &pb::RetryInfo { retry_delay }));
    }
    details.push(any(
        "LocalizedMessage",
        &pb::LocalizedMessage { locale: "en-US".to_owned(), message: localized.to_owned() },
    ));
    pb::Status { code: row.code as i32, message: message.to_owned(), details }
        .encode_to_vec()
        .into()
}

fn any(name: &str, message: &impl prost::Message) -> Any {
    Any {
        type_url: format!("type.googleapis.com/google.rpc.{name}"),
        value: message.encode_to_vec(),
    }
}

/// `text` in at most `most` bytes, with a mark where something was cut off.
pub(super) fn shortened(text: &str, most: usize) -> String {
    const MARK: &str = "…";
    if text.len() <= most {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(most.saturating_sub(MARK.len()));
    format!("{}{MARK}", &text[..end])
}
