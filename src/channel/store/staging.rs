//! Revisions as rows of the five staging tables, and back.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::{
    channel::store::Rows,
    domain::{
        customer::{Contact, ContactKind},
        field::{AddressField, CustomerField, Field, Patch},
        id::{AddressId, ContactId, CustomerId, RequestId, RevisionId},
        revision::{Change, Counter, Revision},
        submission::CapturedRevision,
        time::Timestamp,
    },
    storage::{StoreError, StoreResult, bytes_32, parse},
};

/// Operations of the staging tables.
const CREATE: i64 = 1;
const UPDATE: i64 = 2;

/// A revision as the load statement of either engine returns it: counter, id, request id, customer, capture time,
/// version that its writer saw, and the staged customers, contacts and addresses as arrays.
pub(super) type RevisionTuple = (i64, Uuid, Uuid, Uuid, i64, Option<i64>, String, String, String);

/// The same with request hash, channel, caller and decision.
pub(super) type CapturedTuple = (
    i64,
    Uuid,
    Uuid,
    Uuid,
    i64,
    Option<i64>,
    String,
    String,
    String,
    Vec<u8>,
    String,
    String,
    String,
);

/// A staged row: what every one has, and the columns of its table.
#[derive(Deserialize)]
struct Staged {
    ordinal: i64,
    operation: i64,
    #[serde(flatten)]
    columns: Map<String, Value>,
}

/// Adds the rows of a revision. `number`: the customer's, if it has one.
pub(super) fn stage(rows: &mut Rows, revision: &Revision, number: Option<&str>) {
    for (ordinal, change) in revision.changes.iter().enumerate() {
        let operation = match change {
            Change::UpdateCustomer { .. } => UPDATE,
            Change::CreateCustomer { .. }
            | Change::AddContact { .. }
            | Change::AddAddress { .. } => CREATE,
        };
        let mut row = Map::new();
        row.insert("counter".into(), json!(revision.counter.0));
        row.insert("ordinal".into(), json!(ordinal));
        row.insert("operation".into(), json!(operation));
        row.insert("custaccountasync".into(), json!(revision.customer_id));
        row.insert("custaccount".into(), json!(number));
        match change {
            Change::CreateCustomer { fields } | Change::UpdateCustomer { fields } => {
                put_patch(&mut row, fields, customer_column);
                rows.staged_customers.push(Value::Object(row));
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
                rows.staged_contacts.push(Value::Object(row));
            }
            Change::AddAddress { id, fields, primary } => {
                row.insert("addressid".into(), json!(id));
                row.insert("makepostaladdressprimary".into(), json!(i64::from(*primary)));
                put_patch(&mut row, fields, address_column);
                rows.staged_addresses.push(Value::Object(row));
            }
        }
    }
}

/// The revision that was staged so.
pub(super) fn revision(row: &RevisionTuple) -> StoreResult<Revision> {
    let (counter, id, request_id, customer_id, captured_at, base_version, ..) = *row;
    let (customers, contacts, addresses) = (&row.6, &row.7, &row.8);
    let mut changes = Vec::new();
    for staged in staged("retailasynccustomerv2", counter, customers)? {
        let fields = take_patch(&staged.columns, customer_column);
        let change = match staged.operation {
            CREATE => Change::CreateCustomer { fields },
            UPDATE => Change::UpdateCustomer { fields },
            other => return Err(unknown("retailasynccustomerv2", counter, other)),
        };
        changes.push((staged.ordinal, change));
    }
    for staged in staged("retailasynccustomercontact", counter, contacts)? {
        let contact = contact(&staged.columns)
            .filter(|_| staged.operation == CREATE)
            .ok_or_else(|| unknown("retailasynccustomercontact", counter, staged.operation))?;
        changes.push((staged.ordinal, Change::AddContact { contact }));
    }
    for staged in staged("retailasyncaddressv2", counter, addresses)? {
        let id = uuid(&staged.columns, "addressid")
            .filter(|_| staged.operation == CREATE)
            .ok_or_else(|| unknown("retailasyncaddressv2", counter, staged.operation))?;
        let fields = take_patch(&staged.columns, address_column);
        let primary = staged.columns.get("makepostaladdressprimary") == Some(&json!(1));
        changes.push((staged.ordinal, Change::AddAddress { id: AddressId(id), fields, primary }));
    }
    changes.sort_by_key(|(ordinal, _)| *ordinal);
    Ok(Revision {
        counter: Counter(counter),
        id: RevisionId(id),
        request_id: RequestId(request_id),
        customer_id: CustomerId(customer_id),
        captured_at: Timestamp(captured_at),
        base_version,
        changes: changes.into_iter().map(|(_, change)| change).collect(),
    })
}

