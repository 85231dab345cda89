//! Customers that a full package does not bring: who is one, and what is left of those that are removed.

use csu::{
    channel::store::{EventKind, IdRange, Rows, SharedStore},
    domain::{
        base::Base,
        customer::Customer,
        field::{AddressField, CustomerField},
        id::{AddressId, CustomerId, RequestId},
    },
    storage::StoreResult,
};
use uuid::Uuid;

use super::steps::{commit_one, customer, is_conflict};
use crate::harness::{Database, Engine, START, bases, invariants, writes};

crate::on_both_engines!(
    a_range_has_its_end_and_not_its_beginning,
    who_is_kept_newer_waiting_or_never_was_elsewhere_is_not_absent,
    nothing_is_left_of_who_is_gone_and_of_others_all,
    who_is_gone_can_t_go_again,
    who_is_gone_can_come_again,
);

const ALL: IdRange = IdRange { above: None, up_to: None };

const fn id(number: u128) -> CustomerId {
    CustomerId(Uuid::from_u128(number))
}

/// A customer of headquarters with a name and an address.
fn base(id: CustomerId, version: i64) -> Base {
    let customer = Customer {
        id,
        account_number: Some(format!("C-{}", id.0.as_u128())),
        created_by: RequestId(id.0),
        fields: writes::fields([
            (CustomerField::Type, "PERSON"),
            (CustomerField::LastName, "Berg"),
        ]),
        contacts: Vec::new(),
        primary_address: None,
        addresses: vec![csu::domain::customer::Address {
            id: AddressId(id.0),
            fields: writes::fields([(AddressField::Street, "1 Pike Place")]),
            created_at: START,
        }],
        created_at: START,
        updated_at: START,
    };
    Base { customer, version }
}

async fn put(store: &SharedStore, id: CustomerId, version: i64) {
    let mut transaction = store.begin().await.unwrap();
    bases::put(&mut *transaction, START, &base(id, version)).await.unwrap();
    transaction.commit().await.unwrap();
}

async fn absent(
    store: &SharedStore,
    range: &IdRange,
    kept: &[CustomerId],
    (version, limit): (i64, u32),
) -> Vec<CustomerId> {
    let mut transaction = store.begin().await.unwrap();
    transaction.absent(range, kept, version, limit).await.unwrap()
}

async fn remove(store: &SharedStore, id: CustomerId) -> StoreResult<()> {
    let known = customer(store, id).await.unwrap_or_else(|| panic!("{id} is there"));
    let mut transaction = store.begin().await?;
    transaction.lock_customers(&[id]).await?;
    let taken = transaction.take_counters(0, 1, START).await?;
    let mut rows = Rows::default();
    rows.add_gone(&known);
    rows.add_event(taken.first_event, EventKind::Gone, Some(id), START);
    transaction.insert(&rows).await?;
    transaction.commit().await
}

async fn a_range_has_its_end_and_not_its_beginning(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    // The order of ids is that of their bytes, whatever an engine makes of signs.
    let high = 0xf000_0000_0000_0000_0000_0000_0000_0000;
    let ids = [id(1), id(0x7f), id(0x80), id(u128::MAX / 2), id(high), id(u128::MAX)];
    for id in ids {
        put(&store, id, 5).await;
    }
    assert_eq!(absent(&store, &ALL, &[], (5, 100)).await, ids);
    for (first, above) in ids.iter().enumerate() {
        let range = IdRange { above: Some(*above), up_to: None };
        assert_eq!(absent(&store, &range, &[], (5, 100)).await, ids[first + 1..]);
        let range = IdRange { above: None, up_to: Some(*above) };
        assert_eq!(absent(&store, &range, &[], (5, 100)).await, ids[..=first]);
    }
    let range = IdRange { above: Some(ids[1]), up_to: Some(ids[3]) };
    assert_eq!(absent(&store, &range, &[], (5, 100)).await, ids[2..=3]);
    let between = IdRange { above: Some(id(2)), up_to: Some(id(3)) };
    assert_eq!(absent(&store, &between, &[], (5, 100)).await, []);
    for limit in 0..=6 {
        let found = absent(&store, &ALL, &[], (5, limit)).await;
        assert_eq!(found, ids[..limit as usize], "the first of them");
    }
    store.close().await;
    database.remove().await;
}

async fn who_is_kept_newer_waiting_or_never_was_elsewhere_is_not_absent(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    for (number, version) in [(1, 5), (2, 4), (3, 6), (4, 5), (5, 5)] {
        put(&store, id(number), version).await;
    }
    commit_one(&store, START, &writes::rename(id(4), "Roth")).await;
    let pending = commit_one(&store, START, &writes::create("Berg")).await.customer.id;
    let kept = [id(5), id(77)];
    assert_eq!(absent(&store, &ALL, &kept, (5, 100)).await, [id(1), id(2)]);
    assert_eq!(absent(&store, &ALL, &kept, (6, 100)).await, [id(1), id(2), id(3)]);
    assert_eq!(absent(&store, &ALL, &[], (4, 100)).await, [id(2)]);
    assert_eq!(absent(&store, &ALL, &[], (0, 100)).await, []);
    // One whose revisions are resolved waits no longer; a customer without a base is nobody's to remove even then.
    database.execute("UPDATE revision SET resolved_at = 7").await;
    assert_eq!(absent(&store, &ALL, &kept, (5, 100)).await, [id(1), id(2), id(4)]);
    assert!(customer(&store, pending).await.is_some());
    store.close().await;
    database.remove().await;
}

async fn nothing_is_left_of_who_is_gone_and_of_others_all(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    put(&store, id(1), 5).await;
    put(&store, id(2), 5).await;
    commit_one(&store, START, &writes::add_address(id(1), "2 Pine Street")).await;
    let other = customer(&store, id(2)).await;
    database.execute("UPDATE revision SET resolved_at = 7").await;
    remove(&store, id(1)).await.unwrap();
    assert_eq!((customer(&store, id(1)).await, customer(&store, id(2)).await), (None, other));
    for table in ["customer", "address"] {
        assert_eq!(database.number(&format!("SELECT count(*) FROM {table}")).await, 1);
    }
    let key = database.id(id(1).0);
    let found = format!("SELECT count(*) FROM customer_search WHERE customer_id = {key}");
    assert_eq!(database.number(&found).await, 0);
    assert_eq!(
        database.number("SELECT count(*) FROM revision").await,
        1,
        "what was captured stays"
    );
    let events = "SELECT CAST(kind AS text) FROM event ORDER BY counter";
    assert_eq!(database.texts(events).await, ["1", "1", "2", "3"]);
    store.close().await;
    invariants::check(&database).await;
    database.remove().await;
}

async fn who_is_gone_can_t_go_again(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    put(&store, id(1), 5).await;
    let known = customer(&store, id(1)).await.unwrap();
    remove(&store, id(1)).await.unwrap();
    // Judged by what was there before.
    let mut transaction = store.begin().await.unwrap();
    let mut rows = Rows::default();
    rows.add_gone(&known);
    let again = transaction.insert(&rows).await;
    assert!(is_conflict(&again), "{again:?}");
    drop(transaction);
    store.close().await;
    database.remove().await;
}

async fn who_is_gone_can_come_again(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    put(&store, id(1), 5).await;
    let before = customer(&store, id(1)).await;
    remove(&store, id(1)).await.unwrap();
    put(&store, id(1), 5).await;
    assert_eq!(customer(&store, id(1)).await, before);
    store.close().await;
    invariants::check(&database).await;
    database.remove().await;
}
