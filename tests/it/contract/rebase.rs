//! Putting a base of headquarters under what is known.

use std::sync::Arc;

use csu::{
    channel::{
        store::{EventKind, Rows, SharedStore},
        writer,
    },
    domain::{
        base::Base,
        customer::{Address, Customer},
        field::{AddressField, CustomerField},
        known::KnownCustomer,
        revision::Counter,
        routing::Standing,
        sync::Entity,
        write::{self, Answer, Write},
    },
    runtime::{
        clock::TestClock,
        task::{Task, Tasks},
    },
    storage::StoreResult,
};

use super::steps::{commit_one, customer, is_conflict};
use crate::harness::{Database, Engine, START, bases, invariants, writes};

crate::on_both_engines!(
    a_base_of_a_new_customer_is_put_there_whole,
    a_base_is_replaced_only_by_a_higher_version,
    a_base_can_t_be_put_under_a_customer_that_is_not_there_or_over_one_that_is,
    addresses_come_change_and_go_with_the_base,
    what_waits_stays_on_top,
    the_writer_takes_over_what_headquarters_performed,
);

async fn new(engine: Engine) -> (Database, SharedStore) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    (database, store)
}

async fn close(database: Database, store: SharedStore) {
    store.close().await;
    invariants::check(&database).await;
    database.remove().await;
}

fn address(customer: &Customer, index: usize, street: &str) -> Address {
    Address {
        id: customer.created_by.address_id(index),
        fields: writes::fields([(AddressField::Street, street)]),
        created_at: START,
    }
}

/// Karen Berg with two addresses.
fn karen(version: i64) -> Base {
    let request = writes::request_id();
    let mut customer = Customer {
        id: request.customer_id(),
        account_number: Some("C-0000042".to_owned()),
        created_by: request,
        fields: writes::fields([
            (CustomerField::Type, "PERSON"),
            (CustomerField::FirstName, "Karen"),
            (CustomerField::LastName, "Berg"),
        ]),
        contacts: Vec::new(),
        primary_address: None,
        addresses: Vec::new(),
        created_at: START,
        updated_at: START,
    };
    customer.addresses =
        vec![address(&customer, 0, "1 Pike Place"), address(&customer, 1, "2 Pine Street")];
    customer.addresses.sort_by_key(|address| address.id);
    Base { customer, version }
}

fn renamed(base: &Base, last_name: &str, version: i64) -> Base {
    let mut base = Base { version, ..base.clone() };
    base.customer.fields.set(CustomerField::LastName, last_name);
    base
}

/// In a transaction of its own.
async fn put(store: &SharedStore, base: &Base) -> StoreResult<KnownCustomer> {
    let mut transaction = store.begin().await?;
    let after = bases::put(&mut *transaction, START, base).await?;
    transaction.commit().await?;
    Ok(after)
}

/// Addresses in the order of their rows are as good as any.
fn sorted(mut known: KnownCustomer) -> KnownCustomer {
    known.synced_addresses.sort_unstable();
    known
}

/// Customers and addresses with a view over their base.
async fn views(database: &Database) -> (i64, i64) {
    let count = async |table: &str| {
        database.number(&format!("SELECT count(*) FROM {table} WHERE view IS NOT NULL")).await
    };
    (count("customer").await, count("address").await)
}

async fn terms(database: &Database) -> Vec<String> {
    database.texts("SELECT term FROM customer_search ORDER BY term").await
}

async fn a_base_of_a_new_customer_is_put_there_whole(engine: Engine) {
    let (database, store) = new(engine).await;
    let base = karen(7);
    let after = put(&store, &base).await.unwrap();
    let known = customer(&store, base.customer.id).await.map(sorted);
    assert_eq!(known, Some(sorted(after.clone())));
    assert_eq!((after.customer.clone(), after.version), (base.customer.clone(), Some(7)));
    assert_eq!(after.standing(), Standing::Synced);
    for address in &base.customer.addresses {
        assert_eq!(after.address_standing(address.id), Some(Standing::Synced));
    }
    assert_eq!(views(&database).await, (0, 0), "nothing waits");
    let terms = terms(&database).await;
    for term in ["berg", "karen"] {
        assert!(terms.iter().any(|found| found == term), "{terms:?}");
    }
    let events = "SELECT kind || ' ' || coalesce(revision, 0) FROM event ORDER BY counter";
    assert_eq!(database.texts(events).await, ["1 0"], "created, by no revision of this database");
    put(&store, &renamed(&base, "Roth", 8)).await.unwrap();
    assert_eq!(database.texts(events).await, ["1 0", "2 0"]);
    close(database, store).await;
}

