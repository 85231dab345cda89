//! What the profile has async goes async, whether headquarters is there or not.

use csu::proto::channel::{SearchCustomersRequest, SyncState};

use super::stage::{add_address, rename, way};
use crate::harness::{Chain, Engine, requests};

crate::on_both_engines!(
    scenario_2_not_one_real_time_call,
    scenario_3_the_guid_is_never_shown,
    with_all_features_nothing_of_a_pending_customer_is_real_time,
);

async fn scenario_2_not_one_real_time_call(engine: Engine) {
    let chain = Chain::new(engine).await;
    let unit = chain.unit();
    let answer = unit.create(requests::create()).await.unwrap();
    assert_eq!(answer.execution.as_ref().unwrap().headquarters_duration, None);
    assert_eq!(way(answer.execution), "async PROFILE_ASYNC_CREATE");
    let customer = answer.customer.unwrap();
    assert!(customer.account_number.parse::<uuid::Uuid>().is_ok(), "the number is a GUID");
    assert_eq!(customer.sync_state(), SyncState::PendingUpload);
    assert_eq!((chain.gate.writes(), chain.gate.lookups()), (0, 0));
    let at_headquarters = "SELECT count(*) FROM customer";
    assert_eq!(chain.headquarters.database.number(at_headquarters).await, 0);
    chain.close().await;
}

async fn scenario_3_the_guid_is_never_shown(engine: Engine) {
    let chain = Chain::new(engine).await;
    let unit = chain.unit();
    let created = unit.created(requests::create()).await;
    let read = unit.read(&created.name).await;
    let search = SearchCustomersRequest { name: "berg".to_owned(), ..Default::default() };
    let found = unit.search(search).await.unwrap().customers.remove(0);
    for customer in [created, read, found] {
        assert_eq!(customer.account_number_display, "Pending sync");
        assert!(!customer.display_name.contains(&customer.account_number));
    }
    chain.close().await;
}

async fn with_all_features_nothing_of_a_pending_customer_is_real_time(engine: Engine) {
    let chain = Chain::new(engine).await;
    let unit = chain.unit();
    let name = unit.created(requests::create()).await.name;
    let updated = unit.update(rename(&name, "Maria")).await.unwrap();
    assert_eq!(way(updated.execution), "async ASYNC_EDIT");
    for street in ["1 First", "2 Second", "3 Third"] {
        let added = unit.add_address(add_address(&name, street)).await.unwrap();
        assert_eq!(way(added.execution), "async ASYNC_ADDRESS", "scenario 18");
    }
    let streets: Vec<_> =
        unit.read(&name).await.addresses.into_iter().map(|it| it.street).collect();
    assert_eq!(streets.len(), 4, "{streets:?}");
    assert_eq!((chain.gate.writes(), chain.gate.lookups()), (0, 0));
    chain.close().await;
}
