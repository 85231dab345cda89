use super::*;
use crate::domain::{
    customer::{Address, Customer, customer_type},
    error::FieldReason,
    revision::Counter,
    routing::Standing,
    sample::{CREATION, anna, fields, patch, request, synced},
    sync::{Entity, SyncState},
};

const HASH: RequestHash = [7; 32];

fn write(number: u128, command: Command) -> Write {
    Write {
        request_id: request(number),
        request_hash: HASH,
        customer_id: request(CREATION).customer_id(),
        channel: "HOUSTON".to_owned(),
        caller: Caller::anonymous(),
        command,
        execution: Execution {
            mode: Mode::Async(AsyncReason::AsyncEdit),
            configuration_version: ConfigurationVersion::default(),
            configuration_age: Duration::ZERO,
            headquarters_duration: None,
        },
        performed: None,
    }
}

fn create(number: u128) -> Write {
    let customer = anna();
    let address = |(index, city)| NewAddress {
        id: request(number).address_id(index),
        fields: fields([(AddressField::City, city)]),
        primary: index == 1,
    };
    write(
        number,
        Command::CreateCustomer(NewCustomer {
            fields: customer.fields,
            contacts: customer.contacts,
            addresses: [(0, "Roma"), (1, "Ostia")].map(address).into(),
        }),
    )
}

fn update(etag: Option<String>, values: Patch<CustomerField>) -> Write {
    write(2, Command::UpdateCustomer { patch: values, etag })
}

fn add_address(number: u128) -> Write {
    write(
        number,
        Command::AddAddress {
            id: request(number).address_id(0),
            fields: fields([(AddressField::City, "Milano")]),
            primary: false,
        },
    )
}

