//! A customer as callers see it.

use crate::{
    channel::grpc::convert::{choice, timestamp},
    domain::{
        self,
        customer::ContactKind,
        etag,
        field::{AddressField, CustomerField},
        known::KnownCustomer,
        sync::{self, Entity},
    },
    proto::channel::{Address, Contact, Customer, SyncProgress, SyncState},
};

/// What a person sees in place of a number that is not there yet.
const PENDING_SYNC: &str = "Pending sync";

pub(in crate::channel::grpc) fn shown(known: &KnownCustomer) -> Customer {
    let customer = &known.customer;
    let text = |field| customer.fields.get(field).to_owned();
    let number = customer.account_number.clone();
    let (sync_state, sync_progress) = progress(known, Entity::Customer);
    Customer {
        name: customer.id.resource_name(),
        account_number: number.clone().unwrap_or_else(|| customer.id.to_string()),
        account_number_display: number.unwrap_or_else(|| PENDING_SYNC.to_owned()),
        r#type: choice::customer_type(customer.is_organization()).into(),
        first_name: text(CustomerField::FirstName),
        middle_name: text(CustomerField::MiddleName),
        last_name: text(CustomerField::LastName),
        organization_name: text(CustomerField::OrganizationName),
        display_name: customer.display_name(),
        language: text(CustomerField::Language),
        customer_group: text(CustomerField::CustomerGroup),
        currency: text(CustomerField::Currency),
        receipt_option: choice::receipt_option(customer.fields.get(CustomerField::ReceiptOption))
            .into(),
        receipt_email: text(CustomerField::ReceiptEmail),
        contacts: contacts(customer),
        addresses: customer.addresses.iter().map(|found| address(known, found)).collect(),
        identification_number: text(CustomerField::IdentificationNumber),
        sync_state: sync_state.into(),
        sync_progress,
        etag: etag::etag(customer),
        create_time: Some(timestamp(customer.created_at)),
        update_time: Some(timestamp(customer.updated_at)),
    }
}

fn contacts(customer: &domain::customer::Customer) -> Vec<Contact> {
    let primaries =
        [ContactKind::Phone, ContactKind::Email].map(|kind| customer.primary_contact(kind));
    customer
        .contacts
        .iter()
        .map(|contact| Contact {
            id: contact.id.to_string(),
            kind: choice::contact_kind(contact.kind).into(),
            value: contact.value.clone(),
            typed_value: contact.typed.clone(),
            primary: primaries.contains(&Some(contact.id)),
        })
        .collect()
}

fn address(known: &KnownCustomer, address: &domain::customer::Address) -> Address {
    let text = |field| address.fields.get(field).to_owned();
    let (sync_state, sync_progress) = progress(known, Entity::Address(address.id));
    Address {
        id: address.id.to_string(),
        purpose: choice::purpose(address.fields.get(AddressField::Purpose)).into(),
        street: text(AddressField::Street),
        street_number: text(AddressField::StreetNumber),
        building: text(AddressField::Building),
        district: text(AddressField::District),
        city: text(AddressField::City),
        county: text(AddressField::County),
        state: text(AddressField::State),
        postal_code: text(AddressField::PostalCode),
        country: text(AddressField::Country),
        primary: known.customer.primary_address() == Some(address.id),
        sync_state: sync_state.into(),
        sync_progress,
        create_time: Some(timestamp(address.created_at)),
    }
}

fn progress(known: &KnownCustomer, entity: Entity) -> (SyncState, Option<SyncProgress>) {
    let Some(progress) = known.progress(entity) else {
        return (choice::sync_state(sync::SyncState::Synced), None);
    };
    let shown = SyncProgress {
        captured_time: Some(timestamp(progress.captured_at)),
        uploaded_time: progress.uploaded_at.map(timestamp),
        processed_time: progress.processed_at.map(timestamp),
        error_reason: progress.error_reason.clone().unwrap_or_default(),
    };
    (choice::sync_state(progress.state()), Some(shown))
}
