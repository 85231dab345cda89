//! Enum values, which the domain knows by their names without prefix.

use crate::{
    domain::{
        customer::{ContactKind as Contact, customer_type},
        sync::SyncState as State,
        validation::Choice,
    },
    proto::channel::{AddressPurpose, ContactKind, CustomerType, ReceiptOption, SyncState},
};

/// The choice behind a number whose name, if it has one, starts with `prefix`.
pub(in crate::channel::grpc) fn known(
    number: i32,
    name: Option<&'static str>,
    prefix: &str,
) -> Choice {
    match name.and_then(|name| name.strip_prefix(prefix)) {
        None => Choice::Unknown(number),
        Some("UNSPECIFIED") => Choice::Unset,
        Some(name) => Choice::Known(name),
    }
}

macro_rules! choices {
    ($($of:ident, $shown:ident: $enum:ident $prefix:literal;)*) => {$(
        pub(in crate::channel::grpc) fn $of(number: i32) -> Choice {
            known(number, $enum::try_from(number).ok().map(|value| value.as_str_name()), $prefix)
        }

        pub(in crate::channel::grpc) fn $shown(name: &str) -> $enum {
            $enum::from_str_name(&format!("{}{name}", $prefix)).unwrap_or_default()
        }
    )*};
}

choices! {
    customer_type_of, customer_type_named: CustomerType "CUSTOMER_TYPE_";
    receipt_option_of, receipt_option: ReceiptOption "RECEIPT_OPTION_";
    purpose_of, purpose: AddressPurpose "ADDRESS_PURPOSE_";
}

pub(in crate::channel::grpc) fn contact_kind_of(number: i32) -> Choice {
    let kind = ContactKind::try_from(number).ok();
    known(number, kind.map(|value| value.as_str_name()), "CONTACT_KIND_")
}

pub(super) fn customer_type(organization: bool) -> CustomerType {
    customer_type_named(if organization {
        customer_type::ORGANIZATION
    } else {
        customer_type::PERSON
    })
}

pub(super) const fn contact_kind(kind: Contact) -> ContactKind {
    match kind {
        Contact::Phone => ContactKind::Phone,
        Contact::Email => ContactKind::Email,
    }
}

pub(super) const fn sync_state(state: State) -> SyncState {
    match state {
        State::Synced => SyncState::Synced,
        State::PendingUpload => SyncState::PendingUpload,
        State::PendingProcessing => SyncState::PendingProcessing,
        State::PendingDownload => SyncState::PendingDownload,
        State::Failed => SyncState::Failed,
    }
}
