//! What an insert leaves behind: views, addresses, waiting revisions, search rows, request records, events and
//! the rows of the staging tables.

use csu::{
    channel::store::SharedStore,
    domain::{
        field::{CustomerField, Patch},
        id::CustomerId,
        revision::Counter,
        search::{Criterion, TermKind},
        sync::{Entity, SyncState},
        write::Command,
    },
};

use super::steps::{commit_one, customer, perform, record};
use crate::harness::{Database, Engine, START, invariants, writes};

crate::on_both_engines!(
    a_create_is_seen_whole,
    an_update_changes_the_view_and_what_it_is_found_by,
    addresses_come_in_order_and_belong_to_themselves,
    many_writes_share_a_transaction,
    staged_rows_hold_only_what_changed,
);

async fn found(store: &SharedStore, word: &str) -> Vec<CustomerId> {
    let criterion = Criterion { kind: TermKind::NameWord, text: word.to_owned(), prefix: false };
    let positions = store.search(&criterion, None, 10).await.unwrap();
    positions.into_iter().map(|position| position.customer_id).collect()
}

async fn a_create_is_seen_whole(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let write = writes::create("Berg");
    let mut transaction = store.begin().await.unwrap();
    let answers = perform(&mut *transaction, START, std::slice::from_ref(&write)).await.unwrap();
    assert_eq!(
        transaction.customers(&[write.customer_id]).await.unwrap(),
        [answers[0].known.clone()],
        "a transaction sees its own rows"
    );
    assert_eq!(customer(&store, write.customer_id).await, None, "and nobody else does");
    transaction.commit().await.unwrap();

    let known = customer(&store, write.customer_id).await.expect("it is there");
    assert_eq!(known, answers[0].known);
    assert_eq!(known.customer.display_name(), "Karen Berg");
    assert_eq!(known.customer.created_at, START);
    assert_eq!((known.version, known.customer.account_number.as_deref()), (None, None));
    assert_eq!(known.waiting.len(), 1);
    assert_eq!(known.waiting[0].counter, Counter(1));
    let streets: Vec<_> = known.customer.addresses.iter().map(|address| address.id).collect();
    assert_eq!(streets, [0, 1].map(|index| write.request_id.address_id(index)));
    assert_eq!(known.progress(Entity::Customer).unwrap().state(), SyncState::PendingUpload);

    let remembered = store.request_record(write.request_id).await.unwrap();
    assert_eq!(remembered, Some(record(&write, &answers[0])));
    assert_eq!(found(&store, "berg").await, [write.customer_id]);
    assert_eq!(found(&store, "karen").await, [write.customer_id]);
    let event = "SELECT count(*) FROM event WHERE counter = 1 AND kind = 1 AND revision = 1";
    assert_eq!(database.number(event).await, 1);
    store.close().await;
    invariants::check(&database).await;
    database.remove().await;
}

async fn an_update_changes_the_view_and_what_it_is_found_by(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let created = commit_one(&store, START, &writes::create("Berg")).await;
    let id = created.customer.id;
    let renamed = commit_one(&store, START, &writes::rename(id, "Berg Roth")).await;
    assert_eq!(customer(&store, id).await.as_ref(), Some(&renamed));
    assert_eq!(renamed.customer.fields.get(CustomerField::LastName), "Berg Roth");
    assert_eq!(renamed.customer.addresses, created.customer.addresses);
    assert_eq!(renamed.waiting.len(), 1, "the oldest one decides what state is shown");
    assert_eq!(renamed.waiting[0].counter, Counter(1));
    assert_eq!(found(&store, "roth").await, [id]);

    commit_one(&store, START, &writes::rename(id, "Lind")).await;
    assert_eq!(found(&store, "lind").await, [id]);
    assert!(found(&store, "roth").await.is_empty());
    assert_eq!(found(&store, "karen").await, [id], "what stays is found as before");
    assert_eq!(database.number("SELECT count(*) FROM event WHERE kind = 2").await, 2);
    store.close().await;
    invariants::check(&database).await;
    database.remove().await;
}

