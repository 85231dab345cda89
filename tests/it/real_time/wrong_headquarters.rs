//! Somebody else answers where headquarters should be, or headquarters wants another unit there.

use std::{future::pending, pin::pin, sync::Arc};

use csu::{
    headquarters::operations::NAME_IN_USE_FOR,
    proto::channel::ChannelConfiguration,
    server::{health::Health, http::Operations, telemetry},
};
use tokio::{io::AsyncWriteExt as _, net::TcpListener};

use super::{
    shop::Shop,
    stage::{F1, company, connection, create, enable, way},
};
use crate::harness::{
    Database, Engine, Gate, Headquarters, Replica, World, invariants, requests::REAL_TIME_CHANNEL,
    wait,
};

crate::on_both_engines!(
    a_web_server_answers,
    an_old_web_server_answers,
    a_scale_unit_answers,
    another_company_s_headquarters_answers,
    another_database_has_the_name,
);

const FOREIGN: &str = "what answers there is no headquarters for this unit: UNIMPLEMENTED";

/// A unit that has been at its headquarters, stopped, with its configuration as stored.
async fn registered(engine: Engine) -> (Shop, ChannelConfiguration) {
    let shop = Shop::new(engine).await;
    let unit = Shop::start(&shop.database, &shop.clock, shop.gate.url()).await;
    unit.created(create()).await;
    let stored = unit.configuration(REAL_TIME_CHANNEL).await.unwrap().stored.unwrap();
    unit.stop().await;
    (shop, stored)
}

/// That the unit goes on by itself, and says why.
async fn assert_alone(unit: &Replica, stored: &ChannelConfiguration, why: &str) {
    let shown = connection(unit).await;
    assert!(!shown.reachable, "{shown:?}");
    assert!(shown.last_failure.starts_with(why), "{shown:?}");
    let answer = unit.create(create()).await.unwrap();
    assert_eq!(answer.execution.as_ref().unwrap().headquarters_duration, None);
    assert_eq!(way(answer.execution), "async HQ_UNREACHABLE");
    let shown = unit.configuration(REAL_TIME_CHANNEL).await.unwrap();
    assert_eq!(shown.stored.as_ref(), Some(stored), "what was stored stays");
    assert_eq!(shown.headquarters_version, None);
    assert_eq!(shown.headquarters.unwrap().real_time_calls, 0);
}

/// At its own headquarters it is as if nothing had been.
async fn assert_back(shop: Shop) {
    let unit = Shop::start(&shop.database, &shop.clock, shop.gate.url()).await;
    let answer = unit.create(create()).await.unwrap();
    assert_eq!(way(answer.execution), "real-time PROFILE_REAL_TIME");
    assert_eq!(answer.customer.unwrap().account_number, "C-0000002");
    shop.close(unit).await;
}

async fn a_web_server_answers(engine: Engine) {
    let (shop, stored) = registered(engine).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let metrics = telemetry::metrics().unwrap();
    let web = Operations { metrics, health: Health::new() }.serve(listener, pending());
    let story = async {
        let unit = Shop::start(&shop.database, &shop.clock, url).await;
        assert_alone(&unit, &stored, FOREIGN).await;
        unit.stop().await;
    };
    tokio::select! {
        ended = web => panic!("{ended:?}"),
        () = story => {}
    }
    assert_back(shop).await;
}

/// It knows HTTP/1.1 only.
async fn an_old_web_server_answers(engine: Engine) {
    let (shop, stored) = registered(engine).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let web = async {
        loop {
            let (mut caller, _) = listener.accept().await.unwrap();
            let answer = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
            // Whoever has gone by now does not matter.
            let _ = caller.write_all(answer).await;
            let _ = tokio::io::copy(&mut caller, &mut tokio::io::sink()).await;
        }
    };
    let story = async {
        let unit = Shop::start(&shop.database, &shop.clock, url).await;
        // How the connection ended depends on who was faster.
        assert_alone(&unit, &stored, "not reachable: ").await;
        unit.stop().await;
    };
    tokio::select! {
        () = web => {}
        () = story => {}
    }
    assert_back(shop).await;
}

async fn a_scale_unit_answers(engine: Engine) {
    let (shop, stored) = registered(engine).await;
    let world = World::new(engine).await;
    let url = format!("http://{}", world.replica().address).parse().unwrap();
    let unit = Shop::start(&shop.database, &shop.clock, url).await;
    assert_alone(&unit, &stored, FOREIGN).await;
    unit.stop().await;
    world.close().await;
    assert_back(shop).await;
}

async fn another_company_s_headquarters_answers(engine: Engine) {
    let (shop, stored) = registered(engine).await;
    let other = Headquarters::with(engine, Arc::clone(&shop.clock), company(&[])).await;
    // A newer configuration than this company's.
    enable(&other, F1).await;
    let gate = Gate::before(&other.url()).await;
    let unit = Shop::start(&shop.database, &shop.clock, gate.url()).await;
    let why = "what answers there is no headquarters for this unit: OTHER_COMPANY";
    assert_alone(&unit, &stored, why).await;
    // It is there, and no probe makes it this company's.
    wait::until("probes were answered", async || gate.lookups() >= 3).await;
    assert_alone(&unit, &stored, why).await;
    assert_eq!(gate.writes(), 0);
    unit.stop().await;
    let theirs = "SELECT count(*) FROM customer";
    assert_eq!(other.database.number(theirs).await, 0, "no customer has got there");
    other.close().await;
    assert_back(shop).await;
}

async fn another_database_has_the_name(engine: Engine) {
    let shop = Shop::new(engine).await;
    let first = Shop::start(&shop.database, &shop.clock, shop.gate.url()).await;
    first.created(create()).await;
    let second = Database::new(engine).await;
    let unit = {
        let start = Shop::start(&second, &shop.clock, shop.gate.url());
        let mut start = pin!(start);
        let tried = wait::bounded("attempts", shop.gate.registrations_reached(4));
        tokio::select! {
            _ = &mut start => panic!("the name is in use"),
            () = tried => {}
        }
        // The first one is none the worse for it.
        let answer = first.create(create()).await.unwrap();
        assert_eq!(way(answer.execution), "real-time PROFILE_REAL_TIME");
        first.stop().await;
        shop.clock.advance(NAME_IN_USE_FOR);
        wait::bounded("the start", start).await
    };
    let answer = unit.create(create()).await.unwrap();
    assert_eq!(way(answer.execution), "real-time PROFILE_REAL_TIME");

    // Now it is the first one that is refused, and it goes on by what is stored.
    let first = Shop::start(&shop.database, &shop.clock, shop.gate.url()).await;
    let shown = connection(&first).await;
    assert_eq!(shown.last_failure, "it refuses this unit: DATABASE_NAME_IN_USE");
    let calls = shop.gate.writes();
    let answer = first.create(create()).await.unwrap();
    assert_eq!(way(answer.execution), "async HQ_UNREACHABLE");
    assert_eq!(shop.gate.writes(), calls, "nobody pays for finding out");
    unit.stop().await;
    invariants::bases_are_headquarters(&second, &shop.headquarters.database).await;
    invariants::check(&second).await;
    second.remove().await;
    shop.close(first).await;
}
