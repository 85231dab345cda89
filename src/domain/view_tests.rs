use std::collections::BTreeMap;

use proptest::{collection::vec, prelude::*};

use super::*;
use crate::domain::{
    customer::{Contact, ContactKind},
    field::{CustomerField, Field, tests as field_tests},
    id::ContactId,
    sample::{anna, fields, patch, request, revision},
};

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        field_tests::patch().prop_map(|fields| Change::UpdateCustomer { fields }),
        (0..4usize, "[ab]{1,2}").prop_map(|(index, value)| Change::AddContact {
            contact: Contact {
                id: request(1).contact_id(index),
                kind: ContactKind::Email,
                value,
                typed: String::new(),
            },
        }),
        (0..5usize, field_tests::patch(), any::<bool>()).prop_map(|(index, fields, primary)| {
            Change::AddAddress { id: request(1).address_id(index), fields, primary }
        }),
    ]
}

/// A create and what followed it, with rising counters.
fn history() -> impl Strategy<Value = Vec<Revision>> {
    (field_tests::patch(), vec(vec(change(), 0..4), 1..12)).prop_map(|(fields, rest)| {
        let mut rest = rest.into_iter();
        let mut first = vec![Change::CreateCustomer { fields }];
        first.extend(rest.next().unwrap_or_default());
        (1..)
            .zip(std::iter::once(first).chain(rest))
            .map(|(n, changes)| revision(n, changes))
            .collect()
    })
}

/// Last written value of each field, said without folding.
fn last_written<'a, F: Field>(patches: impl Iterator<Item = &'a Patch<F>>) -> Fields<F> {
    let mut last = BTreeMap::new();
    for (field, value) in patches.flat_map(Patch::iter) {
        last.insert(field, value.to_owned());
    }
    last.into_iter().collect()
}

fn changes(history: &[Revision]) -> impl Iterator<Item = &Change> {
    history.iter().flat_map(|revision| &revision.changes)
}

proptest! {
    #[test]
    fn appending_one_by_one_equals_folding_anew(history in history()) {
        let mut view = None;
        for (position, revision) in history.iter().enumerate() {
            view = fold(view, revision);
            prop_assert_eq!(&view, &fold_all(None, &history[..=position]));
        }
    }

    #[test]
    fn the_last_write_of_everything_is_seen(history in history()) {
        let Some(view) = fold_all(None, &history) else {
            return Err(TestCaseError::fail("a create makes a customer"));
        };
        let customer_patches = changes(&history).filter_map(|change| match change {
            Change::CreateCustomer { fields } | Change::UpdateCustomer { fields } => Some(fields),
            _ => None,
        });
        prop_assert_eq!(&view.fields, &last_written(customer_patches));

        let contacts: BTreeMap<ContactId, &Contact> = changes(&history)
            .filter_map(|change| match change {
                Change::AddContact { contact } => Some((contact.id, contact)),
                _ => None,
            })
            .collect();
        prop_assert_eq!(view.contacts.len(), contacts.len());
        prop_assert!(view.contacts.iter().all(|contact| contacts[&contact.id] == contact));

        for address in &view.addresses {
            let written = changes(&history).filter_map(|change| match change {
                Change::AddAddress { id, fields, .. } if *id == address.id => Some(fields),
                _ => None,
            });
            prop_assert_eq!(&address.fields, &last_written(written));
        }
        let order: Vec<_> = view.addresses.iter().map(|it| (it.created_at, it.id)).collect();
        prop_assert!(order.is_sorted_by(|earlier, later| earlier < later), "oldest first, each once");
        let primary = changes(&history)
            .filter_map(|change| match change {
                Change::AddAddress { id, primary: true, .. } => Some(*id),
                _ => None,
            })
            .last();
        prop_assert_eq!(view.primary_address, primary);
        prop_assert_eq!(view.account_number, None);
    }

    /// 1010 and outcomes come one after the other: for a while a base holds what still waits.
    #[test]
    fn a_base_that_holds_waiting_revisions_already_changes_nothing(
        history in history(), applied in 1..12usize, resolved in 0..12usize,
    ) {
        let applied = applied.min(history.len());
        let resolved = resolved.min(applied);
        let number = Some("C-0000042".to_owned());
        let mut base = fold_all(None, &history[..applied]);
        if let Some(base) = &mut base {
            base.account_number.clone_from(&number);
        }
        let mut expected = fold_all(None, &history);
        if let Some(expected) = &mut expected {
            expected.account_number = number;
        }
        prop_assert_eq!(fold_all(base, &history[resolved..]), expected);
    }
}

#[test]
fn an_edit_of_a_customer_that_is_not_here_makes_none() {
    let edit = revision(
        2,
        vec![Change::UpdateCustomer { fields: patch([(CustomerField::LastName, "Bianchi")]) }],
    );
    let address = revision(
        3,
        vec![Change::AddAddress {
            id: request(3).address_id(0),
            fields: Patch::default(),
            primary: true,
        }],
    );
    assert_eq!(fold(None, &edit), None);
    assert_eq!(fold_all(None, [&edit, &address]), None);
}

#[test]
fn a_create_never_merges_with_another_customer_under_its_id() {
    let strangers = Customer { account_number: Some("C-0000042".to_owned()), ..anna() };
    let create = |number| {
        revision(
            number,
            vec![Change::CreateCustomer { fields: patch([(CustomerField::FirstName, "Berta")]) }],
        )
    };

    let own = fold(Some(strangers.clone()), &create(1));
    assert_eq!(
        own.map(|view| (view.account_number.clone(), view.display_name())),
        Some((strangers.account_number.clone(), "Berta Rossi".to_owned())),
        "a base of the same request is the customer itself"
    );

    let view = fold(Some(strangers.clone()), &create(9)).unwrap();
    assert_eq!(view.fields, fields([(CustomerField::FirstName, "Berta")]));
    assert_eq!((view.account_number, view.created_by), (None, request(9)));
    assert!(view.contacts.is_empty() && view.addresses.is_empty());
    assert_eq!(fold_all(Some(strangers.clone()), []), Some(strangers), "discarded, it is gone");
}

#[test]
fn an_edit_moves_the_time_of_change_forward_only_and_an_address_leaves_it() {
    let edit = revision(
        5,
        vec![Change::UpdateCustomer { fields: patch([(CustomerField::LastName, "Bianchi")]) }],
    );
    let address = revision(
        6,
        vec![Change::AddAddress {
            id: request(6).address_id(0),
            fields: Patch::default(),
            primary: true,
        }],
    );
    let edited = fold(Some(anna()), &edit).unwrap();
    assert_eq!(edited.updated_at, edit.captured_at);
    let later = Customer { updated_at: Timestamp(999_999), ..anna() };
    assert_eq!(fold(Some(later), &edit).unwrap().updated_at, Timestamp(999_999));

    let view = fold(Some(edited.clone()), &address).unwrap();
    assert_eq!(view.updated_at, edited.updated_at);
    assert_eq!(view.addresses.last().map(|added| added.created_at), Some(address.captured_at));
    assert_eq!(view.primary_address(), Some(request(6).address_id(0)));
}
