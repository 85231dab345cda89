//! Customers that headquarters has sent: a base alone is what readers see, a view over it wins.

use csu::{
    channel::store::SharedStore,
    domain::{
        customer::{Address, Customer},
        field::{AddressField, CustomerField},
        id::AddressId,
        known::KnownCustomer,
        routing::Standing,
        sync::{Entity, SyncProgress, SyncState},
    },
};

use super::steps::{commit_one, customer};
use crate::harness::{Database, Engine, START, synced::plant_base, writes};

crate::on_both_engines!(
    a_base_alone_reads_as_synced,
    a_view_over_a_base_is_what_readers_see,
    a_new_address_of_a_synced_customer_waits_alone,
    revisions_show_how_far_they_are_until_they_are_resolved,
);

/// As 1010 will bring it.
fn karen() -> Customer {
    let request = writes::request_id();
    let address = |index, street| Address {
        id: request.address_id(index),
        fields: writes::fields([(AddressField::Street, street)]),
        created_at: START,
    };
    Customer {
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
        addresses: vec![address(0, "1 Pike Place"), address(1, "O'Neill's \"yard\"")],
        created_at: START,
        updated_at: START,
    }
}

async fn with_base(engine: Engine) -> (Database, SharedStore, Customer) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let karen = karen();
    plant_base(&database, &karen).await;
    (database, store, karen)
}

fn synced(customer: &Customer) -> KnownCustomer {
    let synced_addresses = customer.addresses.iter().map(|address| address.id).collect();
    KnownCustomer {
        customer: customer.clone(),
        version: Some(7),
        waiting: Vec::new(),
        synced_addresses,
    }
}

/// Addresses in the order of their rows are as good as any.
fn sorted(mut known: KnownCustomer) -> KnownCustomer {
    known.synced_addresses.sort_unstable();
    known
}

async fn a_base_alone_reads_as_synced(engine: Engine) {
    let (database, store, karen) = with_base(engine).await;
    let known = customer(&store, karen.id).await.map(sorted).unwrap();
    assert_eq!(known, synced(&karen));
    assert_eq!(known.standing(), Standing::Synced);
    assert_eq!(known.progress(Entity::Customer), None);
    let mut transaction = store.begin().await.unwrap();
    transaction.lock_customers(&[karen.id]).await.unwrap();
    let locked = transaction.customers(&[karen.id]).await.unwrap().remove(0);
    assert_eq!(sorted(locked), known);
    drop(transaction);
    store.close().await;
    database.remove().await;
}

async fn a_view_over_a_base_is_what_readers_see(engine: Engine) {
    let (database, store, karen) = with_base(engine).await;
    commit_one(&store, START, &writes::rename(karen.id, "Roth")).await;
    let known = customer(&store, karen.id).await.unwrap();
    assert_eq!(known.customer.display_name(), "Karen Roth");
    assert_eq!(known.customer.addresses, karen.addresses);
    assert_eq!((known.version, known.standing()), (Some(7), Standing::Synced));
    assert_eq!(known.waiting.len(), 1);
    assert_eq!(database.number("SELECT base_version FROM revision").await, 7);
    let number = "SELECT custaccount FROM retailasynccustomerv2";
    assert_eq!(database.texts(number).await, ["C-0000042"]);

    // The base is as headquarters sent it, and shows again when nothing differs from it any more.
    database.execute("UPDATE customer SET view = NULL").await;
    database.execute("UPDATE revision SET resolved_at = 1, outcome = 'DISCARDED'").await;
    assert_eq!(customer(&store, karen.id).await.map(sorted), Some(synced(&karen)));
    store.close().await;
    database.remove().await;
}

async fn a_new_address_of_a_synced_customer_waits_alone(engine: Engine) {
    let (database, store, karen) = with_base(engine).await;
    let write = writes::add_address(karen.id, "3 Union Street");
    commit_one(&store, START, &write).await;
    let known = customer(&store, karen.id).await.unwrap();
    let (old, new): (AddressId, _) = (karen.addresses[0].id, write.request_id.address_id(0));
    assert_eq!(known.address_standing(old), Some(Standing::Synced));
    assert_eq!(known.address_standing(new), Some(Standing::Pending));
    assert_eq!(known.customer.addresses.len(), 3);
    assert_eq!(known.progress(Entity::Customer), None, "the customer does not wait");
    assert_eq!(known.progress(Entity::Address(old)), None);
    assert!(known.progress(Entity::Address(new)).is_some());
    store.close().await;
    database.remove().await;
}

async fn revisions_show_how_far_they_are_until_they_are_resolved(engine: Engine) {
    let (database, store, karen) = with_base(engine).await;
    commit_one(&store, START, &writes::rename(karen.id, "Roth")).await;
    for (change, state) in [
        ("captured_at = captured_at", Some(SyncState::PendingUpload)),
        ("uploaded_at = 5", Some(SyncState::PendingProcessing)),
        ("processed_at = 6", Some(SyncState::PendingDownload)),
        ("error_reason = 'CUSTOMER_GROUP_NOT_FOUND'", Some(SyncState::Failed)),
        ("resolved_at = 7", None),
    ] {
        database.execute(&format!("UPDATE revision SET {change}")).await;
        let known = customer(&store, karen.id).await.unwrap();
        let found = known.progress(Entity::Customer).map(SyncProgress::state);
        assert_eq!(found, state, "{change}");
    }
    store.close().await;
    database.remove().await;
}
