//! Customers as they were written, alone and many at once.

use csu::domain::{
    field::{AddressField, CustomerField},
    id::CustomerId,
    revision::{Change, Draft},
};
use uuid::Uuid;

use super::steps::{commit, commit_one, create, record, rename};
use crate::harness::{Database, Engine, START, writes};

crate::on_both_engines!(
    a_customer_comes_back_as_it_was_written,
    a_merged_customer_comes_back_with_its_history,
    any_text_comes_back,
    many_customers_come_back,
    finds_none_for_unknown_ids,
);

async fn a_customer_comes_back_as_it_was_written(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let written = commit_one(&store, &create("Berg")).await;
    let customer = &written.base.customer;
    assert_eq!(customer.account_number.as_deref(), Some("C-0000001"));
    assert_eq!((customer.contacts.len(), customer.addresses.len()), (2, 2));
    assert_eq!(record(&store, customer.id).await, Some(written.clone()));
    let rows = database.texts("SELECT version || ' ' || account_number FROM customer").await;
    assert_eq!(rows, ["1 C-0000001"], "columns say what the record says");
    store.close().await;
    database.remove().await;
}

/// Times and origins of fields, of an address and of the primary address.
async fn a_merged_customer_comes_back_with_its_history(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let id = commit_one(&store, &create("Berg")).await.base.customer.id;
    let renamed = commit_one(&store, &rename(id, "Roth", 1)).await;
    assert_eq!(record(&store, id).await, Some(renamed));

    let mut added = rename(id, "", 2);
    let address = added.draft.request_id.address_id(0);
    added.draft.changes = vec![Change::AddAddress {
        id: address,
        fields: writes::fields([(AddressField::City, "Tampa")]).as_patch(),
        primary: true,
    }];
    let merged = commit_one(&store, &added).await;
    assert_eq!(merged.base.customer.primary_address, Some(address));
    assert_eq!(merged.base.version, 3);
    assert_eq!(record(&store, id).await, Some(merged.clone()));

    // What was read is what a merge goes on from.
    let read = record(&store, id).await.unwrap();
    let patch = writes::fields([(CustomerField::LastName, "x")]).as_patch();
    assert!(read.changed_since(1, &patch) && !read.changed_since(2, &patch));
    let rows = database.texts("SELECT version || ' ' || account_number FROM customer").await;
    assert_eq!(rows, ["3 C-0000001"]);
    store.close().await;
    database.remove().await;
}

async fn any_text_comes_back(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let longest = "漢".repeat(1_000);
    for name in ["'", "\"", "\\", "a\\u0041b", "Ö", "😀", "%_", "a\0b", "\u{7f}\n\t", &longest] {
        let written = commit_one(&store, &create(name)).await;
        assert_eq!(written.base.customer.fields.get(CustomerField::LastName), name);
        assert_eq!(record(&store, written.base.customer.id).await, Some(written), "{name:?}");
    }
    store.close().await;
    database.remove().await;
}

async fn many_customers_come_back(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let batch: Vec<_> = (0..256).map(|number| create(&number.to_string())).collect();
    let mut written = commit(&store, START, &batch).await.unwrap();
    let mut asked: Vec<_> = written.iter().map(|record| record.base.customer.id).collect();
    asked.push(CustomerId(Uuid::nil()));
    asked.push(asked[0]);

    let renames: Vec<_> = written[..128]
        .iter()
        .map(|record| rename(record.base.customer.id, "Roth", record.base.version))
        .collect();
    written.splice(..128, commit(&store, START, &renames).await.unwrap());
    written.sort_by_key(|record| record.base.customer.id);
    let mut found = store.records(&asked).await.unwrap();
    found.sort_by_key(|record| record.base.customer.id);
    assert_eq!(found, written, "each once, without those that there are not");

    let mut transaction = store.begin().await.unwrap();
    let locked = transaction.lock_customers(&asked).await.unwrap();
    assert!(written.iter().all(|record| locked.contains(&record.base.customer.id)));
    assert_eq!(transaction.records(&asked).await.unwrap().len(), written.len());
    drop(transaction);
    store.close().await;
    database.remove().await;
}

async fn finds_none_for_unknown_ids(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let unknown = [writes::request_id().customer_id(), CustomerId(Uuid::nil())];
    let request = writes::request_id();
    for ids in [&[][..], &unknown] {
        assert_eq!(store.records(ids).await.unwrap(), []);
        let mut transaction = store.begin().await.unwrap();
        transaction.lock_customers(ids).await.unwrap();
        assert_eq!(transaction.records(ids).await.unwrap(), []);
        assert_eq!(transaction.performed(&[]).await.unwrap(), []);
        assert_eq!(transaction.performed(&[request]).await.unwrap(), []);
    }
    assert_eq!(store.performed(request).await.unwrap(), None);
    let Draft { customer_id, .. } = create("Berg").draft;
    assert_eq!(record(&store, customer_id).await, None);
    store.close().await;
    database.remove().await;
}
