//! A newcomer's first customer.

use csu::proto::channel::{
    ExecutionMode, GetCustomerRequest, SearchCustomersRequest, SyncState, get_customer_request::Key,
};

use crate::harness::{Engine, World, requests};

crate::on_both_engines!(created_async_and_found_at_once);

async fn created_async_and_found_at_once(engine: Engine) {
    let world = World::new(engine).await;
    let mut customers = world.replica().customers();
    let answer = customers.create_customer(requests::create()).await.unwrap().into_inner();
    let (customer, execution) = (answer.customer.unwrap(), answer.execution.unwrap());
    assert_eq!(execution.mode(), ExecutionMode::Async);
    assert_eq!(execution.reason, "PROFILE_ASYNC_CREATE");
    assert_eq!(customer.account_number_display, "Pending sync");
    assert_eq!(customer.name, format!("customers/{}", customer.account_number));
    assert_eq!(customer.display_name, "Karen Berg");
    assert_eq!(customer.sync_state(), SyncState::PendingUpload);

    let by_name = GetCustomerRequest { key: Some(Key::Name(customer.name.clone())) };
    let read = customers.get_customer(by_name).await.unwrap().into_inner();
    assert_eq!(read.customer.as_ref(), Some(&customer));
    let search = SearchCustomersRequest { name: "KAR ber".to_owned(), ..Default::default() };
    let found = customers.search_customers(search).await.unwrap().into_inner();
    assert_eq!(found.customers, [customer]);
    world.close().await;
}