async fn addresses_come_in_order_and_belong_to_themselves(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let created = commit_one(&store, START, &writes::create_bare("Berg")).await;
    let id = created.customer.id;
    let mut expected = Vec::new();
    for minute in 0..5 {
        let write = writes::add_address(id, &format!("{minute} Pike Place"));
        let now = START.plus(std::time::Duration::from_mins(minute));
        commit_one(&store, now, &write).await;
        expected.push(write.request_id.address_id(0));
    }
    let known = customer(&store, id).await.unwrap();
    let ids: Vec<_> = known.customer.addresses.iter().map(|address| address.id).collect();
    assert_eq!(ids, expected, "oldest first");
    assert_eq!(known.customer.primary_address(), expected.last().copied(), "the last one asked");
    assert_eq!(known.customer.updated_at, START, "the customer itself did not change");
    assert_eq!(known.waiting.len(), 6, "the oldest of each");
    let customer_waits = known.waiting.iter().filter(|revision| revision.customer).count();
    assert_eq!(customer_waits, 1, "an address waits alone");
    assert_eq!(database.number("SELECT count(*) FROM retailasyncaddressv2").await, 5);
    store.close().await;
    invariants::check(&database).await;
    database.remove().await;
}

async fn many_writes_share_a_transaction(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let known = commit_one(&store, START, &writes::create("First")).await;
    let mut batch: Vec<_> = (0..60).map(|index| writes::create(&format!("Name{index}"))).collect();
    batch.insert(20, writes::rename(known.customer.id, "Second"));
    let mut transaction = store.begin().await.unwrap();
    let answers = perform(&mut *transaction, START, &batch).await.unwrap();
    transaction.commit().await.unwrap();
    for (write, answer) in batch.iter().zip(&answers) {
        assert_eq!(customer(&store, write.customer_id).await.as_ref(), Some(&answer.known));
    }
    // In the order of the batch.
    for (counter, write) in (2..).zip(&batch) {
        let id = database.id(write.request_id.0);
        let query = format!("SELECT counter FROM revision WHERE request_id = {id}");
        assert_eq!(database.number(&query).await, counter);
    }
    store.close().await;
    invariants::check(&database).await;
    database.remove().await;
}

async fn staged_rows_hold_only_what_changed(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let id = commit_one(&store, START, &writes::create("Berg")).await.customer.id;
    let patch = Patch::from_iter([(CustomerField::LastName, String::new())]);
    let clear = Command::UpdateCustomer { patch, etag: None };
    commit_one(&store, START, &writes::write(writes::request_id(), id, clear)).await;
    let staged = |what: &str, counter: i64| {
        format!(
            "SELECT {what} FROM retailasynccustomerv2 WHERE replicationcounterfromorigin = {counter}"
        )
    };
    let row = "coalesce(firstname, '-') || ' ' || coalesce(lastname, '-') || ' ' || coalesce(custgroup, '-')
               || ' ' || operation || ' ' || onlineoperationcompleted";
    assert_eq!(database.texts(&staged(row, 1)).await, ["Karen Berg - 1 0"]);
    // NULL is untouched, and an empty text is cleared.
    assert_eq!(database.texts(&staged(row, 2)).await, ["-  - 2 0"]);
    let contacts =
        "SELECT contacttype || ' ' || locator FROM retailasynccustomercontact ORDER BY ordinal";
    assert_eq!(database.texts(contacts).await, ["PHONE +14255550100", "EMAIL karen@example.com"]);
    let addresses = "SELECT street || ', ' || city FROM retailasyncaddressv2 ORDER BY ordinal";
    assert_eq!(
        database.texts(addresses).await,
        ["1 Pike Place, Seattle", "2 Pine Street, Seattle"]
    );
    store.close().await;
    invariants::check(&database).await;
    database.remove().await;
}
