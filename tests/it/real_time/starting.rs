//! How a unit starts while headquarters is there, away, or silent, and what becomes of it when headquarters is back.

use std::pin::pin;

use csu::{exchange::agent::START_LIMIT, runtime::clock::monotonic};
use tokio::net::TcpListener;

use super::{
    shop::Shop,
    stage::{F1, F2, F3, connection, create, enable, rename, steadfast, way},
};
use crate::harness::{
    Engine, nowhere,
    replica::Clients,
    requests::{self, REAL_TIME_CHANNEL},
    wait,
};

crate::on_both_engines!(
    a_new_database_waits_until_headquarters_is_there,
    what_is_stored_serves_while_headquarters_is_away,
    a_start_takes_no_longer_than_its_limit,
    a_restart_finds_everything_as_it_was,
);

async fn a_new_database_waits_until_headquarters_is_there(engine: Engine) {
    let mut shop = Shop::new(engine).await;
    shop.headquarters.stop().await;
    let unit = {
        let start = Shop::start(&shop.database, &shop.clock, shop.gate.url());
        let mut start = pin!(start);
        let tried = wait::bounded("attempts", shop.gate.registrations_reached(3));
        tokio::select! {
            _ = &mut start => panic!("it has neither a key nor a configuration"),
            () = tried => {}
        }
        let channels = "SELECT count(*) FROM request_record";
        assert_eq!(shop.database.number(channels).await, 0);
        shop.headquarters.start().await;
        wait::bounded("the start", start).await
    };
    let answer = unit.create(create()).await.unwrap();
    assert_eq!(way(answer.execution), "real-time PROFILE_REAL_TIME");
    let shown = connection(&unit).await;
    assert!(shown.reachable && shown.last_failure.is_empty());
    shop.close(unit).await;
}

/// The version of 1110 as stored.
async fn stored(unit: &Clients) -> i64 {
    let shown = unit.configuration(REAL_TIME_CHANNEL).await.unwrap();
    shown.stored.unwrap().version.unwrap().global_configuration
}

async fn what_is_stored_serves_while_headquarters_is_away(engine: Engine) {
    let mut chain = steadfast(engine, &[F1, F2]).await;
    let created = chain.unit().created(create()).await;
    enable(&chain.headquarters, F3).await;
    chain.headquarters.stop().await;
    chain.world.restart(Vec::new()).await;

    let unit = chain.unit();
    assert_eq!(unit.read(&created.name).await, created);
    let shown = unit.configuration(REAL_TIME_CHANNEL).await.unwrap();
    assert_eq!((shown.headquarters_version, shown.headquarters_version_time), (None, None));
    assert_eq!(stored(unit).await, 1);
    let shown = shown.headquarters.unwrap();
    assert!(!shown.reachable && shown.last_failure.starts_with("not reachable"), "{shown:?}");
    let answer = unit.create(create()).await.unwrap();
    assert_eq!(way(answer.execution), "async HQ_UNREACHABLE");
    let refused = unit.update(rename(&created.name, "Maria")).await.unwrap_err();
    assert_eq!(requests::reason(&refused).1, "HQ_UNREACHABLE");
    assert_eq!(chain.gate.writes(), 1, "nobody pays for finding out: the breaker is open");

    chain.headquarters.start().await;
    let unit = chain.unit();
    let back = async || connection(unit).await.reachable;
    wait::until("a probe has found it", back).await;
    chain.headquarters.run("1110").await;
    // It may be connected again only now.
    wait::until("the configuration is brought", async || stored(unit).await == 2).await;
    let answer = unit.create(create()).await.unwrap();
    assert_eq!(way(answer.execution), "real-time PROFILE_REAL_TIME");
    let shown = unit.configuration(REAL_TIME_CHANNEL).await.unwrap();
    assert_eq!(shown.headquarters_version.unwrap().global_configuration, 2);
    chain.close().await;
}

async fn a_start_takes_no_longer_than_its_limit(engine: Engine) {
    let shop = Shop::new(engine).await;
    let unit = Shop::start(&shop.database, &shop.clock, shop.gate.url()).await;
    let created = unit.created(create()).await;
    unit.stop().await;
    // It takes connections, and that is all.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap()).parse().unwrap();
    let begun = monotonic();
    let unit = Shop::start(&shop.database, &shop.clock, url).await;
    assert!(begun.elapsed() >= START_LIMIT, "it might have answered");
    assert!(begun.elapsed() < START_LIMIT * 3, "{:?}", begun.elapsed());
    assert_eq!(unit.read(&created.name).await, created);
    let shown = connection(&unit).await;
    assert_eq!((shown.reachable, shown.last_failure.as_str()), (false, "no answer in time"));
    unit.stop().await;
    // Nobody listens at all.
    let unit = Shop::start(&shop.database, &shop.clock, nowhere()).await;
    let shown = connection(&unit).await;
    assert!(!shown.reachable);
    assert_eq!(shown.last_failure, "not reachable: connection refused");
    shop.close(unit).await;
}

async fn a_restart_finds_everything_as_it_was(engine: Engine) {
    let mut chain = steadfast(engine, &[]).await;
    let request = create();
    let answer = chain.unit().create(request.clone()).await.unwrap();
    chain.world.restart(Vec::new()).await;
    assert_eq!(chain.unit().create(request).await.unwrap(), answer, "word for word");
    assert_eq!(chain.gate.writes(), 1);
    let answer = chain.unit().create(create()).await.unwrap();
    assert_eq!(answer.customer.unwrap().account_number, "C-0000002");
    chain.close().await;
}