/// A revision with all that headquarters is sent of it.
pub(super) fn captured(row: CapturedTuple) -> StoreResult<CapturedRevision> {
    let (counter, id, request_id, customer_id, captured_at, base_version, ..) = row;
    let (customers, contacts, addresses) = (row.6, row.7, row.8);
    let staged = (
        counter,
        id,
        request_id,
        customer_id,
        captured_at,
        base_version,
        customers,
        contacts,
        addresses,
    );
    Ok(CapturedRevision {
        revision: revision(&staged)?,
        request_hash: bytes_32("revision", "request_hash", counter, row.9)?,
        channel: row.10,
        caller: row.11,
        decision: parse("revision", "decision", counter, &row.12)?,
    })
}

fn staged(table: &'static str, counter: i64, rows: &str) -> StoreResult<Vec<Staged>> {
    parse(table, "*", counter, rows)
}

fn unknown(table: &'static str, counter: i64, operation: i64) -> StoreError {
    let reason = format!("operation {operation} means nothing here");
    StoreError::inconsistent(table, "operation", counter, reason)
}

fn contact(columns: &Map<String, Value>) -> Option<Contact> {
    let text = |column: &str| columns.get(column)?.as_str().map(str::to_owned);
    let kind = match text("contacttype")?.as_str() {
        "PHONE" => ContactKind::Phone,
        "EMAIL" => ContactKind::Email,
        _ => return None,
    };
    Some(Contact {
        id: ContactId(uuid(columns, "contactid")?),
        kind,
        value: text("locator")?,
        typed: text("typedlocator").unwrap_or_default(),
    })
}

fn uuid(columns: &Map<String, Value>, column: &str) -> Option<Uuid> {
    columns.get(column)?.as_str()?.parse().ok()
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

/// NULL is untouched.
fn take_patch<F: Field>(row: &Map<String, Value>, column: fn(F) -> &'static str) -> Patch<F> {
    F::ALL
        .iter()
        .filter_map(|field| Some((*field, row.get(column(*field))?.as_str()?.to_owned())))
        .collect()
}

/// Columns as the field knows them.
const fn customer_column(field: CustomerField) -> &'static str {
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
const fn address_column(field: AddressField) -> &'static str {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::{self, anna, patch};

    /// What the engines answer for the rows that were staged.
    fn loaded(rows: &Rows, revision: &Revision) -> RevisionTuple {
        let array = |rows: &[Value]| crate::storage::to_text(&rows);
        (
            revision.counter.0,
            revision.id.0,
            revision.request_id.0,
            revision.customer_id.0,
            revision.captured_at.millis(),
            revision.base_version,
            array(&rows.staged_customers),
            array(&rows.staged_contacts),
            array(&rows.staged_addresses),
        )
    }

    #[test]
    fn a_revision_is_staged_and_read_back_whole() {
        let customer = anna();
        let contact =
            |index: usize| Change::AddContact { contact: customer.contacts[index].clone() };
        let address = |index: usize, primary| Change::AddAddress {
            id: customer.addresses[index].id,
            fields: customer.addresses[index].fields.as_patch(),
            primary,
        };
        let create = Change::CreateCustomer { fields: customer.fields.as_patch() };
        let cleared = patch([(CustomerField::FirstName, ""), (CustomerField::LastName, "Verdi")]);
        for changes in [
            vec![create, contact(0), contact(2), address(0, false), address(1, true)],
            vec![Change::UpdateCustomer { fields: cleared }],
            vec![address(1, true)],
        ] {
            let staged = sample::revision(7, changes);
            let mut rows = Rows::default();
            stage(&mut rows, &staged, None);
            assert_eq!(revision(&loaded(&rows, &staged)).unwrap(), staged);
        }
    }

    #[test]
    fn what_means_nothing_is_said_without_its_values() {
        let staged = sample::revision(
            7,
            vec![Change::UpdateCustomer { fields: patch([(CustomerField::FirstName, "Anna")]) }],
        );
        let mut rows = Rows::default();
        stage(&mut rows, &staged, None);
        rows.staged_customers[0]["operation"] = json!(9);
        let error = revision(&loaded(&rows, &staged)).unwrap_err().to_string();
        assert!(error.contains("retailasynccustomerv2") && !error.contains("Anna"), "{error}");
    }
}
