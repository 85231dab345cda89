//! The rows of a batch, ready to be bound as one JSON array a table: both engines unpack the same shape, so that
//! a statement is constant whatever the number of its rows.

use serde::Serialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::{
    channel::store::payload,
    domain::{
        customer::{Address, ContactKind, Customer},
        field::{AddressField, CustomerField, Field, Patch},
        id::CustomerId,
        known::KnownCustomer,
        revision::{Change, Counter, Revision},
        search,
        time::Timestamp,
        write::{RequestRecord, Write},
    },
};

/// Operations of the staging tables.
const CREATE: i64 = 1;
const UPDATE: i64 = 2;

/// What happened, for watchers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    Created = 1,
    Changed = 2,
}

/// Rows to insert or change, by table.
#[derive(Debug, Default)]
pub struct Rows {
    pub(super) revisions: Vec<Value>,
    pub(super) staged_customers: Vec<Value>,
    pub(super) staged_addresses: Vec<Value>,
    pub(super) staged_contacts: Vec<Value>,
    pub(super) new_customers: Vec<Value>,
    pub(super) changed_customers: Vec<Value>,
    pub(super) addresses: Vec<Value>,
    pub(super) terms_added: Vec<Value>,
    pub(super) terms_removed: Vec<Value>,
    pub(super) records: Vec<Value>,
    pub(super) events: Vec<Value>,
}

impl Rows {
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// A captured revision with all its consequences: staging rows, views, search rows, event.
    pub fn add_revision(
        &mut self,
        write: &Write,
        revision: &Revision,
        before: Option<&KnownCustomer>,
        after: &KnownCustomer,
        event: Counter,
    ) {
        let touched = revision.as_waiting();
        self.revisions.push(json!({
            "counter": revision.counter.0,
            "id": revision.id,
            "request_id": revision.request_id,
            "request_hash": hex::encode(write.request_hash),
            "customer_id": revision.customer_id,
            "channel": write.channel,
            "caller": write.caller.name,
            "captured_at": revision.captured_at,
            "base_version": revision.base_version,
            "touches": payload::touches(&touched),
        }));
        for (ordinal, change) in revision.changes.iter().enumerate() {
            self.stage(revision, ordinal, change, after.customer.account_number.as_deref());
        }
        self.put_view(revision, before.map(|known| &known.customer), &after.customer);
        let kind = if before.is_none() { EventKind::Created } else { EventKind::Changed };
        self.events.push(json!({
            "counter": event.0,
            "kind": kind as i64,
            "customer_id": revision.customer_id,
            "revision": revision.counter.0,
            "happened_at": revision.captured_at,
        }));
    }

    pub fn add_record(&mut self, record: &RequestRecord, recorded_at: Timestamp) {
        self.records.push(json!({
            "request_id": record.request_id,
            "request_hash": hex::encode(record.request_hash),
            "recorded_at": recorded_at,
            "answer": payload::to_text(&record.answer),
        }));
    }

    fn stage(
        &mut self,
        revision: &Revision,
        ordinal: usize,
        change: &Change,
        number: Option<&str>,
    ) {
        let mut row = Map::new();
        row.insert("counter".into(), json!(revision.counter.0));
        row.insert("ordinal".into(), json!(ordinal));
        row.insert("custaccountasync".into(), json!(revision.customer_id));
        row.insert("custaccount".into(), json!(number));
        let operation = match change {
            Change::UpdateCustomer { .. } => UPDATE,
            Change::CreateCustomer { .. }
            | Change::AddContact { .. }
            | Change::AddAddress { .. } => CREATE,
        };
        row.insert("operation".into(), json!(operation));
        match change {
            Change::CreateCustomer { fields } | Change::UpdateCustomer { fields } => {
                put_patch(&mut row, fields, customer_column);
                self.staged_customers.push(Value::Object(row));
            }
            Change::AddContact { contact } => {
                let kind = match contact.kind {
                    ContactKind::Phone => "PHONE",
                    ContactKind::Email => "EMAIL",
                };
                row.insert("contactid".into(), json!(contact.id));
                row.insert("contacttype".into(), json!(kind));
                row.insert("locator".into(), json!(contact.value));
                row.insert("typedlocator".into(), json!(contact.typed));
                self.staged_contacts.push(Value::Object(row));
            }
            Change::AddAddress { id, fields, primary } => {
                row.insert("addressid".into(), json!(id));
                row.insert("makepostaladdressprimary".into(), json!(i64::from(*primary)));
                put_patch(&mut row, fields, address_column);
                self.staged_addresses.push(Value::Object(row));
            }
        }
    }

    fn put_view(&mut self, revision: &Revision, before: Option<&Customer>, after: &Customer) {
        let view = payload::customer(after);
        let row = json!({ "id": after.id, "view": view });
        match before.map(payload::customer) {
            None => self.new_customers.push(row),
            Some(known) if known != view => self.changed_customers.push(row),
            // An address alone leaves the customer as it is.
            Some(_) => {}
        }
        let touched: Vec<_> = revision.changes.iter().filter_map(Change::address).collect();
        for address in after.addresses.iter().filter(|address| touched.contains(&address.id)) {
            self.addresses.push(address_row(after.id, address));
        }
        let old = before.map(search::terms).unwrap_or_default();
        let new = search::terms(after);
        self.terms_removed.extend(old.difference(&new).map(|term| term_row(term, after.id.0)));
        self.terms_added.extend(new.difference(&old).map(|term| term_row(term, after.id.0)));
    }
}

/// One JSON array of rows.
pub(super) fn array<T: Serialize>(rows: &[T]) -> String {
    payload::to_text(&rows)
}

fn address_row(customer: CustomerId, address: &Address) -> Value {
    json!({ "customer_id": customer, "id": address.id, "view": payload::to_text(address) })
}

fn term_row(term: &search::Term, customer: Uuid) -> Value {
    json!({ "kind": term.kind.code(), "term": term.text, "customer_id": customer })
}

fn put_patch<F: Field>(
    row: &mut Map<String, Value>,
    patch: &Patch<F>,
    column: fn(F) -> &'static str,
) {
    for (field, value) in patch.iter() {
        row.insert(column(field).to_owned(), json!(value));
    }
}

/// Columns as the field knows them.
pub(super) const fn customer_column(field: CustomerField) -> &'static str {
    match field {
        CustomerField::Type => "relationshiptype",
        CustomerField::FirstName => "firstname",
        CustomerField::MiddleName => "middlename",
        CustomerField::LastName => "lastname",
        CustomerField::OrganizationName => "custname",
        CustomerField::Language => "languageid",
        CustomerField::CustomerGroup => "custgroup",
        CustomerField::Currency => "currency",
        CustomerField::ReceiptOption => "receiptoption",
        CustomerField::ReceiptEmail => "receiptemail",
        CustomerField::IdentificationNumber => "identificationnumber",
        CustomerField::PrimaryPhone => "primaryphone",
        CustomerField::PrimaryEmail => "primaryemail",
    }
}

/// Columns as the field knows them.
pub(super) const fn address_column(field: AddressField) -> &'static str {
    match field {
        AddressField::Purpose => "role",
        AddressField::Street => "street",
        AddressField::StreetNumber => "streetnumber",
        AddressField::Building => "buildingcompliment",
        AddressField::District => "districtname",
        AddressField::City => "city",
        AddressField::County => "county",
        AddressField::State => "state",
        AddressField::PostalCode => "zip",
        AddressField::Country => "country",
    }
}
