//! How headquarters lays a revision over what it has. Real-time writes are revisions applied at once by this same
//! code.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::{
    base::Base,
    customer::{Address, Contact, Customer},
    field::{AddressField, CustomerField, Field as _, Fields, Patch},
    id::AddressId,
    origin::Origin,
    revision::{Change, Draft},
    time::Timestamp,
};

/// When a value was written, in headquarters' order and in time, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Headquarters' version that brought it.
    #[serde(rename = "v")]
    pub version: i64,
    /// When it was captured, at the latest when headquarters received it.
    pub at: Timestamp,
    pub origin: Origin,
}

/// A customer with the history that merging needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    #[serde(flatten)]
    pub base: Base,
    stamps: Stamps,
}

/// Of each value that was not written with the customer itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Stamps {
    created: Stamp,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    fields: BTreeMap<CustomerField, Stamp>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    primary_address: Option<Stamp>,
    /// Of an address with its fields.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    addresses: BTreeMap<AddressId, Stamp>,
}

/// A value that was not taken, as another one was written later without knowing it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Superseded {
    /// Path of the field.
    pub field: String,
    pub lost: String,
    pub kept: String,
}

/// What became of a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    pub record: Record,
    /// Whether the customer is another than before, and has the revision's version.
    pub changed: bool,
    pub superseded: Vec<Superseded>,
}

impl Record {
    /// A new customer with its number. `None` if the revision does not create it.
    pub fn created(draft: &Draft, number: String, stamp: Stamp) -> Option<Self> {
        let Some(Change::CreateCustomer { fields }) = draft.changes.first() else { return None };
        let mut customer = Customer {
            id: draft.customer_id,
            account_number: Some(number),
            created_by: draft.request_id,
            fields: Fields::default(),
            contacts: Vec::new(),
            primary_address: None,
            addresses: Vec::new(),
            created_at: stamp.at,
            updated_at: stamp.at,
        };
        customer.fields.apply(fields);
        let stamps = Stamps {
            created: stamp,
            fields: BTreeMap::new(),
            primary_address: None,
            addresses: BTreeMap::new(),
        };
        let record = Self { base: Base { customer, version: stamp.version }, stamps };
        Some(record.merge(draft, stamp).record)
    }

    /// Lays the revision over the record. `stamp` has the version that it gets if it changes anything.
    #[must_use]
    pub fn merge(self, draft: &Draft, stamp: Stamp) -> Merged {
        let mut merging = Merging {
            record: self,
            base_version: draft.base_version.unwrap_or(0),
            stamp,
            changed: false,
            superseded: Vec::new(),
        };
        for change in &draft.changes {
            merging.lay(change);
        }
        let Merging { mut record, changed, superseded, .. } = merging;
        if changed {
            record.base.version = stamp.version;
        }
        Merged { record, changed, superseded }
    }

    /// Whether one of the fields was written after this version.
    pub fn changed_since(&self, version: i64, patch: &Patch<CustomerField>) -> bool {
        patch.iter().any(|(field, _)| self.stamps.of_field(field).version > version)
    }
}

impl Stamps {
    fn of_field(&self, field: CustomerField) -> Stamp {
        self.fields.get(&field).copied().unwrap_or(self.created)
    }
}

/// One merge under way.
struct Merging {
    record: Record,
    base_version: i64,
    stamp: Stamp,
    changed: bool,
    superseded: Vec<Superseded>,
}

impl Merging {
    fn lay(&mut self, change: &Change) {
        match change {
            // Whoever creates what is there has been told already; its fields are not anyone's edit.
            Change::CreateCustomer { .. } => {}
            Change::UpdateCustomer { fields } => {
                fields.iter().for_each(|(field, value)| self.lay_field(field, value));
            }
            Change::AddContact { contact } => self.lay_contact(contact),
            Change::AddAddress { id, fields, primary } => {
                self.lay_address(*id, fields);
                if *primary {
                    self.lay_primary_address(*id);
                }
            }
        }
    }

    /// What was written knowing the other value wins; of two written without knowing each other, the later one.
    fn wins(&self, other: Stamp) -> bool {
        other.version <= self.base_version
            || (self.stamp.at, self.stamp.origin) >= (other.at, other.origin)
    }

    fn lay_field(&mut self, field: CustomerField, value: &str) {
        let customer = &mut self.record.base.customer;
        let known = customer.fields.get(field).to_owned();
        if known == value {
            return;
        }
        if !self.wins(self.record.stamps.of_field(field)) {
            self.lose(field.name(), value, &known);
            return;
        }
        let customer = &mut self.record.base.customer;
        customer.fields.set(field, value);
        customer.updated_at = customer.updated_at.max(self.stamp.at);
        self.record.stamps.fields.insert(field, self.stamp);
        self.changed = true;
    }

    fn lay_contact(&mut self, contact: &Contact) {
        let customer = &mut self.record.base.customer;
        if customer.contacts.iter().all(|known| known.id != contact.id) {
            customer.contacts.push(contact.clone());
            customer.updated_at = customer.updated_at.max(self.stamp.at);
            self.changed = true;
        }
    }

    fn lay_address(&mut self, id: AddressId, fields: &Patch<AddressField>) {
        let addresses = &mut self.record.base.customer.addresses;
        if addresses.iter().any(|known| known.id == id) {
            return;
        }
        let mut address = Address { id, fields: Fields::default(), created_at: self.stamp.at };
        address.fields.apply(fields);
        let position = addresses.partition_point(|other| {
            (other.created_at, other.id) < (address.created_at, address.id)
        });
        addresses.insert(position, address);
        if self.stamp != self.record.stamps.created {
            self.record.stamps.addresses.insert(id, self.stamp);
        }
        self.changed = true;
    }

    fn lay_primary_address(&mut self, id: AddressId) {
        let known = self.record.base.customer.primary_address;
        if known == Some(id) {
            return;
        }
        let written = self.record.stamps.primary_address.unwrap_or(self.record.stamps.created);
        if !self.wins(written) {
            let kept = known.map(|id| id.to_string()).unwrap_or_default();
            self.lose("primary_address", &id.to_string(), &kept);
            return;
        }
        self.record.base.customer.primary_address = Some(id);
        self.record.stamps.primary_address = Some(self.stamp);
        self.changed = true;
    }

    fn lose(&mut self, field: &str, lost: &str, kept: &str) {
        self.superseded.push(Superseded {
            field: field.to_owned(),
            lost: lost.to_owned(),
            kept: kept.to_owned(),
        });
    }
}

#[cfg(test)]
#[path = "merge_tests.rs"]
mod tests;
