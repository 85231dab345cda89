use proptest::{prelude::*, sample::subsequence};

use super::*;
use crate::domain::{
    field::{CustomerField, Patch},
    revision::Change,
    sample::{CREATION, anna, patch, request, revision},
};

fn base(version: i64, first_name: &str) -> Base {
    let mut customer = anna();
    customer.account_number = Some("C-0000001".to_owned());
    customer.fields.set(CustomerField::FirstName, first_name);
    Base { customer, version }
}

fn rename(counter: u32, first_name: &str) -> Revision {
    let fields: Patch<CustomerField> = patch([(CustomerField::FirstName, first_name)]);
    revision(counter, vec![Change::UpdateCustomer { fields }])
}

fn create() -> Revision {
    let fields = anna().fields.as_patch();
    let mut create = revision(1, vec![Change::CreateCustomer { fields }]);
    create.request_id = request(CREATION);
    create
}

fn outcomes(of: &[(i64, OutcomeStatus, i64)]) -> BTreeMap<Counter, (OutcomeStatus, i64)> {
    of.iter().map(|(counter, status, version)| (Counter(*counter), (*status, *version))).collect()
}

fn shown(settled: &Settled) -> &str {
    settled.view.as_ref().map_or("", |view| view.fields.get(CustomerField::FirstName))
}

#[test]
fn a_pending_customer_gets_its_number_and_waits_no_longer() {
    let done = outcomes(&[(1, OutcomeStatus::Synchronized, 5)]);
    let settled = settle(None, Some(base(5, "Anna")), &[create()], &done);
    let view = settled.view.unwrap();
    assert_eq!(view.account_number.as_deref(), Some("C-0000001"));
    assert_eq!(settled.resolved, [Counter(1)]);
    assert_eq!(settled.completed, [Counter(1)]);
}

#[test]
fn an_outcome_without_the_base_that_contains_it_changes_nothing_yet() {
    let done = outcomes(&[(2, OutcomeStatus::Synchronized, 6)]);
    let waiting = [rename(2, "Anne")];
    let settled = settle(Some(base(5, "Anna")), None, &waiting, &done);
    assert_eq!((shown(&settled), settled.resolved.len()), ("Anne", 0));
    let settled = settle(Some(base(5, "Anna")), Some(base(7, "Anne")), &waiting, &done);
    assert_eq!((shown(&settled), &settled.resolved), ("Anne", &vec![Counter(2)]));
}

#[test]
fn a_base_without_the_outcome_does_not_hide_the_edit() {
    let waiting = [rename(2, "Anne")];
    let settled = settle(Some(base(5, "Anna")), Some(base(6, "Bella")), &waiting, &outcomes(&[]));
    assert_eq!((shown(&settled), settled.resolved.len()), ("Anne", 0));
}

#[test]
fn an_older_base_never_comes_back() {
    let settled = settle(Some(base(7, "Anne")), Some(base(6, "Anna")), &[], &outcomes(&[]));
    assert_eq!(shown(&settled), "Anne");
    assert_eq!(settled.base.map(|base| base.version), Some(7));
}

#[test]
fn what_failed_goes_on_waiting_and_what_was_discarded_does_not() {
    let waiting = [rename(2, "Anne"), rename(3, "Bella")];
    let failed = outcomes(&[(2, OutcomeStatus::Failed, 6), (3, OutcomeStatus::Parked, 7)]);
    let settled = settle(Some(base(9, "Anna")), None, &waiting, &failed);
    assert_eq!((shown(&settled), settled.resolved.len()), ("Bella", 0));
    let discarded = outcomes(&[(2, OutcomeStatus::Failed, 6), (3, OutcomeStatus::Discarded, 99)]);
    let settled = settle(Some(base(9, "Anna")), None, &waiting, &discarded);
    assert_eq!((shown(&settled), &settled.resolved), ("Anne", &vec![Counter(3)]));
    assert!(settled.completed.is_empty());
    let settled = settle(None, None, &[create()], &outcomes(&[(1, OutcomeStatus::Discarded, 1)]));
    assert_eq!(settled.view, None, "nothing is left of a customer that never was");
}

proptest! {
    /// Headquarters performs edits one by one, each with a version; bases and outcomes arrive in any order and any
    /// part. What the channel shows never goes back to an older value.
    #[test]
    fn no_order_of_arrival_shows_an_older_value(
        edits in 1u32..6,
        arrivals in subsequence((0..12u32).collect::<Vec<_>>(), 0..12).prop_shuffle(),
    ) {
        let names: Vec<String> = (0..=edits).map(|edit| format!("name {edit}")).collect();
        let mut waiting: Vec<_> =
            (1..=edits).map(|edit| rename(edit, &names[edit as usize])).collect();
        let (mut here, mut known) = (Some(base(1, &names[0])), BTreeMap::new());
        for arrival in arrivals {
            let edit = (arrival / 2).min(edits);
            let incoming = if arrival % 2 == 0 {
                Some(base(1 + i64::from(edit), &names[edit as usize]))
            } else {
                let status = (OutcomeStatus::Synchronized, 1 + i64::from(edit));
                known.insert(Counter(i64::from(edit)), status);
                None
            };
            let settled = settle(here, incoming, &waiting, &known);
            prop_assert_eq!(shown(&settled), names[edits as usize].as_str());
            waiting.retain(|revision| !settled.resolved.contains(&revision.counter));
            here = settled.base;
        }
    }
}
