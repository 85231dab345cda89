use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::domain::{
    customer::ContactKind,
    field::tests::patch as any_patch,
    sample::{CREATION, patch, request},
};

fn origin(number: u128) -> Origin {
    Origin { database_id: Uuid::from_u128(number), incarnation: 1 }
}

fn stamp(version: i64, at: i64, from: u128) -> Stamp {
    Stamp { version, at: Timestamp(at), origin: origin(from) }
}

fn draft(base_version: Option<i64>, changes: Vec<Change>) -> Draft {
    let customer_id = request(CREATION).customer_id();
    Draft { request_id: request(CREATION), customer_id, base_version, changes }
}

fn update(base_version: i64, fields: Patch<CustomerField>) -> Draft {
    draft(Some(base_version), vec![Change::UpdateCustomer { fields }])
}

fn name(first_name: &str) -> Patch<CustomerField> {
    patch([(CustomerField::FirstName, first_name)])
}

fn anna() -> Record {
    let fields = patch([(CustomerField::FirstName, "Anna"), (CustomerField::LastName, "Rossi")]);
    let contact = Contact {
        id: request(CREATION).contact_id(0),
        kind: ContactKind::Phone,
        value: "+390612345678".to_owned(),
        typed: String::new(),
    };
    let address = Change::AddAddress {
        id: request(CREATION).address_id(0),
        fields: patch([(AddressField::City, "Roma")]),
        primary: false,
    };
    let changes = vec![Change::CreateCustomer { fields }, Change::AddContact { contact }, address];
    Record::created(&draft(None, changes), "C-0000001".to_owned(), stamp(10, 1_000, 1)).unwrap()
}

#[test]
fn a_create_makes_the_whole_customer_with_its_number() {
    let record = anna();
    let customer = &record.base.customer;
    assert_eq!(record.base.version, 10);
    assert_eq!(customer.account_number.as_deref(), Some("C-0000001"));
    assert_eq!(customer.created_by, request(CREATION));
    assert_eq!((customer.contacts.len(), customer.addresses.len()), (1, 1));
    assert_eq!(customer.addresses[0].created_at, Timestamp(1_000));
    assert_eq!(Record::created(&update(1, name("x")), String::new(), stamp(1, 1, 1)), None);
    let text = serde_json::to_string(&record).unwrap();
    assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), record);
}

#[test]
fn a_change_that_knew_the_other_value_wins_however_old_it_is() {
    let merged = anna().merge(&update(10, name("Anne")), stamp(11, 5, 2));
    assert!(merged.changed && merged.superseded.is_empty());
    assert_eq!(merged.record.base.version, 11);
    assert_eq!(merged.record.base.customer.fields.get(CustomerField::FirstName), "Anne");
}

#[test]
fn of_two_that_did_not_know_each_other_the_later_one_stays_field_by_field() {
    let record = anna().merge(&update(10, name("Anne")), stamp(11, 2_000, 2)).record;
    let earlier = patch([(CustomerField::FirstName, "Ann"), (CustomerField::LastName, "Verdi")]);
    let merged = record.clone().merge(&update(10, earlier), stamp(12, 1_999, 3));
    let fields = &merged.record.base.customer.fields;
    assert_eq!(fields.get(CustomerField::FirstName), "Anne");
    assert_eq!(fields.get(CustomerField::LastName), "Verdi", "nobody else has changed this one");
    let lost = Superseded {
        field: "first_name".to_owned(),
        lost: "Ann".to_owned(),
        kept: "Anne".to_owned(),
    };
    assert_eq!(merged.superseded, [lost]);

    let later = record.clone().merge(&update(10, name("Ann")), stamp(12, 2_001, 3));
    assert_eq!(later.record.base.customer.fields.get(CustomerField::FirstName), "Ann");
    for (from, expected) in [(1, "Anne"), (3, "Ann")] {
        let tied = record.clone().merge(&update(10, name("Ann")), stamp(12, 2_000, from));
        assert_eq!(tied.record.base.customer.fields.get(CustomerField::FirstName), expected);
    }
}

#[test]
fn what_changes_nothing_leaves_the_version() {
    let record = anna();
    let same = record.clone().merge(&update(10, name("Anna")), stamp(11, 2_000, 2));
    assert_eq!((same.changed, &same.record), (false, &record));
    let repeated = Change::AddAddress {
        id: request(CREATION).address_id(0),
        fields: patch([(AddressField::City, "Ostia")]),
        primary: false,
    };
    let again = record.clone().merge(&draft(Some(10), vec![repeated]), stamp(11, 2_000, 2));
    assert_eq!((again.changed, again.record), (false, record));
}

#[test]
fn an_address_made_primary_is_so_unless_a_later_one_was() {
    let added = |request_number: u128, primary| Change::AddAddress {
        id: request(request_number).address_id(0),
        fields: patch([(AddressField::City, "Ostia")]),
        primary,
    };
    let first = anna().merge(&draft(Some(10), vec![added(2, true)]), stamp(11, 3_000, 2)).record;
    assert_eq!(first.base.customer.primary_address, Some(request(2).address_id(0)));
    let merged = first.merge(&draft(Some(10), vec![added(3, true)]), stamp(12, 2_000, 3));
    assert_eq!(merged.record.base.customer.primary_address, Some(request(2).address_id(0)));
    assert_eq!(merged.record.base.customer.addresses.len(), 3, "the address itself is taken");
    assert_eq!(merged.superseded.len(), 1);
}

#[test]
fn an_etag_speaks_of_the_masked_fields_alone() {
    let record = anna().merge(&update(10, name("Anne")), stamp(11, 2_000, 2)).record;
    assert!(record.changed_since(10, &name("x")));
    assert!(!record.changed_since(11, &name("x")));
    assert!(!record.changed_since(10, &patch([(CustomerField::LastName, "x")])));
}

proptest! {
    /// Whoever knew nothing of each other: the same values stay, in whatever order they come.
    #[test]
    fn the_order_of_arrival_does_not_decide(
        one in any_patch::<CustomerField>(), two in any_patch::<CustomerField>(),
        times in (2_000i64..2_003, 2_000i64..2_003),
    ) {
        let apply = |first: (&Patch<CustomerField>, i64, u128), second: (&Patch<CustomerField>, i64, u128)| {
            let record = anna().merge(&update(10, first.0.clone()), stamp(11, first.1, first.2)).record;
            record.merge(&update(10, second.0.clone()), stamp(12, second.1, second.2)).record.base.customer.fields
        };
        let (a, b) = ((&one, times.0, 2), (&two, times.1, 3));
        let both: Vec<_> = CustomerField::ALL.iter().filter(|field| {
            // A value that is there already is nobody's write, so only real changes are compared.
            let known = anna();
            let differs = |patch: &Patch<CustomerField>| {
                patch.get(**field).is_none_or(|value| value != known.base.customer.fields.get(**field))
            };
            differs(&one) && differs(&two)
        }).collect();
        let (ab, ba) = (apply(a, b), apply(b, a));
        for field in both {
            prop_assert_eq!(ab.get(*field), ba.get(*field));
        }
    }
}
