//! The rows of a batch, ready to be bound as one JSON array a table: both engines unpack the same shape, so that
//! a statement is constant whatever the number of its rows.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    channel::store::{payload, staging},
    domain::{
        base::Base,
        customer::{Address, Customer},
        id::{AddressId, CustomerId},
        known::KnownCustomer,
        outcome::{Outcome, Settled},
        revision::{Change, Counter, Revision},
        search,
        sync::Entity,
        time::Timestamp,
        write::{RequestRecord, Write},
    },
    storage::to_text,
};

/// What happened, for watchers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    Created = 1,
    Changed = 2,
    Gone = 3,
    /// A full package was applied: whoever watches reads everything anew.
    Everything = 4,
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
    pub(super) rebased_customers: Vec<Value>,
    pub(super) addresses: Vec<Value>,
    pub(super) address_bases: Vec<Value>,
    pub(super) removed_addresses: Vec<Value>,
    pub(super) removed_customers: Vec<Value>,
    pub(super) terms_added: Vec<Value>,
    pub(super) terms_removed: Vec<Value>,
    pub(super) records: Vec<Value>,
    pub(super) events: Vec<Value>,
    /// Revisions that wait no longer since `resolved_at`, and those of them that headquarters has performed.
    pub(super) resolved: Vec<Counter>,
    pub(super) completed: Vec<Counter>,
    pub(super) resolved_at: Timestamp,
}