/// The revision that a write appends to what is known.
fn appended(write: &Write, known: Option<&KnownCustomer>, counter: i64) -> Revision {
    match write.judge(None, known) {
        Ok(Verdict::Append(draft)) => draft.captured(Counter(counter), Timestamp(counter * 1000)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_same_request_is_replayed_word_for_word_and_one_with_other_content_refused() {
    let create = create(CREATION);
    let revision = appended(&create, None, 1);
    let answer = create.answer(None, Some(&revision)).unwrap();
    let record =
        RequestRecord { request_id: create.request_id, request_hash: HASH, answer: answer.clone() };
    // Long since numbered and renamed; the answer is still the one that was given.
    let now = synced(Customer { fields: fields([(CustomerField::FirstName, "Berta")]), ..anna() });
    assert_eq!(create.judge(Some(&record), Some(&now)), Ok(Verdict::Replay(Box::new(answer))));

    let other = Write { request_hash: [8; 32], ..create.clone() };
    let reused = Err(Error::RequestIdReused(create.request_id));
    assert_eq!(other.judge(Some(&record), Some(&now)), reused);
    assert_eq!(other.judge(Some(&record), None), reused);
}

#[test]
fn a_create_over_an_existing_id_is_refused_unless_it_made_that_customer_itself() {
    let known = synced(anna());
    assert_eq!(create(CREATION).judge(None, Some(&known)), Ok(Verdict::Nothing));
    assert_eq!(
        create(9).judge(None, Some(&known)),
        Err(Error::CustomerExists(known.customer.id)),
        "whatever the content"
    );
}

#[test]
fn a_create_is_one_revision_with_everything_in_the_order_given() {
    let create = create(CREATION);
    let revision = appended(&create, None, 1);
    assert_eq!((revision.id, revision.base_version), (request(CREATION).revision_id(), None));
    assert!(matches!(revision.changes[0], Change::CreateCustomer { .. }));
    assert!(
        revision.changes[1..4].iter().all(|change| matches!(change, Change::AddContact { .. }))
    );

    let answer = create.answer(None, Some(&revision)).unwrap();
    let customer = &answer.known.customer;
    let cities: Vec<_> =
        customer.addresses.iter().map(|address| address.fields.get(AddressField::City)).collect();
    assert_eq!(cities, ["Roma", "Ostia"]);
    assert_eq!(customer.primary_address(), Some(request(CREATION).address_id(1)));
    assert_eq!(answer.known.standing(), Standing::Pending);
    assert_eq!(answer.known.address_standing(customer.addresses[0].id), Some(Standing::Pending));
    for entity in [Entity::Customer, Entity::Address(customer.addresses[0].id)] {
        assert_eq!(
            answer.known.progress(entity).map(SyncProgress::state),
            Some(SyncState::PendingUpload)
        );
    }
}

#[test]
fn an_update_of_a_customer_that_is_not_here_finds_none() {
    let not_found = Err(Error::CustomerNotFound { customers_applied_at: None });
    assert_eq!(
        update(None, patch([(CustomerField::FirstName, "Berta")])).judge(None, None),
        not_found
    );
    assert_eq!(add_address(2).judge(None, None), not_found);
}

#[test]
fn an_update_writes_only_what_differs_from_the_view() {
    let known = synced(anna());
    let values = patch([
        (CustomerField::FirstName, "Anna"),
        (CustomerField::LastName, "Bianchi"),
        (CustomerField::MiddleName, ""),
    ]);
    let revision = appended(&update(None, values), Some(&known), 1);
    let mask = patch([(CustomerField::LastName, "Bianchi")]);
    assert_eq!(revision.changes, [Change::UpdateCustomer { fields: mask }]);
    assert_eq!(revision.base_version, known.version);

    let same = patch([(CustomerField::FirstName, "Anna"), (CustomerField::MiddleName, "")]);
    assert_eq!(update(None, same.clone()).judge(None, Some(&known)), Ok(Verdict::Nothing));
    let answer = update(None, same).answer(Some(known.clone()), None).unwrap();
    assert_eq!(answer.known, known);
}

#[test]
fn a_stale_etag_stops_an_update_even_one_that_would_change_nothing() {
    let known = synced(anna());
    let read = etag::etag(&known.customer);
    let rename = patch([(CustomerField::LastName, "Bianchi")]);
    let renamed = update(Some(read.clone()), rename);
    let revision = appended(&renamed, Some(&known), 1);
    let known = renamed.answer(Some(known), Some(&revision)).unwrap().known;

    let again = update(Some(read), patch([(CustomerField::LastName, "Bianchi")]));
    assert_eq!(again.judge(None, Some(&known)), Err(Error::EtagMismatch));
    assert_eq!(
        update(Some(String::new()), Patch::default()).judge(None, Some(&known)),
        Err(Error::EtagMismatch)
    );
}

#[test]
fn an_update_may_not_leave_a_customer_without_a_name() {
    let reasons = |known: &KnownCustomer, values| -> Vec<_> {
        match update(None, values).judge(None, Some(known)) {
            Err(Error::InvalidFields(violations)) => violations
                .into_iter()
                .map(|violation| (violation.field, violation.reason))
                .collect(),
            other => panic!("{other:?}"),
        }
    };
    let person = synced(anna());
    let nameless = patch([(CustomerField::FirstName, ""), (CustomerField::LastName, "")]);
    assert_eq!(
        reasons(&person, nameless),
        [("customer.first_name".to_owned(), FieldReason::Required)]
    );
    let last_only = patch([(CustomerField::FirstName, "")]);
    assert!(matches!(update(None, last_only).judge(None, Some(&person)), Ok(Verdict::Append(_))));

    let organization = synced(Customer {
        fields: fields([
            (CustomerField::Type, customer_type::ORGANIZATION),
            (CustomerField::OrganizationName, "Contoso"),
        ]),
        ..anna()
    });
    let personal =
        patch([(CustomerField::OrganizationName, ""), (CustomerField::LastName, "Rossi")]);
    assert_eq!(
        reasons(&organization, personal),
        [
            ("customer.organization_name".to_owned(), FieldReason::Required),
            ("customer.last_name".to_owned(), FieldReason::NotAllowedForType),
        ]
    );
}

#[test]
fn the_hundredth_address_is_the_last_and_its_repetition_is_no_further_one() {
    let mut known = synced(anna());
    known.customer.addresses = (0..MAX_ADDRESSES - 1)
        .map(|index| Address {
            id: request(CREATION).address_id(index),
            fields: fields([(AddressField::City, "Roma")]),
            created_at: Timestamp(1),
        })
        .collect();
    let hundredth = add_address(2);
    let revision = appended(&hundredth, Some(&known), 1);
    let answer = hundredth.answer(Some(known), Some(&revision)).unwrap();
    assert_eq!(answer.address_id, Some(request(2).address_id(0)));
    assert_eq!(answer.known.customer.addresses.len(), MAX_ADDRESSES);

    let limit = Err(Error::AddressLimit { limit: MAX_ADDRESSES });
    assert_eq!(add_address(3).judge(None, Some(&answer.known)), limit);
    // Its record may have been pruned since.
    assert_eq!(hundredth.judge(None, Some(&answer.known)), Ok(Verdict::Nothing));
}

#[test]
fn an_address_waits_for_itself_and_not_its_customer() {
    let mut known = synced(anna());
    let primary = write(
        2,
        Command::AddAddress {
            id: request(2).address_id(0),
            fields: fields([(AddressField::City, "Milano")]),
            primary: true,
        },
    );
    let revision = appended(&primary, Some(&known), 4);
    known = advance(Some(known), &revision).unwrap();
    let added = Entity::Address(request(2).address_id(0));
    assert!(known.edits_waiting(added) && !known.edits_waiting(Entity::Customer));
    assert_eq!(known.address_standing(request(2).address_id(0)), Some(Standing::Pending));
    assert_eq!(known.address_standing(request(3).address_id(0)), None);
    assert_eq!(known.standing(), Standing::Synced);
}

#[test]
fn a_rehearsal_shows_what_an_append_would_make() {
    let mut known = synced(anna());
    known = advance(Some(known.clone()), &appended(&add_address(3), Some(&known), 8)).unwrap();
    let rename = update(None, patch([(CustomerField::LastName, "Bianchi")]));
    let Ok(Verdict::Append(draft)) = rename.judge(None, Some(&known)) else { panic!("no append") };
    let stored = draft.clone().captured(Counter(9), Timestamp(9000));
    assert_eq!(rehearsed(Some(&known), draft.clone(), Timestamp(9000)), stored);
    assert_eq!(rehearsed(None, draft, Timestamp(9000)).counter, Counter(1));
}
