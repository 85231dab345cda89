//! Changing customers.

use csu::proto::channel::{Customer, ExecutionMode, SyncState, UpdateCustomerRequest};
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::harness::{
    Company, Engine, Footprint, World,
    requests::{create, reason, update},
    synced,
};

crate::on_both_engines!(
    scenario_25_pending_customer_without_async_editing,
    scenario_27_synced_customer_edited_async,
    scenario_29_stale_etag,
);

fn renamed(name: &str, first_name: &str) -> UpdateCustomerRequest {
    let customer = Customer {
        name: name.to_owned(),
        first_name: first_name.to_owned(),
        ..Customer::default()
    };
    update(customer, &["first_name"])
}

async fn scenario_25_pending_customer_without_async_editing(engine: Engine) {
    let world = World::of(engine, &Company::new().f3(false)).await;
    let name = world.replica().created(create()).await.name;
    let before = Footprint::of(&world.database).await;
    let refused = world.replica().update(renamed(&name, "Maria")).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::FailedPrecondition, "CUSTOMER_PENDING_SYNC".to_owned()));
    assert!(refused.message().contains("pending"), "{}", refused.message());
    let precondition = refused.get_details_precondition_failure().unwrap();
    assert_eq!(precondition.violations[0].subject, "customer");
    assert_eq!(Footprint::of(&world.database).await, before);
    world.close().await;
}

async fn scenario_27_synced_customer_edited_async(engine: Engine) {
    let world = World::new(engine).await;
    let replica = world.replica();
    let synced = synced::plant(&world.database, "C-0000001", "Anna", "Rossi").await;
    let answer = replica.update(renamed(&synced.name, "Maria")).await.unwrap();
    let (customer, execution) = (answer.customer.unwrap(), answer.execution.unwrap());
    assert_eq!(execution.mode(), ExecutionMode::Async);
    assert_eq!(execution.reason, "ASYNC_EDIT");
    assert_eq!(execution.headquarters_duration, None, "headquarters was not called");
    assert_eq!(customer.display_name, "Maria Rossi");
    assert_eq!(customer.account_number_display, "C-0000001", "it keeps its number");
    assert_eq!(customer.sync_state(), SyncState::PendingUpload);
    assert_eq!(customer.addresses[0].sync_state(), SyncState::Synced);
    assert_eq!(replica.read(&synced.name).await, customer);

    // Only what differs is staged, under the real number and on the version that was seen.
    let staged = "SELECT custaccount || ' ' || operation || ' ' || firstname || ' ' || base_version
                  FROM retailasynccustomerv2 JOIN revision r ON counter = replicationcounterfromorigin
                  WHERE lastname IS NULL AND languageid IS NULL AND relationshiptype IS NULL";
    assert_eq!(world.database.texts(staged).await, ["C-0000001 2 Maria 7"]);
    let base = world.database.texts("SELECT base FROM customer").await;
    assert!(base[0].contains("Anna") && !base[0].contains("Maria"), "what headquarters sent stays");
    world.close().await;
}

async fn scenario_29_stale_etag(engine: Engine) {
    let world = World::new(engine).await;
    let replica = world.replica();
    let synced = synced::plant(&world.database, "C-0000001", "Anna", "Rossi").await;
    let read = replica.read(&synced.name).await;

    // Somebody else's change, with the etag that is right then.
    let request =
        UpdateCustomerRequest { etag: read.etag.clone(), ..renamed(&synced.name, "Maria") };
    let changed = replica.update(request).await.unwrap().customer.unwrap();
    assert_ne!(changed.etag, read.etag);

    let before = Footprint::of(&world.database).await;
    for stale in [read.etag.as_str(), "1-00", "99-ab", "nonsense"] {
        let request =
            UpdateCustomerRequest { etag: stale.to_owned(), ..renamed(&synced.name, "Giulia") };
        let refused = replica.update(request).await.unwrap_err();
        assert_eq!(reason(&refused), (Code::Aborted, "ETAG_MISMATCH".to_owned()), "{stale}");
        assert!(refused.get_details_retry_info().is_some());
    }
    assert_eq!(Footprint::of(&world.database).await, before, "nothing is written");
    assert_eq!(replica.read(&synced.name).await, changed);
    world.close().await;
}
