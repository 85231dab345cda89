use tonic::Status;

use super::*;
use crate::{
    domain::{
        error::{Error as Ours, FieldReason, Unavailable, Violation},
        routing::Refusal as Rule,
    },
    server::status::{Domain, status, status_of},
};

const ID: &str = "0195e9f4-0000-7000-8000-000000000000";

fn refused(status: Status) -> CallError {
    CallError::refused("http://unit:50051", Duration::from_secs(10), status.into())
}

#[test]
fn exit_codes_say_whether_repeating_helps() {
    for (error, exit) in [
        (Ours::InvalidFields(vec![]), Exit::Refused),
        (Ours::Refused(Rule::CustomerPendingSync), Exit::Refused),
        (Ours::EtagMismatch, Exit::Refused),
        (Ours::AddressLimit { limit: 100 }, Exit::Refused),
        (Ours::CustomerNotFound { customers_applied_at: None }, Exit::NotFound),
        (Ours::StoreConflict, Exit::NotReachable),
        (Ours::Overloaded, Exit::NotReachable),
        (Ours::Refused(Rule::HqUnreachable), Exit::NotReachable),
        (Ours::Unavailable(Unavailable::Stopping), Exit::NotReachable),
        (Ours::DeadlineExceeded, Exit::NotReachable),
        (Ours::Internal, Exit::Failed),
    ] {
        assert_eq!(refused(status(&error)).exit(), exit, "{error}");
    }
}

#[test]
fn every_bad_field_has_a_line() {
    let violation = |field: &str, reason, text: &str| Violation::new(field, reason, text);
    let error = refused(status(&Ours::InvalidFields(vec![
        violation("customer.last_name", FieldReason::TooLong, "at most 100 characters"),
        violation("channel", FieldReason::Required, "name one\u{7}"),
    ])));
    assert_eq!(
        error.of_write(ID).text(),
        format!(
            "2 fields are invalid (INVALID_ARGUMENT, INVALID_FIELD)\
             \n  customer.last_name:  TOO_LONG:  at most 100 characters\
             \n  channel:             REQUIRED:  name one\u{fffd}\
             \nRequest id: {ID}"
        )
    );
}

#[test]
fn a_write_in_doubt_is_to_be_repeated_under_its_id() {
    let error = refused(status(&Ours::Unavailable(Unavailable::Store))).of_write(ID);
    let text = error.text();
    assert!(text.contains("Try again in 1s.") && text.contains(&format!("--request-id {ID}")));
    assert_eq!(error.json()["error"]["in_doubt"], true);
    let error = refused(status(&Ours::EtagMismatch)).of_write(ID);
    assert!(!error.text().contains("--request-id") && !error.text().contains("Try again"));
    // Someone in between, who does not know.
    let foreign = Status::from(std::io::Error::from(std::io::ErrorKind::ConnectionReset));
    let error = refused(foreign).of_write(ID);
    assert_eq!(error.exit(), Exit::NotReachable);
    assert!(error.text().contains("--request-id"), "{}", error.text());
    assert!(error.text().contains("no proper answer from http://unit:50051"), "{}", error.text());
}

#[test]
fn programs_get_the_same() {
    let error = refused(status(&Ours::Overloaded));
    let shown = &error.json()["error"];
    assert_eq!(
        (&shown["code"], &shown["reason"]),
        (&json!("RESOURCE_EXHAUSTED"), &json!("OVERLOADED"))
    );
    assert_eq!(shown["retry_delay_ms"], 200);
    let (server, reason) = ("http://unit:1".to_owned(), "refused".to_owned());
    let callee = Callee::Unit;
    let error = CallError::NotConnected { callee, server, reason };
    assert_eq!(error.exit(), Exit::NotReachable);
    assert!(error.text().contains("csu serve") && error.text().contains("--server"));
    assert_eq!(error.json()["error"]["in_doubt"], false);
}

#[test]
fn what_the_message_leaves_out_is_told() {
    let text = refused(status(&Ours::CustomerNotFound { customers_applied_at: None })).text();
    assert_eq!(
        text,
        "there is no such customer in this channel database (NOT_FOUND, CUSTOMER_NOT_FOUND)\
         \n  customers_applied_time: never"
    );
}

#[test]
fn a_refusal_by_headquarters_says_what_to_run_first() {
    let error = Ours::FeaturePrerequisitesMissing {
        key: "async-customer-editing".to_owned(),
        missing: vec!["a".to_owned(), "b".to_owned()],
    };
    let error = refused(status_of(Domain::Headquarters, &error)).advised(|refusal| {
        vec![format!("csu feature enable {}", refusal.list("missing").join(" "))]
    });
    assert_eq!(
        error.text(),
        "async-customer-editing needs features that are off: a, b; enable them first \
         (FAILED_PRECONDITION, FEATURE_PREREQUISITES_MISSING)\
         \nRun this first:\
         \n  csu feature enable a b"
    );
    let shown = &error.json()["error"];
    assert_eq!(shown["domain"], "headquarters.commerce.csu");
    assert_eq!(shown["metadata"]["missing"], "a,b");
    assert_eq!(shown["run_first"], json!(["csu feature enable a b"]));
}

#[test]
fn what_the_command_line_refuses_itself_looks_the_same() {
    let refusal = Refusal::by_us(Code::NotFound, "CODE_NOT_FOUND", "there is no x".to_owned())
        .with("known", "a,b");
    let error = CallError::refused("http://unit:50052", Duration::from_secs(10), refusal);
    assert_eq!(error.exit(), Exit::NotFound);
    assert_eq!(error.text(), "there is no x (NOT_FOUND, CODE_NOT_FOUND)\n  known: a,b");
}
