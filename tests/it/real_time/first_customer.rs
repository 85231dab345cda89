//! The first customers that headquarters creates.

use csu::proto::channel::{
    CreateCustomerRequest, ExecutionMode, SyncState, get_customer_request::Key,
};

use crate::harness::{Chain, Engine, requests};

crate::on_both_engines!(scenario_1_a_customer_of_headquarters);

async fn scenario_1_a_customer_of_headquarters(engine: Engine) {
    let chain = Chain::new(engine).await;
    let unit = chain.unit();
    let request = CreateCustomerRequest {
        channel: requests::REAL_TIME_CHANNEL.to_owned(),
        ..requests::create()
    };
    let answer = unit.create(request.clone()).await.unwrap();
    let execution = answer.execution.as_ref().unwrap();
    assert_eq!(execution.mode(), ExecutionMode::RealTime);
    assert_eq!(execution.reason, "PROFILE_REAL_TIME");
    assert!(execution.headquarters_duration.is_some());
    let customer = answer.customer.as_ref().unwrap();
    assert_eq!(customer.account_number, "C-0000001");
    assert_eq!(customer.account_number_display, "C-0000001");
    assert_eq!(customer.sync_state(), SyncState::Synced);
    assert_eq!(customer.addresses[0].sync_state(), SyncState::Synced);
    assert_eq!(chain.gate.writes(), 1);

    assert_eq!(&unit.read(&customer.name).await, customer);
    let found = unit.get(Key::AccountNumber("C-0000001".to_owned())).await.unwrap();
    assert_eq!(&found, customer);
    assert_eq!(unit.create(request).await.unwrap(), answer, "word for word");
    assert_eq!(chain.gate.writes(), 1, "a repetition is answered here");
    chain.close().await;
}
