use std::fmt::Write as _;

use prost::Message as _;
use tonic_types::{StatusExt as _, pb};
use uuid::Uuid;

use super::*;
use crate::domain::{
    conclusion::Failure,
    error::FieldReason,
    id::{CustomerId, RequestId},
};

fn violation(field: &str) -> Violation {
    Violation::new(field, FieldReason::TooLong, "at most 100 characters")
}

fn all_errors() -> Vec<Error> {
    let unknown_channel = Error::ChannelNotConfigured {
        channel: "AUSTIN".to_owned(),
        known: vec!["HOUSTON".to_owned(), "SEATTLE".to_owned()],
    };
    let applied = Some(Timestamp(1_760_000_000_123));
    let mut errors = vec![
        Error::InvalidFields(vec![violation("customer.first_name"), violation("customer.county")]),
        Error::InvalidFieldMask(vec![violation("update_mask")]),
        Error::InvalidPageToken,
        unknown_channel,
        Error::CustomerNotFound { customers_applied_at: None },
        Error::CustomerNotFound { customers_applied_at: applied },
        Error::AddressNotFound,
        Error::CustomerExists(CustomerId(Uuid::nil())),
        Error::RequestIdReused(RequestId(Uuid::nil())),
        Error::EtagMismatch,
        Error::StoreConflict,
        Error::AddressLimit { limit: 100 },
        Error::UploadGap { expected: 8 },
        Error::OriginDiverged { counter: 7 },
        Error::Overloaded,
        Error::Unavailable(Unavailable::Store),
        Error::Unavailable(Unavailable::Stopping),
        Error::DeadlineExceeded,
        Error::Internal,
    ];
    errors.extend(Refusal::ALL.iter().map(|refusal| Error::Refused(*refusal)));
    errors
}

