//! How far a write has come, and when it took each step: on the customer, on each address, and on headquarters' page.

use std::time::Duration;

use csu::proto::{
    channel::{Address, Customer, SyncState},
    headquarters::{GetOperationRequest, Operation, OperationStatus},
};

use super::{add_address, rename, since_start, steps};
use crate::harness::{
    Chain, Engine,
    requests::{create, create_named},
    wait,
};

crate::on_both_engines!(
    a_create_says_when_it_took_each_step,
    scenario_18_a_pending_customer_with_three_addresses,
    scenarios_20_and_27_edits_count_up_and_the_last_is_shown,
);

const TEN_SECONDS: Duration = Duration::from_secs(10);

use SyncState::{PendingDownload, PendingProcessing, PendingUpload, Synced};

/// Moves time on and runs a job.
async fn later(chain: &Chain, job: &str) {
    chain.clock.advance(TEN_SECONDS);
    chain.headquarters.run_well(job).await;
}

/// The unit hears by itself that headquarters is done.
async fn heard(chain: &Chain, name: &str) -> Customer {
    let is_done = async || chain.unit().read(name).await.sync_state() == PendingDownload;
    wait::until("the unit knows that headquarters is done", is_done).await;
    chain.unit().read(name).await
}

/// Seconds at which an operation took each step.
fn times(operation: &Operation) -> [Option<i64>; 4] {
    let Operation { capture_time, upload_time, process_time, deliver_time, .. } = operation;
    [capture_time, upload_time, process_time, deliver_time].map(|at| at.map(since_start))
}

async fn a_create_says_when_it_took_each_step(engine: Engine) {
    let chain = Chain::new(engine).await;
    let (unit, headquarters) = (chain.unit(), &chain.headquarters);
    let request = create();
    let created = unit.created(request.clone()).await;
    assert_eq!(created.sync_state(), PendingUpload);
    assert_eq!(steps(created.sync_progress.as_ref()), (Some(0), None, None));
    assert_eq!(headquarters.operations().await, []);

    later(&chain, "P-0001").await;
    let uploaded = unit.read(&created.name).await;
    assert_eq!(uploaded.sync_state(), PendingProcessing);
    assert_eq!(steps(uploaded.sync_progress.as_ref()), (Some(0), Some(10), None));
    let operations = headquarters.operations().await;
    let [operation] = operations.as_slice() else { panic!("one: {operations:?}") };
    assert_eq!(operation.status(), OperationStatus::Pending);
    assert_eq!(times(operation), [Some(0), Some(10), None, None]);
    assert_eq!((operation.customer.as_str(), operation.counter), (created.name.as_str(), 1));
    assert_eq!(
        (operation.method.as_str(), operation.channel.as_str()),
        ("CreateCustomer", "SEATTLE")
    );
    assert_eq!(
        (&operation.database, &operation.request_id),
        (&"store-1".to_owned(), &request.request_id)
    );
    assert_eq!(operation.account_number, "");

    later(&chain, "synchronize").await;
    let processed = heard(&chain, &created.name).await;
    assert_eq!(steps(processed.sync_progress.as_ref()), (Some(0), Some(10), Some(20)));
    assert_eq!(processed.account_number_display, "Pending sync");
    assert_eq!(processed.addresses[0].sync_state(), PendingDownload);
    let operation = headquarters.operations().await.pop().expect("the operation");
    assert_eq!(operation.status(), OperationStatus::Synchronized);
    assert_eq!(operation.account_number, "C-0000001");
    assert_eq!(times(&operation), [Some(0), Some(10), Some(20), None]);

    later(&chain, "1010").await;
    let synced = unit.read(&created.name).await;
    assert_eq!((synced.sync_state(), &synced.sync_progress), (Synced, &None));
    let name = operation.name.clone();
    let shown = headquarters.customer_sync().get_operation(GetOperationRequest { name }).await;
    let operation = shown.expect("an answer").into_inner().operation.expect("the operation");
    assert_eq!(times(&operation), [Some(0), Some(10), Some(20), Some(30)]);
    chain.close().await;
}

fn address_states(customer: &Customer) -> Vec<SyncState> {
    customer.addresses.iter().map(Address::sync_state).collect()
}

