//! A till without connection has a database of its own, which exchanges with headquarters itself when it can.

use csu::{
    domain::{feature, routing::Connectivity},
    proto::channel::{CreateCustomerRequest, SyncState},
    roles::channel::ChannelSettings,
};
use tonic::Code;

use super::{PENDING, by_name, by_number, found_once, guid, numbered, rename, way};
use crate::harness::{
    Branch, Chain, Engine, branch,
    requests::{create, reason},
};

crate::on_both_engines!(scenario_6_what_a_till_captures_offline_is_found_at_the_store);

async fn scenario_6_what_a_till_captures_offline_is_found_at_the_store(engine: Engine) {
    let features = feature::ALL.iter().filter(|it| !it.mandatory).map(|it| it.key);
    let setup = branch::setup(&features.collect::<Vec<_>>());
    let mut chain = Chain::with(engine, setup, ChannelSettings::default()).await;
    let settings =
        ChannelSettings { connectivity: Connectivity::Offline, ..ChannelSettings::default() };
    let till = Branch::of(&chain, engine, settings).await;
    let at_till = CreateCustomerRequest { channel: "DALLAS".to_owned(), ..create() };

    chain.headquarters.stop().await;
    let answer = till.unit().create(at_till).await.expect("taken");
    assert_eq!(way(answer.execution.as_ref()), "async POS_OFFLINE");
    let pending = answer.customer.expect("a customer");
    let mut edit = rename(&pending.name, "Maria");
    edit.channel = "DALLAS".to_owned();
    till.unit().update(edit).await.expect("taken");
    let store = chain.world.replica();
    let missing =
        store.get(csu::proto::channel::get_customer_request::Key::Name(pending.name.clone()));
    let (code, _) = reason(&missing.await.expect_err("the store has not heard of it"));
    assert_eq!(code, Code::NotFound);

    chain.headquarters.start().await;
    for job in ["P-0001", "synchronize"] {
        chain.headquarters.run_well(job).await;
        let shown = till.unit().read(&pending.name).await;
        assert_eq!(shown.account_number_display, PENDING, "{job}");
    }
    chain.headquarters.run_well("1010").await;
    let here = till.unit().read(&pending.name).await;
    assert_eq!((here.sync_state(), here.account_number.as_str()), (SyncState::Synced, "C-0000001"));
    assert_eq!(here.display_name, "Maria Berg");
    let store = chain.unit();
    assert_eq!(store.read(&pending.name).await, here);
    for number in [guid(&pending.name), "C-0000001"] {
        assert_eq!(numbered(store, number).await, here);
    }
    let searches = [by_name("maria berg"), by_number(guid(&pending.name)), by_number("C-0000001")];
    assert_eq!(found_once(store, &pending.name, &searches).await, here);
    assert_eq!((till.gate.writes(), till.gate.lookups()), (0, 0), "it exchanges, and calls nobody");
    till.close(&chain).await;
    chain.close().await;
}
