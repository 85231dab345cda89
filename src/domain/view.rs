//! What readers see: headquarters' base with the waiting revisions laid over it in counter order.

use crate::domain::{
    customer::{Address, Customer},
    field::{AddressField, Fields, Patch},
    id::AddressId,
    revision::{Change, Revision},
    time::Timestamp,
};

/// Lays one revision over a view; the writer appends with this. `None` stays `None` unless the revision creates
/// the customer: a write of a customer that is not here has nothing to change.
pub fn fold(view: Option<Customer>, revision: &Revision) -> Option<Customer> {
    revision.changes.iter().fold(view, |view, change| lay(view, change, revision))
}

/// Folds anew, after a new base or an outcome. `waiting` in counter order.
pub fn fold_all<'a>(
    base: Option<Customer>,
    waiting: impl IntoIterator<Item = &'a Revision>,
) -> Option<Customer> {
    waiting.into_iter().fold(base, fold)
}

fn lay(view: Option<Customer>, change: &Change, revision: &Revision) -> Option<Customer> {
    let at = revision.captured_at;
    let mut view = match change {
        // A base made by the same request is this customer already. Any other is somebody else who came by the
        // same id: the two are never merged, and the create shows until it is repaired or discarded.
        Change::CreateCustomer { .. } => view
            .filter(|known| known.created_by == revision.request_id)
            .unwrap_or_else(|| blank(revision)),
        _ => view?,
    };
    match change {
        Change::CreateCustomer { fields } | Change::UpdateCustomer { fields } => {
            view.fields.apply(fields);
            view.updated_at = view.updated_at.max(at);
        }
        Change::AddContact { contact } => {
            match view.contacts.iter_mut().find(|known| known.id == contact.id) {
                Some(known) => known.clone_from(contact),
                None => view.contacts.push(contact.clone()),
            }
            view.updated_at = view.updated_at.max(at);
        }
        Change::AddAddress { id, fields, primary } => {
            lay_address(&mut view, *id, fields, at);
            if *primary {
                view.primary_address = Some(*id);
            }
        }
    }
    Some(view)
}

fn lay_address(view: &mut Customer, id: AddressId, fields: &Patch<AddressField>, at: Timestamp) {
    if let Some(known) = view.addresses.iter_mut().find(|address| address.id == id) {
        known.fields.apply(fields);
        return;
    }
    let mut address = Address { id, fields: Fields::default(), created_at: at };
    address.fields.apply(fields);
    let position = view
        .addresses
        .partition_point(|other| (other.created_at, other.id) < (address.created_at, address.id));
    view.addresses.insert(position, address);
}

fn blank(revision: &Revision) -> Customer {
    Customer {
        id: revision.customer_id,
        account_number: None,
        created_by: revision.request_id,
        fields: Fields::default(),
        contacts: Vec::new(),
        primary_address: None,
        addresses: Vec::new(),
        created_at: revision.captured_at,
        updated_at: revision.captured_at,
    }
}

#[cfg(test)]
#[path = "view_tests.rs"]
mod tests;