impl EventKind {
    /// Of a customer that was there or not, and is or is not.
    pub const fn of(before: bool, after: bool) -> Self {
        match (before, after) {
            (_, false) => Self::Gone,
            (false, true) => Self::Created,
            (true, true) => Self::Changed,
        }
    }
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
            "decision": to_text(&write.execution.decision()),
            "touches": payload::touches(&touched),
        }));
        staging::stage(self, revision, after.customer.account_number.as_deref());
        let known = before.map(|known| &known.customer);
        self.put_view(revision, known, &after.customer);
        self.put_terms(known, Some(&after.customer));
        self.events.push(json!({
            "counter": event.0,
            "kind": EventKind::of(before.is_some(), true) as i64,
            "customer_id": revision.customer_id,
            "revision": revision.counter.0,
            "happened_at": revision.captured_at,
        }));
    }

    /// A new base with all its consequences: view where revisions wait, search rows. `after` is the customer with
    /// them laid over it.
    pub fn add_base(&mut self, base: &Base, before: Option<&KnownCustomer>, after: &KnownCustomer) {
        let row = json!({
            "id": base.customer.id,
            "version": base.version,
            "base": payload::customer(&base.customer),
            "view": view_over(base, after),
        });
        match before {
            None => self.new_customers.push(row),
            Some(_) => self.rebased_customers.push(row),
        }
        self.put_address_bases(base, before, after);
        self.put_terms(before.map(|known| &known.customer), Some(&after.customer));
    }

    /// A base that was there before what waited on it was resolved: it stays, and the view changes with its
    /// consequences.
    pub fn add_view(&mut self, base: &Base, before: &KnownCustomer, after: &KnownCustomer) {
        let row = json!({ "id": base.customer.id, "view": view_over(base, after) });
        self.changed_customers.push(row);
        self.put_address_bases(base, Some(before), after);
        self.put_terms(Some(&before.customer), Some(&after.customer));
    }

    /// A customer that headquarters does not have yet, without some of what waited.
    pub fn add_pending_view(&mut self, before: &KnownCustomer, after: &KnownCustomer) {
        let (known, view) = (&before.customer, &after.customer);
        self.changed_customers.push(json!({ "id": view.id, "view": payload::customer(view) }));
        let changed = view.addresses.iter().filter(|address| !known.addresses.contains(address));
        self.addresses.extend(changed.map(|address| address_row(view.id, address)));
        self.remove_addresses(known, Some(after));
        self.put_terms(Some(known), Some(view));
    }

    /// A customer that is gone, with all that it had.
    pub fn add_gone(&mut self, before: &KnownCustomer) {
        self.removed_customers.push(json!({ "id": before.customer.id }));
        self.remove_addresses(&before.customer, None);
        self.put_terms(Some(&before.customer), None);
    }

    /// What happened by no revision of this database. `customer_id`: `None` for all of them.
    pub fn add_event(
        &mut self,
        event: Counter,
        kind: EventKind,
        customer_id: Option<CustomerId>,
        at: Timestamp,
    ) {
        self.events.push(json!({
            "counter": event.0,
            "kind": kind as i64,
            "customer_id": customer_id,
            "revision": null,
            "happened_at": at,
        }));
    }

    /// Revisions that wait no longer.
    pub fn add_resolved(&mut self, settled: &Settled, at: Timestamp) {
        self.resolved.extend(&settled.resolved);
        self.completed.extend(&settled.completed);
        self.resolved_at = at;
    }

    pub fn add_record(&mut self, record: &RequestRecord, recorded_at: Timestamp) {
        self.records.push(json!({
            "request_id": record.request_id,
            "request_hash": hex::encode(record.request_hash),
            "recorded_at": recorded_at,
            "answer": to_text(&record.answer),
        }));
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
    }

    /// Those that differ from what is there, and the removal of those that are gone.
    fn put_address_bases(
        &mut self,
        base: &Base,
        before: Option<&KnownCustomer>,
        after: &KnownCustomer,
    ) {
        let known = before.map(|known| known.customer.addresses.as_slice()).unwrap_or_default();
        for address in &base.customer.addresses {
            let is_there = before.is_some_and(|before| {
                before.synced_addresses.contains(&address.id)
                    && !before.edits_waiting(Entity::Address(address.id))
                    && known.contains(address)
            });
            if is_there {
                continue;
            }
            let view = after.customer.addresses.iter().find(|view| view.id == address.id);
            let view = view.filter(|view| *view != address).map(to_text);
            self.address_bases.push(json!({
                "customer_id": base.customer.id,
                "id": address.id,
                "base": to_text(address),
                "view": view,
            }));
        }
        if let Some(before) = before {
            self.remove_addresses(&before.customer, Some(after));
        }
    }

    /// Those that are gone.
    fn remove_addresses(&mut self, before: &Customer, after: Option<&KnownCustomer>) {
        let is_gone =
            |id: &AddressId| after.is_none_or(|after| after.address_standing(*id).is_none());
        let gone = before.addresses.iter().map(|address| address.id).filter(is_gone);
        self.removed_addresses.extend(gone.map(|id| json!({ "customer_id": before.id, "id": id })));
    }

    fn put_terms(&mut self, before: Option<&Customer>, after: Option<&Customer>) {
        let Some(id) = after.or(before).map(|customer| customer.id.0) else { return };
        let old = before.map(search::terms).unwrap_or_default();
        let new = after.map(search::terms).unwrap_or_default();
        self.terms_removed.extend(old.difference(&new).map(|term| term_row(term, id)));
        self.terms_added.extend(new.difference(&old).map(|term| term_row(term, id)));
    }
}

/// The view, where it differs from the base.
fn view_over(base: &Base, after: &KnownCustomer) -> Option<String> {
    let view = payload::customer(&after.customer);
    (view != payload::customer(&base.customer)).then_some(view)
}

/// Headquarters' word on a revision.
pub(super) fn outcome(outcome: &Outcome, at: Timestamp) -> Value {
    json!({
        "counter": outcome.counter.0,
        "outcome": outcome.status.as_str(),
        "version": outcome.version,
        "change": outcome.change,
        "error_reason": outcome.error_reason,
        "processed_at": at,
    })
}

fn address_row(customer: CustomerId, address: &Address) -> Value {
    json!({ "customer_id": customer, "id": address.id, "view": to_text(address) })
}

fn term_row(term: &search::Term, customer: Uuid) -> Value {
    json!({ "kind": term.kind.code(), "term": term.text, "customer_id": customer })
}
