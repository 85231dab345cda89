//! What headquarters has made of a customer becomes the base here, and what waits here stays on top of it.

use csu::{
    domain::feature::{
        ASYNC_ADDRESS_CREATION, ASYNC_CUSTOMER_EDITING, ENHANCED_ASYNC_CUSTOMER_CREATION,
    },
    proto::channel::{Customer, ExecutionMode, SearchCustomersRequest, SyncState},
};

use super::call::{self, Call};
use crate::harness::{Chain, Engine, Passage, Replica, branch, requests::REAL_TIME_CHANNEL, wait};

crate::on_both_engines!(
    an_older_base_never_replaces_a_newer_one,
    an_address_in_real_time_leaves_waiting_edits_alone,
    an_edit_in_real_time_leaves_waiting_addresses_alone,
);

const F1: &[&str] = &[ENHANCED_ASYNC_CUSTOMER_CREATION];
const F1_F2: &[&str] = &[ENHANCED_ASYNC_CUSTOMER_CREATION, ASYNC_ADDRESS_CREATION];
const ALL: &[&str] =
    &[ENHANCED_ASYNC_CUSTOMER_CREATION, ASYNC_ADDRESS_CREATION, ASYNC_CUSTOMER_EDITING];

fn with_first_name(customer: &Customer, first_name: &str) -> Call {
    let changed = Customer { first_name: first_name.to_owned(), ..customer.clone() };
    call::update(&changed, "first_name")
}

/// Version, and whether there is a view over the base.
async fn row(chain: &Chain) -> (i64, bool) {
    let database = &chain.world.database;
    let views = database.number("SELECT count(*) FROM customer WHERE view IS NOT NULL").await;
    (database.number("SELECT version FROM customer").await, views > 0)
}

/// On PostgreSQL two replicas are at it.
async fn an_older_base_never_replaces_a_newer_one(engine: Engine) {
    let mut chain = Chain::with(engine, branch::setup(&[]), branch::patient()).await;
    if engine == Engine::Postgres {
        chain.world.add_replica().await;
    }
    let [first, last] = [chain.world.replicas().first(), chain.world.replicas().last()];
    let (first, last) = (first.expect("a replica"), last.expect("a replica"));
    let mut customer = call::create().sent(first).await.customer;
    let mut version = 1;
    for number in ["1", "2"] {
        let early = call::rename(&customer, &format!("Rossi {number}"));
        let late = with_first_name(&customer, &format!("Maria {number}"));
        let also_late = call::add_address(&customer, &format!("{number} Pine Street"));
        chain.gate.next(Passage::HoldAnswer);
        let (early, late) = tokio::join!(early.sent(first), async {
            let performed = async || chain.performed().await.1 == version + 1;
            wait::until("headquarters has the first", performed).await;
            late.sent(last).await;
            let late = also_late.sent(last).await;
            assert_eq!(row(&chain).await, (version + 3, false));
            chain.gate.release();
            late
        });
        assert_eq!(row(&chain).await, (version + 3, false), "the late one stays");
        assert_eq!(late.customer.display_name, format!("Maria {number} Rossi {number}"));
        assert_eq!(early.execution.mode(), ExecutionMode::RealTime);
        assert_eq!(early.customer, late.customer, "the customer as it is");
        for unit in [first, last] {
            assert_eq!(unit.read(&customer.name).await, late.customer);
        }
        (customer, version) = (late.customer, version + 3);
    }
    chain.close().await;
}

/// Whom a name finds.
async fn found(unit: &Replica, name: &str) -> Vec<Customer> {
    let request = SearchCustomersRequest {
        name: name.to_owned(),
        channel: REAL_TIME_CHANNEL.to_owned(),
        ..SearchCustomersRequest::default()
    };
    unit.search(request).await.expect("a search").customers
}

/// The rows that P-0001 will upload.
async fn staged(chain: &Chain) -> Vec<String> {
    let database = &chain.world.database;
    let mut rows = Vec::new();
    for query in [
        "SELECT counter || ' ' || coalesce(base_version, 0) || ' ' || coalesce(outcome, 'waits') FROM revision ORDER BY counter",
        "SELECT replicationcounterfromorigin || ' ' || coalesce(firstname, '-') || ' ' || coalesce(lastname, '-')
         FROM retailasynccustomerv2 ORDER BY replicationcounterfromorigin",
        "SELECT replicationcounterfromorigin || ' ' || street || ' ' || makepostaladdressprimary
         FROM retailasyncaddressv2 ORDER BY replicationcounterfromorigin",
    ] {
        rows.extend(database.texts(query).await);
    }
    rows
}

