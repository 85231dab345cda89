use super::*;
use crate::{
    domain::{
        error::{Error, Unavailable},
        id::{CustomerId, RequestId},
        routing::Refusal,
    },
    server::status::status_of,
};

fn read(domain: Domain, error: &Error) -> CallError {
    CallError::from(&status_of(domain, error))
}

#[test]
fn what_headquarters_decides_is_its_word() {
    for (error, reason) in [
        (Error::CustomerExists(CustomerId(uuid::Uuid::nil())), "CUSTOMER_EXISTS"),
        (Error::RequestIdReused(RequestId(uuid::Uuid::nil())), "REQUEST_ID_REUSED"),
        (Error::EtagMismatch, "ETAG_MISMATCH"),
        (Error::CustomerNotFound { customers_applied_at: None }, "CUSTOMER_NOT_FOUND"),
        (Error::CustomerGroupNotFound { code: "30".to_owned() }, "CUSTOMER_GROUP_NOT_FOUND"),
        (Error::AddressLimit { limit: 100 }, "ADDRESS_LIMIT"),
        (Error::InvalidFields(Vec::new()), "INVALID_FIELD"),
    ] {
        let status = status_of(Domain::Headquarters, &error);
        let CallError::Word(word) = CallError::from(&status) else { panic!("{error:?}") };
        assert_eq!(word.reason, reason);
        assert_eq!(word.details, status.details());
        assert_eq!(word.code, i32::from(status.code()));
    }
}

#[test]
fn everything_else_is_a_failure_to_communicate() {
    let credential = |reason: &str| Failure::Credential(reason.to_owned());
    let unreachable = |reason: &str| Failure::Unreachable(reason.to_owned());
    for (error, failure) in [
        (Error::Internal, Failure::Internal),
        (Error::Overloaded, Failure::Overloaded),
        (Error::StoreConflict, Failure::Internal),
        (Error::DeadlineExceeded, Failure::Timeout),
        (Error::Unavailable(Unavailable::Stopping), unreachable("STOPPING")),
        (Error::Unavailable(Unavailable::Store), unreachable("STORE_UNAVAILABLE")),
        (Error::Refused(Refusal::HqUnreachable), unreachable("HQ_UNREACHABLE")),
        (Error::DatabaseNotRegistered, credential("DATABASE_NOT_REGISTERED")),
    ] {
        let read = read(Domain::Headquarters, &error);
        assert_eq!(read, CallError::Communication(failure), "{error:?}");
    }
}

#[test]
fn a_business_reason_of_somebody_else_is_not_headquarters_word() {
    let exists = Error::CustomerExists(CustomerId(uuid::Uuid::nil()));
    let foreign = Failure::Foreign("ALREADY_EXISTS".to_owned());
    assert_eq!(read(Domain::Channel, &exists), CallError::Communication(foreign));
}

#[test]
fn texts_of_others_are_not_shown() {
    let error = Error::CustomerGroupNotFound { code: "ada@example.com".to_owned() };
    let CallError::Communication(failure) = read(Domain::Channel, &error) else { panic!() };
    assert!(!failure.text().contains("ada"), "{}", failure.text());
}