/// Each of them goes its way by itself.
async fn scenario_18_a_pending_customer_with_three_addresses(engine: Engine) {
    let chain = Chain::new(engine).await;
    let unit = chain.unit();
    let name = unit.created(create_named("Karen", "Berg")).await.name;
    for street in ["1 Pine Street", "2 Pine Street"] {
        chain.clock.advance(TEN_SECONDS);
        unit.add_address(add_address(&name, street)).await.expect("taken");
    }
    later(&chain, "P-0001").await;
    chain.clock.advance(TEN_SECONDS);
    let third = unit.add_address(add_address(&name, "3 Pine Street")).await.expect("taken");
    let shown = third.customer.expect("a customer");
    assert_eq!(shown.sync_state(), PendingProcessing);
    assert_eq!(address_states(&shown), [PendingProcessing, PendingProcessing, PendingUpload]);
    let captured: Vec<_> =
        shown.addresses.iter().map(|address| steps(address.sync_progress.as_ref())).collect();
    assert_eq!(
        captured,
        [(Some(10), Some(30), None), (Some(20), Some(30), None), (Some(40), None, None)]
    );

    later(&chain, "synchronize").await;
    // Headquarters performs his revisions one after the other, and the unit may hear of each.
    let done = [PendingDownload, PendingDownload, PendingUpload];
    wait::until("the unit knows that headquarters is done", async || {
        address_states(&unit.read(&name).await) == done
    })
    .await;
    assert_eq!(unit.read(&name).await.sync_state(), PendingDownload);
    later(&chain, "1010").await;
    let shown = unit.read(&name).await;
    assert_eq!(shown.account_number, "C-0000001");
    assert_eq!(shown.sync_state(), Synced, "the customer itself waits for nothing");
    assert_eq!(address_states(&shown), [Synced, Synced, PendingUpload]);
    assert!(shown.addresses[0].primary && !shown.addresses[2].primary);

    chain.headquarters.exchange_all().await;
    let synced = unit.read(&name).await;
    assert_eq!(address_states(&synced), [Synced; 3]);
    let streets: Vec<_> = synced.addresses.iter().map(|address| address.street.as_str()).collect();
    assert_eq!(streets, ["1 Pine Street", "2 Pine Street", "3 Pine Street"]);
    chain.close().await;
}

/// Edits of a pending customer, and of one that has its number: nobody waits for anything.
async fn scenarios_20_and_27_edits_count_up_and_the_last_is_shown(engine: Engine) {
    let chain = Chain::new(engine).await;
    let unit = chain.unit();
    let name = unit.created(create()).await.name;
    unit.update(rename(&name, "Maria")).await.expect("edited");
    chain.headquarters.exchange_all().await;
    let before = unit.read(&name).await;
    assert_eq!((before.first_name.as_str(), before.sync_state()), ("Maria", Synced));

    let writes = chain.gate.writes();
    for first_name in ["Anna", "Giulia"] {
        chain.clock.advance(TEN_SECONDS);
        let edited = unit.update(rename(&name, first_name)).await.expect("edited");
        let edited = edited.customer.expect("a customer");
        assert_eq!((edited.first_name.as_str(), edited.sync_state()), (first_name, PendingUpload));
        assert_eq!(edited.account_number, "C-0000001", "it keeps its number");
        assert_eq!(steps(edited.sync_progress.as_ref()), (Some(10), None, None), "the oldest");
        assert_eq!(address_states(&edited), [Synced]);
        assert_eq!(unit.read(&name).await, edited);
    }
    assert_eq!(chain.gate.writes(), writes, "no call");
    let staged = "SELECT replicationcounterfromorigin || ' ' || firstname || ' ' || custaccount
                  FROM retailasynccustomerv2 WHERE onlineoperationcompleted = 0
                  ORDER BY replicationcounterfromorigin";
    let waiting = chain.world.database.texts(staged).await;
    assert_eq!(waiting, ["3 Anna C-0000001", "4 Giulia C-0000001"]);
    for job in ["P-0001", "synchronize", "1010"] {
        chain.headquarters.run_well(job).await;
        assert_eq!(unit.read(&name).await.first_name, "Giulia", "{job}");
    }
    let shown = unit.read(&name).await;
    assert_eq!((shown.sync_state(), shown.account_number.as_str()), (Synced, "C-0000001"));
    assert_eq!(chain.performed().await, (1, 4));
    chain.close().await;
}