async fn a_base_is_replaced_only_by_a_higher_version(engine: Engine) {
    let (database, store) = new(engine).await;
    let base = karen(7);
    put(&store, &base).await.unwrap();
    for version in [1, 6, 7] {
        let older = put(&store, &renamed(&base, "Older", version)).await;
        assert!(is_conflict(&older), "version {version}: {older:?}");
    }
    let known = customer(&store, base.customer.id).await.unwrap();
    assert_eq!((&known.customer, known.version), (&base.customer, Some(7)));
    for (version, last_name) in [(8, "Roth"), (1_000_000_000_000, "Rossi")] {
        let newer = renamed(&base, last_name, version);
        put(&store, &newer).await.unwrap();
        let known = customer(&store, base.customer.id).await.unwrap();
        assert_eq!((&known.customer, known.version), (&newer.customer, Some(version)));
    }
    let terms = terms(&database).await;
    assert!(!terms.iter().any(|term| ["berg", "older", "roth"].contains(&term.as_str())));
    close(database, store).await;
}

async fn a_base_can_t_be_put_under_a_customer_that_is_not_there_or_over_one_that_is(
    engine: Engine,
) {
    let (database, store) = new(engine).await;
    let (base, other) = (karen(7), karen(9));
    put(&store, &base).await.unwrap();
    let known = customer(&store, base.customer.id).await.unwrap();
    let newer = renamed(&base, "Roth", 8);
    // Judged by what was there before, or is not any more.
    let cases = [(&newer, None), (&other, Some(known))];
    for (base, before) in cases {
        let mut transaction = store.begin().await.unwrap();
        let taken = transaction.take_counters(0, 1, START).await.unwrap();
        let after = write::rebase(before.clone(), base.clone(), &[]);
        let mut rows = Rows::default();
        rows.add_base(base, before.as_ref(), &after);
        let kind = EventKind::of(before.is_some(), true);
        rows.add_event(taken.first_event, kind, Some(base.customer.id), START);
        let inserted = transaction.insert(&rows).await;
        assert!(is_conflict(&inserted), "{inserted:?}");
    }
    assert_eq!(database.number("SELECT event FROM counter").await, 1);
    close(database, store).await;
}

async fn addresses_come_change_and_go_with_the_base(engine: Engine) {
    let (database, store) = new(engine).await;
    let first = karen(7);
    put(&store, &first).await.unwrap();
    // One goes, one changes, one comes.
    let mut second = Base { version: 8, ..first.clone() };
    let gone = second.customer.addresses.remove(0);
    let changed = &mut second.customer.addresses[0];
    changed.fields.set(AddressField::Street, "O'Neill's \"yard\"");
    second.customer.addresses.push(address(&first.customer, 2, "3 Union Street"));
    second.customer.addresses.sort_by_key(|address| address.id);
    put(&store, &second).await.unwrap();
    let known = customer(&store, first.customer.id).await.unwrap();
    assert_eq!(known.customer, second.customer);
    assert_eq!(known.address_standing(gone.id), None);
    assert_eq!(database.number("SELECT count(*) FROM address").await, 2);

    let mut third = Base { version: 9, ..second };
    third.customer.addresses.clear();
    put(&store, &third).await.unwrap();
    assert_eq!(customer(&store, first.customer.id).await.unwrap().customer, third.customer);
    assert_eq!(database.number("SELECT count(*) FROM address").await, 0);
    close(database, store).await;
}

