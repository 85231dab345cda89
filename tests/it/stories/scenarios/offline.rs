//! A till without connection, with a database of its own.

use csu::{
    domain::routing::Connectivity, proto::channel::ExecutionMode, roles::channel::ChannelSettings,
};
use tonic::Code;

use crate::harness::{
    Company, Engine, Footprint, World,
    requests::{create, create_named, phone, reason, update},
    synced,
};

crate::on_both_engines!(
    scenario_6_offline_create,
    scenario_7_offline_with_filtered_customers,
    offline_is_never_real_time,
);

fn offline() -> ChannelSettings {
    ChannelSettings { connectivity: Connectivity::Offline, ..ChannelSettings::default() }
}

async fn scenario_6_offline_create(engine: Engine) {
    let packages = Company::new().f0(false).f1(false).packages();
    let world = World::with(engine, offline(), packages).await;
    let mut request = create();
    // A second phone, which is refused only where the profile chose async.
    request.customer.as_mut().unwrap().contacts.push(phone("+12065550123"));
    let answer = world.replica().create(request).await.unwrap();
    let (customer, execution) = (answer.customer.unwrap(), answer.execution.unwrap());
    assert_eq!(execution.mode(), ExecutionMode::Async);
    assert_eq!(execution.reason, "POS_OFFLINE");
    assert_eq!(customer.account_number_display, "Pending sync");
    assert_eq!(customer.contacts.len(), 3);
    let waiting = "SELECT count(*) FROM revision WHERE uploaded_at IS NULL";
    assert_eq!(world.database.number(waiting).await, 1, "it waits for its upload");
    world.close().await;
}

async fn scenario_7_offline_with_filtered_customers(engine: Engine) {
    for f0 in [true, false] {
        let packages = Company::new().f0(f0).x(true).packages();
        let world = World::with(engine, offline(), packages).await;
        let before = Footprint::of(&world.database).await;
        let refused = world.replica().create(create()).await.unwrap_err();
        let expected = (Code::FailedPrecondition, "CUSTOMERS_FILTERED_OFFLINE".to_owned());
        assert_eq!(reason(&refused), expected, "F0 {f0}");
        assert_eq!(Footprint::of(&world.database).await, before, "nothing is stored");
        world.close().await;
    }
}

/// X filters offline databases only; and what needs headquarters is refused at an offline till.
async fn offline_is_never_real_time(engine: Engine) {
    let world = World::of(engine, &Company::new().x(true)).await;
    assert!(world.replica().create(create()).await.is_ok(), "X means nothing online");
    world.close().await;

    let packages = Company::new().f3(false).packages();
    let world = World::with(engine, offline(), packages).await;
    let synced = synced::plant(&world.database, "C-0000001", "Anna", "Rossi").await;
    let mut change = create_named("Maria", "").customer.unwrap();
    change.name.clone_from(&synced.name);
    let refused = world.replica().update(update(change, &["first_name"])).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::Unavailable, "POS_OFFLINE".to_owned()));
    world.close().await;
}
