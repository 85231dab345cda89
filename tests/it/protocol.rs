//! Holds what the protocol promises in its comments and fields to what the domain does.

use csu::{
    domain::{
        error::{Error, FieldReason},
        field::Field,
        mask::customer_mask,
        routing::{AsyncReason, RealTimeReason, Refusal},
    },
    proto::FILE_DESCRIPTOR_SET,
};
use prost::Message as _;
use prost_types::{DescriptorProto, FileDescriptorSet};

fn files() -> FileDescriptorSet {
    FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).unwrap_or_default()
}

fn message(name: &str) -> Option<DescriptorProto> {
    files().file.into_iter().flat_map(|file| file.message_type).find(|it| it.name() == name)
}

/// All comments of the protocol in one text, each line break a space.
fn comments() -> String {
    let locations = files().file.into_iter().filter_map(|file| file.source_code_info);
    let comments = locations
        .flat_map(|info| info.location)
        .filter_map(|location| location.leading_comments)
        .collect::<Vec<_>>();
    comments.concat().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_field_of_a_customer_can_be_updated_or_is_refused_for_a_reason() {
    let fields = message("Customer").map(|customer| customer.field).unwrap_or_default();
    assert!(!fields.is_empty(), "the descriptors hold a Customer");
    let mut writable = Vec::new();
    for field in &fields {
        match customer_mask(Some([field.name()])) {
            Ok(fields) => writable.extend(fields.into_iter().map(Field::name)),
            Err(Error::InvalidFieldMask(violations)) => {
                assert_ne!(violations[0].reason, FieldReason::UnknownField, "{}", field.name());
            }
            Err(error) => panic!("{}: {error:?}", field.name()),
        }
    }
    let promised = format!("Possible: {}.", writable.join(", "));
    assert!(comments().contains(&promised), "UpdateCustomerRequest should say: {promised}");
}

#[test]
fn the_protocol_names_every_reason_of_a_route() {
    let comments = comments();
    let named = |reasons: Vec<&str>| reasons.join(", ");
    for (before, reasons) in [
        ("Real-time: ", named(RealTimeReason::ALL.iter().map(|it| it.as_str()).collect())),
        ("Async: ", named(AsyncReason::ALL.iter().map(|it| it.as_str()).collect())),
        ("of the refusal (", named(Refusal::ALL.iter().map(|it| it.as_str()).collect())),
    ] {
        assert!(
            comments.contains(&format!("{before}{reasons}")),
            "a comment should say: {before}{reasons}"
        );
    }
}