async fn what_waits_stays_on_top(engine: Engine) {
    let (database, store) = new(engine).await;
    let base = karen(7);
    let id = base.customer.id;
    put(&store, &base).await.unwrap();
    commit_one(&store, START, &writes::rename(id, "Roth")).await;
    let add = writes::add_address(id, "3 Union Street");
    commit_one(&store, START, &add).await;
    let new = add.request_id.address_id(0);

    // Another field and another address have changed at headquarters.
    let mut newer = renamed(&base, "Berg", 8);
    newer.customer.fields.set(CustomerField::FirstName, "Maria");
    let gone = newer.customer.addresses.remove(1);
    put(&store, &newer).await.unwrap();
    let known = customer(&store, id).await.unwrap();
    assert_eq!(known.customer.display_name(), "Maria Roth");
    assert_eq!((known.version, known.waiting.len()), (Some(8), 2));
    assert_eq!(known.customer.primary_address, Some(new));
    assert_eq!(known.address_standing(new), Some(Standing::Pending));
    assert_eq!(known.address_standing(gone.id), None);
    assert_eq!(views(&database).await, (1, 1), "the customer's and the new address's");

    // Headquarters has the address by now; its outcome has not come yet.
    let mut with_address = Base { version: 9, ..newer };
    let arrived = known.customer.addresses.iter().find(|address| address.id == new).unwrap();
    with_address.customer.addresses.push(arrived.clone());
    with_address.customer.primary_address = Some(new);
    put(&store, &with_address).await.unwrap();
    let known = customer(&store, id).await.unwrap();
    assert_eq!(known.address_standing(new), Some(Standing::Synced));
    assert!(known.edits_waiting(Entity::Address(new)));
    assert_eq!(views(&database).await, (1, 0), "the address is as headquarters has it");
    let terms = terms(&database).await;
    for (term, there) in [("maria", true), ("roth", true), ("karen", false), ("berg", false)] {
        assert_eq!(terms.iter().any(|found| found == term), there, "{term}: {terms:?}");
    }
    assert_eq!(database.number("SELECT count(*) FROM revision").await, 2);

    // Headquarters has the name too: nothing differs any more.
    put(&store, &renamed(&with_address, "Roth", 10)).await.unwrap();
    assert_eq!(customer(&store, id).await.unwrap().customer.display_name(), "Maria Roth");
    let view = database.texts("SELECT coalesce(view, 'none') FROM customer").await;
    let same = customer(&store, id).await.unwrap().customer.updated_at == START;
    assert_eq!(view == ["none"], same, "a view stands only where it differs");
    close(database, store).await;
}

/// A write that headquarters has performed.
fn performed(write: Write, base: &Base) -> Write {
    Write { performed: Some(Box::new(base.clone())), ..write }
}

async fn the_writer_takes_over_what_headquarters_performed(engine: Engine) {
    let (database, store) = new(engine).await;
    let clock = Arc::new(TestClock::new(START));
    let (writer, writer_loop) = writer::new(Arc::clone(&store), clock, 10);
    let tasks = Tasks::new();
    tasks.spawn(Task::Writer, writer_loop.run(tasks.shutdown_token()));
    let base = karen(7);
    let id = base.customer.id;
    let create = writes::create("Berg");
    let create = Write { request_id: base.customer.created_by, customer_id: id, ..create };
    let create = performed(create, &base);
    let shown = |answer: Answer| (answer.known.customer, answer.known.version);
    let first = writer.write(create.clone()).await.unwrap();
    assert_eq!(shown(first.clone()), (base.customer.clone(), Some(7)));
    assert_eq!(writer.write(create).await, Ok(first), "word for word");

    let waits = writer.write(writes::rename(id, "Roth")).await.unwrap();
    assert_eq!(waits.known.waiting[0].counter, Counter(1));
    let newer = renamed(&base, "Berg", 9);
    let late = performed(writes::rename(id, "Late"), &renamed(&base, "Late", 8));
    let add = performed(writes::add_address(id, "3 Union Street"), &newer);
    let added = writer.write(add).await.unwrap();
    assert_eq!(
        (added.known.version, added.known.customer.display_name()),
        (Some(9), "Karen Roth".to_owned())
    );
    let late = writer.write(late).await.unwrap();
    assert_eq!(late.known, customer(&store, id).await.unwrap(), "what is here is newer");
    assert_eq!(late.known.version, Some(9));
    let counters = "SELECT revision || ' ' || event FROM counter";
    assert_eq!(database.texts(counters).await, ["1 3"], "real-time writes are no revisions here");
    assert_eq!(database.number("SELECT count(*) FROM request_record").await, 4);
    assert!(tasks.drain(std::time::Duration::from_secs(30)).await);
    close(database, store).await;
}
