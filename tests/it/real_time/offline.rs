//! The unit of a till without connection: headquarters knows it, and it never calls.

use csu::{
    domain::{routing::Connectivity, setup::DatabaseGroup},
    proto::channel::{ExplainRouteRequest, Operation, RequestState, SyncState},
    roles::channel::ChannelSettings,
};
use tonic::Code;
use tonic_types::StatusExt as _;

use super::stage::{add_address, company, create, rename, steadfast, way};
use crate::harness::{
    Chain, Engine, Footprint,
    requests::{self, REAL_TIME_CHANNEL, reason, request_id},
};

crate::on_both_engines!(
    scenario_6_it_registers_and_never_calls,
    scenario_7_with_filtered_customers_it_creates_none,
    what_needs_headquarters_is_refused,
);

fn offline() -> ChannelSettings {
    ChannelSettings { connectivity: Connectivity::Offline, ..ChannelSettings::default() }
}

async fn scenario_6_it_registers_and_never_calls(engine: Engine) {
    let chain = Chain::with(engine, company(&[]), offline()).await;
    let unit = chain.unit();
    let registered = "SELECT name FROM registered_database";
    assert_eq!(chain.headquarters.database.texts(registered).await, ["store-1"]);
    let answer = unit.create(create()).await.unwrap();
    assert_eq!(answer.execution.as_ref().unwrap().headquarters_duration, None);
    assert_eq!(way(answer.execution), "async POS_OFFLINE");
    assert_eq!(answer.customer.unwrap().sync_state(), SyncState::PendingUpload);
    let answer = unit.create(requests::create()).await.unwrap();
    assert_eq!(way(answer.execution), "async PROFILE_ASYNC_CREATE");
    let found = unit.lookup(&request_id()).await.unwrap();
    assert_eq!((found.state(), found.headquarters_asked), (RequestState::NotSeen, false));
    let question = ExplainRouteRequest {
        channel: REAL_TIME_CHANNEL.to_owned(),
        operation: Operation::CreateCustomer.into(),
        ..ExplainRouteRequest::default()
    };
    let explained = unit.explain(question).await.unwrap();
    assert_eq!((explained.caller_online, explained.reason.as_str()), (false, "POS_OFFLINE"));
    assert_eq!((chain.gate.writes(), chain.gate.lookups()), (0, 0));
    chain.close().await;
}

async fn scenario_7_with_filtered_customers_it_creates_none(engine: Engine) {
    let mut setup = company(&[]);
    let filtered = DatabaseGroup { filter_shared_customer_data_tables: true };
    setup.database_groups.insert("default".to_owned(), filtered);
    let mut chain = Chain::with(engine, setup, offline()).await;
    let before = Footprint::of(&chain.world.database).await;
    for request in [create(), requests::create()] {
        let refused = chain.unit().create(request).await.unwrap_err();
        let expected = (Code::FailedPrecondition, "CUSTOMERS_FILTERED_OFFLINE".to_owned());
        assert_eq!(reason(&refused), expected);
    }
    assert_eq!(Footprint::of(&chain.world.database).await, before);
    assert_eq!((chain.gate.writes(), chain.gate.lookups()), (0, 0));
    // Online it means nothing.
    chain.world.settings = ChannelSettings::default();
    chain.world.restart(Vec::new()).await;
    let answer = chain.unit().create(create()).await.unwrap();
    assert_eq!(way(answer.execution), "real-time PROFILE_REAL_TIME");
    chain.close().await;
}

async fn what_needs_headquarters_is_refused(engine: Engine) {
    let mut chain = steadfast(engine, &[]).await;
    let created = chain.unit().created(create()).await;
    chain.world.settings = offline();
    chain.world.restart(Vec::new()).await;
    let unit = chain.unit();
    assert_eq!(unit.read(&created.name).await, created);
    let pending = unit.created(create()).await.name;
    let before = Footprint::of(&chain.world.database).await;
    let refusals = [
        unit.update(rename(&created.name, "Maria")).await.unwrap_err(),
        unit.add_address(add_address(&created.name, "2 Pine")).await.unwrap_err(),
    ];
    for refused in refusals {
        assert_eq!(reason(&refused), (Code::Unavailable, "POS_OFFLINE".to_owned()));
        assert!(refused.get_details_retry_info().is_some());
    }
    // What a customer's state is against is said first, and nobody is asked whether it was otherwise.
    let refused = unit.update(rename(&pending, "Maria")).await.unwrap_err();
    assert_eq!(reason(&refused).1, "CUSTOMER_PENDING_SYNC");
    assert_eq!(Footprint::of(&chain.world.database).await, before);
    assert_eq!((chain.gate.writes(), chain.gate.lookups()), (1, 0), "only the first create");
    chain.close().await;
}
