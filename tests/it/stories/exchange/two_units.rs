//! Two units, each on a database of its own, and headquarters between them.

use std::time::Duration;

use csu::{
    domain::feature,
    proto::{
        channel::{Customer, SyncState},
        headquarters::{OperationStatus, RunJobRequest, RunStatus},
    },
    roles::channel::ChannelSettings,
};

use super::{
    add_address, by_email, by_name, found_once, guid, numbered, rename, rename_at, rename_family,
};
use crate::harness::{
    Branch, Chain, Engine, branch,
    requests::{ASYNC_CHANNEL, create},
};

crate::on_both_engines!(
    who_is_created_at_one_is_found_at_the_other_and_edited_at_both,
    the_later_of_two_values_is_shown_at_both_and_the_other_on_the_page,
    who_comes_later_gets_all_that_there_is,
);

async fn chain(engine: Engine) -> Chain {
    let features = feature::ALL.iter().filter(|it| !it.mandatory).map(|it| it.key);
    let setup = branch::setup(&features.collect::<Vec<_>>());
    Chain::with(engine, setup, ChannelSettings::default()).await
}

/// The second unit's database is on the other engine.
async fn both(engine: Engine) -> (Chain, Branch) {
    let chain = chain(engine).await;
    let other = match engine {
        Engine::Sqlite => Engine::Postgres,
        Engine::Postgres => Engine::Sqlite,
    };
    let dallas = Branch::of(&chain, other, ChannelSettings::default()).await;
    (chain, dallas)
}

/// What both show, which is the same.
async fn alike(chain: &Chain, dallas: &Branch, name: &str) -> Customer {
    let (here, there) = (chain.unit().read(name).await, dallas.unit().read(name).await);
    assert_eq!(here, there);
    assert_eq!(here.sync_state(), SyncState::Synced);
    assert!(here.addresses.iter().all(|address| address.sync_state() == SyncState::Synced));
    here
}

async fn close(chain: Chain, dallas: Branch) {
    let rows = async |database: &crate::harness::Database| {
        let count = "SELECT count(*) FROM customer WHERE version IS NOT NULL";
        database.number(count).await
    };
    let count = chain.performed().await.0;
    assert_eq!(rows(&chain.world.database).await, count, "all of headquarters' customers");
    assert_eq!(rows(&dallas.world.database).await, count);
    dallas.close(&chain).await;
    chain.close().await;
}

async fn who_is_created_at_one_is_found_at_the_other_and_edited_at_both(engine: Engine) {
    let (chain, dallas) = both(engine).await;
    let name = chain.unit().created(create()).await.name;
    chain.headquarters.exchange_all().await;
    let shown = alike(&chain, &dallas, &name).await;
    assert_eq!(shown.account_number, "C-0000001");
    for number in ["C-0000001", guid(&name)] {
        assert_eq!(numbered(dallas.unit(), number).await, shown);
    }
    let searches = [by_name("berg")];
    assert_eq!(found_once(dallas.unit(), &name, &searches).await, shown);

    // Each changes something else, and both add an address, all without knowing.
    chain.unit().update(rename(&name, "Maria")).await.expect("edited");
    chain.unit().add_address(add_address(&name, "2 Pine Street")).await.expect("added");
    dallas.unit().update(rename_family("DALLAS", &name, "Rossi")).await.expect("edited");
    let mut elm = add_address(&name, "3 Elm Street");
    elm.channel = "DALLAS".to_owned();
    dallas.unit().add_address(elm).await.expect("added");
    assert_eq!(chain.unit().read(&name).await.display_name, "Maria Berg");
    assert_eq!(dallas.unit().read(&name).await.display_name, "Karen Rossi");

    chain.headquarters.exchange_all().await;
    let shown = alike(&chain, &dallas, &name).await;
    assert_eq!(shown.display_name, "Maria Rossi");
    assert_eq!(shown.addresses.len(), 3);
    for unit in [chain.unit(), dallas.unit()] {
        let searches = [by_name("maria rossi"), by_email("karen@example.com")];
        assert_eq!(found_once(unit, &name, &searches).await, shown);
        let old = unit.search(by_name("karen")).await.expect("an answer").customers;
        assert_eq!(old, [], "nobody is found by an old name");
    }
    close(chain, dallas).await;
}

/// Whichever of them is written first, and whichever headquarters hears of first.
async fn the_later_of_two_values_is_shown_at_both_and_the_other_on_the_page(engine: Engine) {
    let (chain, dallas) = both(engine).await;
    let name = chain.unit().created(create()).await.name;
    chain.headquarters.exchange_all().await;
    let stores = [("store-1", ASYNC_CHANNEL, chain.unit()), ("store-2", "DALLAS", dallas.unit())];
    let mut expected = Vec::new();
    for (early, first_heard) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        let text = |what: &str| format!("{what} {early} {first_heard}");
        for (what, (_, channel, unit)) in [("Early", stores[early]), ("Late", stores[1 - early])] {
            chain.clock.advance(Duration::from_secs(1));
            unit.update(rename_at(channel, &name, &text(what))).await.expect("edited");
        }
        for store in [first_heard, 1 - first_heard] {
            let request = RunJobRequest {
                job: "P-0001".to_owned(),
                database: stores[store].0.to_owned(),
                ..RunJobRequest::default()
            };
            let run = chain.headquarters.run_job(request).await.expect("it runs");
            assert_eq!((run.status(), run.rows), (RunStatus::Succeeded, 1));
            chain.headquarters.run_well("synchronize").await;
        }
        chain.headquarters.run_well("1010").await;
        assert_eq!(alike(&chain, &dallas, &name).await.first_name, text("Late"));
        if first_heard != early {
            expected.push((text("Early"), text("Late")));
        }
    }
    let operations = chain.headquarters.operations().await;
    let superseded =
        operations.iter().filter(|operation| operation.status() == OperationStatus::Superseded);
    let mut lost: Vec<_> = superseded
        .flat_map(|operation| &operation.superseded)
        .map(|field| (field.lost.clone(), field.kept.clone()))
        .collect();
    lost.sort();
    assert_eq!(lost, expected);
    close(chain, dallas).await;
}

async fn who_comes_later_gets_all_that_there_is(engine: Engine) {
    let chain = chain(engine).await;
    let mut names = Vec::new();
    for _ in 0..3 {
        names.push(chain.unit().created(create()).await.name);
    }
    chain.headquarters.exchange_all().await;
    chain.unit().update(rename(&names[1], "Maria")).await.expect("edited");
    chain.headquarters.exchange_all().await;
    // It serves when it has everything, and nobody runs a job for it.
    let dallas = Branch::of(&chain, engine, ChannelSettings::default()).await;
    for name in &names {
        alike(&chain, &dallas, name).await;
    }
    assert_eq!(dallas.unit().read(&names[1]).await.first_name, "Maria");
    close(chain, dallas).await;
}
