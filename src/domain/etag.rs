//! Tells two versions of a customer's content apart.

use crate::domain::{
    customer::Customer,
    field::{CustomerField, Field as _},
};

/// Algorithm version that new etags carry. The previous one stays understood for a release, so that replicas of
/// two releases agree on what their callers hold.
const CURRENT: &str = "1";

/// Hash over the populated writable content: no account number, states, times, addresses or primary address, so
/// that it stays when a number arrives or an address is added.
pub fn etag(customer: &Customer) -> String {
    format!("{CURRENT}-{}", version_1(customer))
}

/// Whether the etag stands for this content. One of an unknown algorithm doesn't.
pub fn matches(customer: &Customer, etag: &str) -> bool {
    match etag.split_once('-') {
        Some(("1", hash)) => version_1(customer) == hash,
        _ => false,
    }
}

fn version_1(customer: &Customer) -> String {
    let mut hasher = blake3::Hasher::new();
    for (field, value) in customer.fields.iter() {
        // Derived from the contacts where nothing was chosen, so only a choice counts.
        if matches!(field, CustomerField::PrimaryPhone | CustomerField::PrimaryEmail) {
            continue;
        }
        put(&mut hasher, field.number(), &[value]);
    }
    let mut contacts: Vec<_> = customer.contacts.iter().collect();
    contacts.sort_by_key(|contact| contact.id);
    for contact in contacts {
        let primary = customer.primary_contact(contact.kind) == Some(contact.id);
        let id = contact.id.to_string();
        put(&mut hasher, 100, &[&id, &contact.value, if primary { "primary" } else { "" }]);
    }
    hex::encode(&hasher.finalize().as_bytes()[..16])
}

/// Lengths go before the texts, so that no two contents run together.
fn put(hasher: &mut blake3::Hasher, number: u8, texts: &[&str]) {
    hasher.update(&[number]);
    for text in texts {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::domain::{
        field::{Fields, tests as field_tests},
        sample::{anna, fields, request},
        time::Timestamp,
    };

    fn changed(change: impl FnOnce(&mut Customer)) -> Customer {
        let mut customer = anna();
        change(&mut customer);
        customer
    }

    /// Callers hold etags across an update of the program: a new algorithm takes a new version, and this one
    /// stays understood.
    #[test]
    fn version_1_stays_as_it_was_released() {
        assert_eq!(etag(&anna()), "1-9105f7d2f03027663d7328c522e77d95");
    }

    #[test]
    fn it_stays_when_a_number_arrives_an_address_comes_or_time_passes() {
        let unchanged = [
            changed(|it| it.account_number = Some("C-0000042".to_owned())),
            changed(|it| drop(it.addresses.pop())),
            changed(|it| it.primary_address = Some(it.addresses[1].id)),
            changed(|it| (it.created_at, it.updated_at) = (Timestamp(7), Timestamp(8))),
            changed(|it| it.created_by = request(77)),
            changed(|it| it.contacts[2].typed = "06 1234 5678".to_owned()),
            changed(|it| it.contacts.swap(1, 2)),
            // The oldest of its kind is the primary one anyway.
            changed(|it| choose(it, CustomerField::PrimaryEmail, 0)),
        ];
        for (position, customer) in unchanged.iter().enumerate() {
            assert_eq!(etag(customer), etag(&anna()), "change {position}");
        }
    }

    #[test]
    fn it_changes_with_everything_that_can_be_written() {
        let mut customers = vec![anna()];
        for field in CustomerField::ALL {
            if !matches!(field, CustomerField::PrimaryPhone | CustomerField::PrimaryEmail) {
                customers.push(changed(|it| it.fields.set(*field, "x")));
            }
        }
        customers.extend([
            changed(|it| it.fields.set(CustomerField::LastName, "")),
            changed(|it| choose(it, CustomerField::PrimaryEmail, 1)),
            changed(|it| it.contacts[0].value = "anna@example.org".to_owned()),
            changed(|it| drop(it.contacts.pop())),
        ]);
        let etags: BTreeSet<_> = customers.iter().map(etag).collect();
        assert_eq!(etags.len(), customers.len());
    }

    #[test]
    fn texts_do_not_run_together() {
        let named = |first, middle| {
            changed(|it| {
                it.fields = fields([
                    (CustomerField::FirstName, first),
                    (CustomerField::MiddleName, middle),
                ]);
            })
        };
        let customers = [
            named("ab", "c"),
            named("a", "bc"),
            named("abc", ""),
            named("", "abc"),
            // The number of the middle name within a text.
            named("a\u{3}bc", ""),
        ];
        let etags: BTreeSet<_> = customers.iter().map(etag).collect();
        assert_eq!(etags.len(), customers.len());
    }

    #[test]
    fn only_its_own_etag_matches() {
        let (own, other) = (etag(&anna()), etag(&changed(|it| it.contacts.clear())));
        assert!(matches(&anna(), &own));
        let hash = own.trim_start_matches("1-");
        for foreign in [&other, "", "-", "1-", hash, &format!("2-{hash}"), &format!("1-{hash} ")] {
            assert!(!matches(&anna(), foreign), "{foreign:?}");
        }
    }

    proptest! {
        #[test]
        fn it_tells_contents_apart(one in field_tests::patch(), other in field_tests::patch()) {
            let customer = |patch| changed(|it| {
                it.fields = Fields::default();
                it.fields.apply(patch);
                // Chosen contacts count by what they choose, see above.
                it.fields.set(CustomerField::PrimaryPhone, "");
                it.fields.set(CustomerField::PrimaryEmail, "");
            });
            let (one, other) = (customer(&one), customer(&other));
            prop_assert_eq!(etag(&one) == etag(&other), one.fields == other.fields);
        }
    }

    fn choose(customer: &mut Customer, field: CustomerField, contact: usize) {
        let id = customer.contacts[contact].id.to_string();
        customer.fields.set(field, id);
    }
}
