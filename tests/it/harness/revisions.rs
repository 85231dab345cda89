//! Revisions as units send them to headquarters.

use csu::{
    domain::id::RequestId,
    proto::exchange::{
        AddAddress, AddContact, AddressFields, Change, ContactRow, CreateCustomer, CustomerFields,
        CustomerRow, Decision, Revision, UpdateCustomer, change::Change as Kind,
    },
};

use super::writes;

/// A person with this last name, a phone and an address, at SEATTLE.
pub fn create(last_name: &str) -> Revision {
    create_with(CustomerFields {
        r#type: Some("PERSON".to_owned()),
        first_name: Some("Karen".to_owned()),
        last_name: Some(last_name.to_owned()),
        language: Some("en-US".to_owned()),
        customer_group: Some("30".to_owned()),
        ..CustomerFields::default()
    })
}

pub fn create_with(fields: CustomerFields) -> Revision {
    let request = writes::request_id();
    let contact = ContactRow {
        id: request.contact_id(0).to_string(),
        kind: "PHONE".to_owned(),
        value: "+14255550100".to_owned(),
        typed: String::new(),
    };
    let changes = [
        Kind::CreateCustomer(CreateCustomer { fields: Some(fields) }),
        Kind::AddContact(AddContact { contact: Some(contact) }),
        Kind::AddAddress(address(request, "1 Pike Place")),
    ];
    revision(request, &request.customer_id().to_string(), 0, changes)
}

/// Changes these fields of the customer as this row has it.
pub fn update(seen: &CustomerRow, fields: CustomerFields) -> Revision {
    let changes = [Kind::UpdateCustomer(UpdateCustomer { fields: Some(fields) })];
    revision(writes::request_id(), &seen.id, seen.version, changes)
}

/// Gives the customer as this row has it another last name.
pub fn rename(seen: &CustomerRow, last_name: &str) -> Revision {
    let last_name = Some(last_name.to_owned());
    update(seen, CustomerFields { last_name, ..CustomerFields::default() })
}

pub fn add_address(seen: &CustomerRow, street: &str) -> Revision {
    let request = writes::request_id();
    let changes = [Kind::AddAddress(address(request, street))];
    revision(request, &seen.id, seen.version, changes)
}

/// Of a create.
pub fn set_group(revision: &mut Revision, group: &str) {
    let Some(Kind::CreateCustomer(create)) = &mut revision.changes[0].change else {
        panic!("it creates");
    };
    create.fields.as_mut().expect("fields").customer_group = Some(group.to_owned());
}

fn address(request: RequestId, street: &str) -> AddAddress {
    let fields = AddressFields {
        street: Some(street.to_owned()),
        city: Some("Seattle".to_owned()),
        country: Some("US".to_owned()),
        ..AddressFields::default()
    };
    AddAddress { id: request.address_id(0).to_string(), fields: Some(fields), primary: false }
}

fn revision(
    request: RequestId,
    customer_id: &str,
    base_version: i64,
    changes: impl IntoIterator<Item = Kind>,
) -> Revision {
    let changes: Vec<_> =
        changes.into_iter().map(|change| Change { change: Some(change) }).collect();
    Revision {
        request_id: request.to_string(),
        request_hash: blake3::hash(format!("{changes:?}").as_bytes()).as_bytes().to_vec(),
        customer_id: customer_id.to_owned(),
        channel: "SEATTLE".to_owned(),
        caller: "anonymous".to_owned(),
        base_version,
        decision: Some(Decision {
            reason: "PROFILE_REAL_TIME".to_owned(),
            channel_configuration: 1,
            global_configuration: 1,
            configuration_age: None,
        }),
        changes,
    }
}