/// Code, reason, what else is in the details, metadata.
fn line(status: &Status) -> String {
    let details = status.get_error_details();
    let info = details.error_info().unwrap();
    let mut line = format!("{} {}", code_name(status.code()), info.reason);
    if let Some(bad) = details.bad_request() {
        write!(line, " fields:{}", bad.field_violations.len()).unwrap();
    }
    for failure in details.precondition_failure().iter().flat_map(|failure| &failure.violations) {
        assert_eq!(failure.r#type, info.reason);
        write!(line, " precondition:{}", failure.subject).unwrap();
    }
    if let Some(retry) = details.retry_info() {
        write!(line, " retry:{:?}", retry.retry_delay.unwrap()).unwrap();
    }
    for (key, value) in &info.metadata {
        write!(line, " {key}={value}").unwrap();
    }
    line
}

const TABLE: &str = "\
INVALID_ARGUMENT INVALID_FIELD fields:2
INVALID_ARGUMENT INVALID_FIELD_MASK fields:1
INVALID_ARGUMENT INVALID_PAGE_TOKEN
FAILED_PRECONDITION CHANNEL_NOT_CONFIGURED precondition:AUSTIN channel=AUSTIN
NOT_FOUND CUSTOMER_NOT_FOUND customers_applied_time=never
NOT_FOUND CUSTOMER_NOT_FOUND customers_applied_time=2025-10-09T08:53:20.123Z
NOT_FOUND ADDRESS_NOT_FOUND
ALREADY_EXISTS CUSTOMER_EXISTS customer=customers/00000000-0000-0000-0000-000000000000
ALREADY_EXISTS REQUEST_ID_REUSED request_id=00000000-0000-0000-0000-000000000000
ABORTED ETAG_MISMATCH retry:50ms
ABORTED STORE_CONFLICT retry:50ms
RESOURCE_EXHAUSTED ADDRESS_LIMIT limit=100
FAILED_PRECONDITION UPLOAD_GAP precondition:revisions expected_counter=8
FAILED_PRECONDITION ORIGIN_DIVERGED precondition:origin counter=7
RESOURCE_EXHAUSTED OVERLOADED retry:200ms
UNAVAILABLE STORE_UNAVAILABLE retry:1s
UNAVAILABLE STOPPING retry:1s
DEADLINE_EXCEEDED DEADLINE_EXCEEDED
INTERNAL INTERNAL
FAILED_PRECONDITION CUSTOMERS_FILTERED_OFFLINE precondition:channel
FAILED_PRECONDITION CUSTOMER_PENDING_SYNC precondition:customer
FAILED_PRECONDITION ADDRESS_PENDING_SYNC precondition:address
FAILED_PRECONDITION EDITS_WAITING precondition:customer
UNAVAILABLE POS_OFFLINE retry:30s
UNAVAILABLE HQ_UNREACHABLE retry:1s
DEADLINE_EXCEEDED TOO_LITTLE_TIME
FAILED_PRECONDITION LOYALTY_REQUIRES_SYNCED_CUSTOMER precondition:customer
";

#[test]
fn the_whole_table() {
    let table: String = all_errors().iter().map(|error| line(&status(error)) + "\n").collect();
    println!("{table}");
    assert_eq!(table, TABLE);
}

#[test]
fn every_status_has_what_a_client_needs() {
    for error in all_errors() {
        for domain in [Domain::Channel, Domain::Headquarters] {
            let status = status_of(domain, &error);
            assert_ne!(status.code(), Code::Unknown);
            assert_eq!(status.message(), error.to_string());
            let wire = pb::Status::decode(status.details()).unwrap();
            assert_eq!((wire.code, &*wire.message), (status.code() as i32, status.message()));
            let infos = wire.details.iter().filter(|any| any.type_url.ends_with(".ErrorInfo"));
            assert_eq!(infos.count(), 1);
            let details = status.get_error_details();
            let info = details.error_info().unwrap();
            assert_eq!(info.domain, domain.as_str());
            assert!(info.reason.len() <= 63);
            assert!(info.reason.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'));
            let localized = details.localized_message().unwrap();
            assert_eq!(localized.locale, "en-US");
            assert!(localized.message.ends_with('.') && !localized.message.contains("  "));
            assert!(localized.message.starts_with(char::is_uppercase), "{localized:?}");
            // A code that says "try again" says when, and the others don't.
            let retryable = matches!(status.code(), Code::Aborted | Code::Unavailable)
                || error == Error::Overloaded;
            assert_eq!(details.retry_info().is_some(), retryable, "{error:?}");
        }
    }
}

/// What is stored of a failed revision, and read by programs, is what a real-time caller is told.
#[test]
fn a_failed_revision_has_the_reason_of_its_error() {
    let mut failures = 0;
    let group = Error::CustomerGroupNotFound { code: "31".to_owned() };
    for error in all_errors().into_iter().chain([group]) {
        if let Some(failure) = Failure::of(&error) {
            assert_eq!((failure.reason, failure.text), (row(&error).reason, error.to_string()));
            failures += 1;
        }
    }
    assert_eq!(failures, 5);
}

#[test]
fn fields_have_their_reasons() {
    let error = Error::InvalidFields(vec![Violation::new(
        "customer.addresses[1].street",
        FieldReason::StreetLengthExceeded,
        "at most 250 characters",
    )]);
    let status = status(&error);
    let wire = pb::Status::decode(status.details()).unwrap();
    let any = wire.details.iter().find(|any| any.type_url.ends_with("BadRequest")).unwrap();
    let bad = pb::BadRequest::decode(&*any.value).unwrap();
    let violation = &bad.field_violations[0];
    assert_eq!(violation.field, "customer.addresses[1].street");
    assert_eq!(violation.reason, "STREET_LENGTH_EXCEEDED");
    assert_eq!(violation.description, "at most 250 characters");
}

#[test]
fn the_longest_status_fits_the_headers_of_every_client() {
    let long = "Ä".repeat(100_000);
    let violation = Violation::new(long.clone(), FieldReason::UnknownCode, long.clone());
    let channels: Vec<_> = (0..5_000).map(|number| format!("STORE{number}")).collect();
    for (error, left_out) in [
        (Error::InvalidFields(vec![violation; 1_000]), true),
        (Error::ChannelNotConfigured { channel: long, known: channels }, false),
    ] {
        let status = status(&error);
        let response = status.clone().into_http::<()>();
        let size: usize = response
            .headers()
            .iter()
            // What HPACK and grpc-java count for a header.
            .map(|(name, value)| name.as_str().len() + value.len() + 32)
            .sum();
        assert!(size <= 8_192, "{size} bytes");
        let info = status.get_details_error_info().unwrap();
        assert_eq!(info.metadata.contains_key("violations_left_out"), left_out);
    }
}

#[test]
fn an_operation_s_error_becomes_a_status_by_itself() {
    fn handler() -> Result<(), Status> {
        Err(Error::AddressNotFound)?;
        Ok(())
    }
    assert_eq!(handler().unwrap_err().code(), Code::NotFound);
}