async fn an_address_in_real_time_leaves_waiting_edits_alone(engine: Engine) {
    let mut chain = Chain::with(engine, branch::setup(ALL), branch::patient()).await;
    let customer = call::create().sent(chain.unit()).await.customer;
    call::rename(&customer, "Rossi").sent(chain.unit()).await;
    let edited = with_first_name(&customer, "Maria").sent(chain.unit()).await;
    assert_eq!(edited.execution.mode(), ExecutionMode::Async);
    assert_eq!(row(&chain).await, (1, true));
    chain.switch_to(F1).await;

    let waiting = staged(&chain).await;
    let unit = chain.unit();
    let answer = call::add_address(&customer, "2 Pine Street").sent(unit).await;
    assert_eq!(answer.execution.reason, "ASYNC_ADDRESS_OFF");
    let customer = &answer.customer;
    assert_eq!(customer.display_name, "Maria Rossi");
    assert_eq!(customer.sync_state(), SyncState::PendingUpload);
    assert_eq!(customer.sync_progress, edited.customer.sync_progress);
    let states: Vec<_> =
        customer.addresses.iter().map(csu::proto::channel::Address::sync_state).collect();
    assert_eq!(states, [SyncState::Synced; 2]);
    assert_eq!(&unit.read(&customer.name).await, customer);
    assert_eq!(row(&chain).await, (2, true), "the base is new, the view stays");
    assert_eq!(staged(&chain).await, waiting);
    let base = chain.world.database.texts("SELECT base FROM customer").await.remove(0);
    assert!(base.contains("Karen") && base.contains("Berg") && !base.contains("Maria"), "{base}");
    let views = "SELECT count(*) FROM address WHERE view IS NOT NULL OR base IS NULL";
    assert_eq!(chain.world.database.number(views).await, 0);

    // It is found by what is shown, and by nothing else.
    for name in ["rossi", "maria"] {
        assert_eq!(found(unit, name).await, std::slice::from_ref(customer), "{name}");
    }
    for name in ["berg", "karen"] {
        assert_eq!(found(unit, name).await, [], "{name}");
    }
    chain.close().await;
}

async fn an_edit_in_real_time_leaves_waiting_addresses_alone(engine: Engine) {
    let mut chain = Chain::with(engine, branch::setup(F1_F2), branch::patient()).await;
    let customer = call::create().sent(chain.unit()).await.customer;
    let mut add = call::add_address(&customer, "2 Pine Street");
    if let Call::AddAddress(request) = &mut add {
        request.address.as_mut().expect("an address").primary = true;
    }
    let waiting = add.sent(chain.unit()).await;
    assert_eq!(waiting.execution.reason, "ASYNC_ADDRESS");
    let rows = staged(&chain).await;

    // The customer itself does not wait.
    let renamed = call::rename(&customer, "Rossi").sent(chain.unit()).await;
    assert_eq!(renamed.execution.reason, "ASYNC_EDIT_OFF");
    assert_eq!(renamed.customer.addresses, waiting.customer.addresses);
    assert_eq!(renamed.customer.sync_state(), SyncState::Synced);
    assert_eq!(row(&chain).await, (2, true), "its primary address waits");
    assert_eq!(found(chain.unit(), "rossi").await, [renamed.customer]);
    assert_eq!(found(chain.unit(), "berg").await, []);

    chain.switch_to(F1).await;
    let answer = call::add_address(&customer, "3 Union Street").sent(chain.unit()).await;
    let shown: Vec<_> = answer
        .customer
        .addresses
        .iter()
        .map(|address| (address.street.as_str(), address.primary, address.sync_state()))
        .collect();
    let (synced, pending) = (SyncState::Synced, SyncState::PendingUpload);
    let mut expected = vec![
        ("1 Pike Place", false, synced),
        ("2 Pine Street", true, pending),
        ("3 Union Street", false, synced),
    ];
    expected.sort_by_key(|(street, ..)| shown.iter().position(|(other, ..)| other == street));
    assert_eq!(shown, expected);
    assert_eq!(chain.unit().read(&customer.name).await, answer.customer);
    assert_eq!(staged(&chain).await, rows);
    let waits = "SELECT count(*) FROM address WHERE base IS NULL";
    let views = "SELECT count(*) FROM address WHERE view IS NOT NULL";
    let database = &chain.world.database;
    assert_eq!((database.number(waits).await, database.number(views).await), (1, 1));
    chain.close().await;
}
