//! Adding addresses where the feature leaves it to headquarters, and where it doesn't.

use std::time::Duration;

use csu::proto::channel::SyncState;
use tonic::Code;

use super::stage::{F1, F2, add_address, at_headquarters, create, steadfast, way};
use crate::harness::{
    Engine, Footprint,
    requests::{self, reason},
};

crate::on_both_engines!(
    scenario_16_one_real_time_call,
    scenario_17_none,
    scenario_18_a_pending_customer,
    a_pending_customer_without_async_addresses,
);

async fn scenario_16_one_real_time_call(engine: Engine) {
    let chain = steadfast(engine, &[]).await;
    let unit = chain.unit();
    let create = create();
    let name = unit.created(create.clone()).await.name;
    chain.clock.advance(Duration::from_secs(1));
    let mut request = add_address(&name, "2 Pine Street");
    request.address.as_mut().unwrap().primary = true;
    let answer = unit.add_address(request.clone()).await.unwrap();
    assert_eq!(way(answer.execution.clone()), "real-time ASYNC_ADDRESS_OFF");
    assert_eq!(chain.gate.writes(), 2, "the create and the address");
    let customer = answer.customer.as_ref().unwrap();
    assert_eq!(customer.sync_state(), SyncState::Synced);
    let [old, new] = customer.addresses.as_slice() else { panic!("two addresses") };
    assert_eq!(
        (new.id.as_str(), new.street.as_str()),
        (answer.address_id.as_str(), "2 Pine Street")
    );
    assert_eq!((old.sync_state(), new.sync_state()), (SyncState::Synced, SyncState::Synced));
    assert_eq!((old.primary, new.primary), (false, true), "a new primary unmarks the old");
    assert_eq!(&unit.read(&name).await, customer);
    assert_eq!(unit.add_address(request).await.unwrap(), answer, "word for word");
    assert_eq!(chain.gate.writes(), 2);

    let there = at_headquarters(&chain.headquarters, &create.request_id).await;
    assert_eq!((there.version, there.addresses.len()), (2, 2));
    let staged = "SELECT count(*) FROM revision";
    assert_eq!(chain.world.database.number(staged).await, 0, "nothing waits here");
    chain.close().await;
}

async fn scenario_17_none(engine: Engine) {
    let chain = steadfast(engine, &[F2]).await;
    let unit = chain.unit();
    let name = unit.created(create()).await.name;
    let answer = unit.add_address(add_address(&name, "2 Pine Street")).await.unwrap();
    assert_eq!(answer.execution.as_ref().unwrap().headquarters_duration, None);
    assert_eq!(way(answer.execution), "async ASYNC_ADDRESS");
    let customer = answer.customer.unwrap();
    assert_eq!(unit.read(&name).await, customer, "visible at once");
    assert_eq!(customer.sync_state(), SyncState::Synced, "the customer waits for nothing");
    assert_eq!(customer.addresses[0].sync_state(), SyncState::Synced);
    let new = customer.addresses.iter().find(|it| it.id == answer.address_id).unwrap();
    assert_eq!(new.sync_state(), SyncState::PendingUpload);
    assert_eq!((chain.gate.writes(), chain.gate.lookups()), (1, 0), "only the create");
    let staged = "SELECT custaccount || ' ' || street || ' ' || r.base_version
                  FROM retailasyncaddressv2 JOIN revision r ON counter = replicationcounterfromorigin";
    assert_eq!(chain.world.database.texts(staged).await, ["C-0000001 2 Pine Street 1"]);
    chain.close().await;
}

/// Whatever the other features are.
async fn scenario_18_a_pending_customer(engine: Engine) {
    for features in [&[F2][..], &[F1, F2]] {
        let chain = steadfast(engine, features).await;
        let unit = chain.unit();
        let name = unit.created(requests::create()).await.name;
        for street in ["1 First", "2 Second", "3 Third"] {
            let answer = unit.add_address(add_address(&name, street)).await.unwrap();
            assert_eq!(way(answer.execution), "async ASYNC_ADDRESS");
        }
        assert_eq!(unit.read(&name).await.addresses.len(), 4);
        assert_eq!((chain.gate.writes(), chain.gate.lookups()), (0, 0));
        chain.close().await;
    }
}

async fn a_pending_customer_without_async_addresses(engine: Engine) {
    let chain = steadfast(engine, &[]).await;
    let unit = chain.unit();
    let name = unit.created(requests::create()).await.name;
    let before = Footprint::of(&chain.world.database).await;
    let refused = unit.add_address(add_address(&name, "2 Pine")).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::FailedPrecondition, "CUSTOMER_PENDING_SYNC".to_owned()));
    assert_eq!(chain.gate.writes(), 0);
    assert_eq!(Footprint::of(&chain.world.database).await, before);
    chain.close().await;
}
