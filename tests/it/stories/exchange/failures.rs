//! What headquarters can't perform, as the channel and the status page show it.

use csu::proto::{
    channel::{Address, CreateCustomerRequest, SyncState},
    headquarters::{
        CustomerGroup, DeleteCustomerGroupRequest, ListOperationsRequest, Operation,
        OperationStatus, RunStatus, SaveCustomerGroupRequest,
    },
};

use super::{PENDING, add_address, rename, staged};
use crate::harness::{
    Chain, Engine,
    requests::{create, create_named},
};

crate::on_both_engines!(
    a_customer_of_a_group_that_is_gone_fails_and_parks_what_follows,
    an_edit_that_fails_leaves_the_customer_its_number,
);

const GONE: &str = "CUSTOMER_GROUP_NOT_FOUND";
const BEHIND: &str = "EARLIER_REVISION_FAILED";

/// A major customer, whose group headquarters deletes before anybody hears of it.
fn major() -> CreateCustomerRequest {
    let mut request = create();
    request.customer.as_mut().expect("a customer").customer_group = "20".to_owned();
    request
}

async fn delete_group(chain: &Chain, code: &str) {
    let request = DeleteCustomerGroupRequest { code: code.to_owned() };
    chain.headquarters.setup().delete_customer_group(request).await.expect("deleted");
}

fn word(operation: &Operation) -> (OperationStatus, &str) {
    (operation.status(), operation.error_reason.as_str())
}

async fn a_customer_of_a_group_that_is_gone_fails_and_parks_what_follows(engine: Engine) {
    let chain = Chain::new(engine).await;
    let (unit, headquarters) = (chain.unit(), &chain.headquarters);
    let name = unit.created(major()).await.name;
    unit.update(rename(&name, "Maria")).await.expect("edited");
    let other = unit.created(create_named("Anna", "Rossi")).await.name;
    unit.add_address(add_address(&name, "2 Pine Street")).await.expect("added");
    delete_group(&chain, "20").await;
    headquarters.run_well("P-0001").await;
    let run = headquarters.run_well("synchronize").await;
    assert_eq!(run.status(), RunStatus::Succeeded, "a failed revision is an outcome: {run:?}");
    assert_eq!(run.rows, 4);
    let before = unit.read(&name).await;
    assert_ne!(before.sync_state(), SyncState::Failed, "1010 has not come");
    headquarters.run_well("1010").await;

    let failed = unit.read(&name).await;
    assert_eq!(failed.sync_state(), SyncState::Failed);
    assert_eq!(failed.sync_progress.as_ref().expect("why").error_reason, GONE);
    assert_eq!(failed.account_number_display, PENDING);
    assert_eq!((failed.first_name.as_str(), failed.addresses.len()), ("Maria", 2), "it stays here");
    let states: Vec<_> = failed.addresses.iter().map(Address::sync_state).collect();
    assert_eq!(states, [SyncState::Failed; 2]);
    let parked = failed.addresses[1].sync_progress.as_ref().expect("why");
    assert_eq!(parked.error_reason, BEHIND);
    assert_eq!(unit.read(&other).await.sync_state(), SyncState::Synced, "nobody else waits");
    let (open, _) = staged(&chain.world.database).await;
    assert_eq!(open, 6, "four of the create, one of the edit, one of the address");

    let operations = headquarters.operations().await;
    assert_eq!(
        operations.iter().map(word).collect::<Vec<_>>(),
        [
            (OperationStatus::Failed, GONE),
            (OperationStatus::Parked, BEHIND),
            (OperationStatus::Synchronized, ""),
            (OperationStatus::Parked, BEHIND),
        ]
    );
    assert!(operations[0].error_text.contains("20"), "{}", operations[0].error_text);
    assert!(operations.iter().all(|it| it.process_time.is_some() && it.deliver_time.is_some()));
    let statuses = vec![OperationStatus::Failed.into(), OperationStatus::Parked.into()];
    let request = ListOperationsRequest {
        statuses,
        customer: name.clone(),
        ..ListOperationsRequest::default()
    };
    let listed = headquarters.customer_sync().list_operations(request).await.expect("an answer");
    assert_eq!(listed.into_inner().operations.len(), 3);

    // What comes later joins the queue behind it; and nothing else is brought twice.
    unit.update(rename(&name, "Giulia")).await.expect("edited");
    headquarters.exchange_all().await;
    let last = headquarters.operations().await.pop().expect("the edit");
    assert_eq!(word(&last), (OperationStatus::Parked, BEHIND));
    let failed = unit.read(&name).await;
    assert_eq!((failed.first_name.as_str(), failed.sync_state()), ("Giulia", SyncState::Failed));
    assert_eq!(failed.sync_progress.expect("why").error_reason, GONE);
    assert_eq!(headquarters.run_well("1010").await.status(), RunStatus::NoData);
    chain.close().await;
}

async fn an_edit_that_fails_leaves_the_customer_its_number(engine: Engine) {
    let chain = Chain::new(engine).await;
    let (unit, headquarters) = (chain.unit(), &chain.headquarters);
    let name = unit.created(create()).await.name;
    headquarters.exchange_all().await;
    let mut edit = rename(&name, "Maria");
    edit.customer.as_mut().expect("a customer").customer_group = "20".to_owned();
    edit.update_mask.as_mut().expect("a mask").paths.push("customer_group".to_owned());
    unit.update(edit).await.expect("edited");
    delete_group(&chain, "20").await;
    headquarters.exchange_all().await;
    let failed = unit.read(&name).await;
    assert_eq!(
        (failed.sync_state(), failed.account_number.as_str()),
        (SyncState::Failed, "C-0000001")
    );
    assert_eq!((failed.first_name.as_str(), failed.customer_group.as_str()), ("Maria", "20"));
    assert_eq!(failed.addresses[0].sync_state(), SyncState::Synced);
    // An address is the customer's, and waits behind the edit.
    unit.add_address(add_address(&name, "2 Pine Street")).await.expect("added");
    // That the group is there again mends nothing by itself.
    let customer_group = Some(CustomerGroup { code: "20".to_owned(), ..CustomerGroup::default() });
    let request = SaveCustomerGroupRequest { customer_group };
    headquarters.setup().save_customer_group(request).await.expect("saved");
    headquarters.exchange_all().await;
    let failed = unit.read(&name).await;
    assert_eq!(failed.sync_state(), SyncState::Failed);
    let states: Vec<_> = failed.addresses.iter().map(Address::sync_state).collect();
    assert_eq!(states, [SyncState::Synced, SyncState::Failed]);
    chain.close().await;
}
