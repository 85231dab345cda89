//! Packages that are damaged, cut off or foreign on their way to a unit: none of their rows is applied.

use csu::{
    domain::{job::DownloadJob, setup::Setup},
    proto::{
        exchange::{PackageHeader, SessionResult, download_package_response::Part},
        headquarters::{RunStatus, SessionStatus},
    },
    roles::channel::ChannelSettings,
    wire::package::{Label, of_global_configuration},
};

use super::{
    Played, away, cancel, contents, is_pending, retry, run_for, session, sessions, status,
};
use crate::harness::{
    Chain, Engine, START,
    gate::gone,
    requests,
    road::{arriving, package_of, relabelled},
    wait,
};

crate::on_both_engines!(
    what_is_wrong_with_a_package_is_named_and_nothing_of_it_applied,
    an_offer_without_its_packages_is_not_applied,
    customers_do_not_come_without_their_outcomes,
    a_package_that_is_cut_off_goes_on_where_it_was,
    a_package_that_never_comes_whole_is_waited_for,
    what_headquarters_itself_has_damaged_is_built_anew,
    a_package_that_others_need_is_not_deleted,
);

type Damage = fn(Vec<Part>) -> Vec<Part>;

const DAMAGED: [(&str, Damage); 9] = [
    ("checksum is wrong", |parts| header(parts, |header| header.checksum[7] ^= 1)),
    ("", |mut parts| {
        let Some(Part::Chunk(chunk)) = parts.last_mut() else { panic!("a chunk") };
        let middle = chunk.len() / 2;
        chunk[middle] ^= 0x55;
        parts
    }),
    ("format 2 and this program reads 1", |parts| relabelled(parts, |it| it.format = 2)),
    ("is of job 1110", |_| {
        let rows = of_global_configuration(Setup::demo("store-1").global_configuration());
        package_of(&label(DownloadJob::GlobalConfiguration, 1), rows)
    }),
    ("is of job 9999", |parts| relabelled(parts, |it| it.job = "9999".to_owned())),
    ("a feature row does not belong", |_| {
        let rows = of_global_configuration(Setup::demo("store-1").global_configuration());
        let foreign = package_of(&label(DownloadJob::GlobalConfiguration, 1), rows);
        relabelled(foreign, |it| it.job = "1070".to_owned())
    }),
    ("from version 0 to 7", |parts| relabelled(parts, |it| it.to_version = 7)),
    ("cut off or no package", |parts| parts[1..].to_vec()),
    ("more chunks than its header says", |mut parts| {
        parts.push(parts[1].clone());
        parts
    }),
];

fn header(mut parts: Vec<Part>, change: impl Fn(&mut PackageHeader)) -> Vec<Part> {
    let Some(Part::Header(header)) = parts.first_mut() else { panic!("a header") };
    change(header);
    parts
}

fn label(job: DownloadJob, to: i64) -> Label {
    Label { job, from: 0, to, full: true, created_at: START }
}

async fn applied(chain: &Chain, id: i64) {
    let is = async || status(&chain.headquarters, id).await == SessionStatus::Applied;
    wait::until("it is applied", is).await;
}

async fn what_is_wrong_with_a_package_is_named_and_nothing_of_it_applied(engine: Engine) {
    let chain = Chain::new(engine).await;
    chain.bring_configuration().await;
    for (expected, damage) in DAMAGED {
        let before = contents(&chain.world.database).await;
        chain.gate.road.change_packages(move |_, parts| arriving(damage(parts)));
        let run = run_for(&chain.headquarters, "1070", "store-1", true).await;
        assert_eq!(run.status(), RunStatus::Incomplete, "{run:?}");
        let failed = &run.sessions[0];
        assert_eq!(failed.status(), SessionStatus::Suspended, "{expected}: {failed:?}");
        assert_eq!(failed.try_count, 3);
        assert!(failed.error.contains(expected) && !failed.error.is_empty(), "{failed:?}");
        assert_eq!(contents(&chain.world.database).await, before, "{expected}");

        chain.gate.road.clear();
        retry(&chain.headquarters, failed.id).await.unwrap();
        applied(&chain, failed.id).await;
    }
    let customer = chain.unit().created(requests::create()).await;
    assert!(is_pending(&chain, &customer.name).await);
    chain.close().await;
}

/// It would be applied as one that brings nothing; of a full one, everything would be gone.
async fn an_offer_without_its_packages_is_not_applied(engine: Engine) {
    let chain = Chain::new(engine).await;
    chain.bring_configuration().await;
    chain.unit().created(requests::create()).await;
    chain.headquarters.exchange_all().await;
    for (job, kept) in [("1010", 0), ("1010", 1), ("1070", 0)] {
        let before = contents(&chain.world.database).await;
        chain.gate.road.change_offers(move |told| {
            for offered in &mut told.sessions {
                offered.packages.truncate(kept);
            }
        });
        let run = run_for(&chain.headquarters, job, "store-1", true).await;
        let failed = &run.sessions[0];
        assert_eq!(failed.status(), SessionStatus::Suspended, "{job} {kept}: {failed:?}");
        assert!(failed.error.contains("cut off"), "{failed:?}");
        assert_eq!(contents(&chain.world.database).await, before);
        chain.gate.road.clear();
        retry(&chain.headquarters, failed.id).await.unwrap();
        applied(&chain, failed.id).await;
    }
    chain.close().await;
}

async fn customers_do_not_come_without_their_outcomes(engine: Engine) {
    let chain = Chain::new(engine).await;
    chain.bring_configuration().await;
    let pending = chain.unit().created(requests::create()).await;
    for job in ["P-0001", "synchronize"] {
        chain.headquarters.run_well(job).await;
    }
    let before = contents(&chain.world.database).await;
    chain.gate.road.change_packages(|request, parts| match request.package {
        0 => arriving(parts),
        _ => arriving(header(parts, |header| header.checksum[0] ^= 1)),
    });
    let run = chain.headquarters.run("1010").await;
    assert_eq!(run.sessions[0].status(), SessionStatus::Suspended, "{run:?}");
    let mut after = contents(&chain.world.database).await;
    // Headquarters has said that it is done with the revision; the customer is as it was.
    let told = |row: &String| !row.starts_with("revision ");
    after.retain(told);
    assert_eq!(after, before.into_iter().filter(told).collect::<Vec<_>>());
    assert!(is_pending(&chain, &pending.name).await);

    chain.gate.road.clear();
    retry(&chain.headquarters, run.sessions[0].id).await.unwrap();
    applied(&chain, run.sessions[0].id).await;
    assert!(!is_pending(&chain, &pending.name).await);
    chain.close().await;
}

/// Groups for a 1070 of several chunks.
async fn large(engine: Engine) -> Chain {
    let mut setup = Setup::demo("store-1");
    let groups = (0..2_500).map(|number| (format!("G{number}"), format!("Group {number}")));
    setup.customer_groups.extend(groups);
    Chain::with(engine, setup, ChannelSettings::default()).await
}

async fn a_package_that_is_cut_off_goes_on_where_it_was(engine: Engine) {
    let chain = large(engine).await;
    chain.bring_configuration().await;
    let begun = chain.gate.road.downloads().len();
    let before = contents(&chain.world.database).await.len();
    // Of each answer one chunk arrives, and then the way breaks or the answer just ends.
    chain.gate.road.change_packages(|request, parts| {
        let ends = parts.len() <= 2;
        let mut parts = arriving(parts.into_iter().take(2).collect());
        if !ends && request.first_chunk == 0 {
            parts.push(Err(gone()));
        }
        parts
    });
    let run = run_for(&chain.headquarters, "1070", "store-1", true).await;
    assert_eq!(run.status(), RunStatus::Succeeded, "{run:?}");
    assert_eq!(run.sessions[0].try_count, 0, "it has not failed");
    let asked: Vec<_> =
        chain.gate.road.downloads()[begun..].iter().map(|it| it.first_chunk).collect();
    assert_eq!(asked, [0, 1, 2], "each chunk is sent once");
    assert_eq!(contents(&chain.world.database).await.len(), before);
    chain.close().await;
}

/// The way is bad, and not the package: it is not held against the session.
async fn a_package_that_never_comes_whole_is_waited_for(engine: Engine) {
    let chain = Chain::new(engine).await;
    chain.bring_configuration().await;
    let before = contents(&chain.world.database).await;
    let asked = chain.gate.road.downloads().len();
    chain.gate.road.change_packages(|_, parts| arriving(parts.into_iter().take(1).collect()));
    let headquarters = &chain.headquarters;
    let release = async {
        let tried = async || chain.gate.road.downloads().len() >= asked + 7;
        wait::until("it was tried again and again", tried).await;
        let standing = sessions(headquarters, "1070", "store-1").await.pop().unwrap();
        assert_eq!((standing.status(), standing.try_count), (SessionStatus::Requested, 0));
        assert_eq!(contents(&chain.world.database).await, before);
        chain.gate.road.clear();
    };
    let (run, ()) = tokio::join!(run_for(headquarters, "1070", "store-1", true), Box::pin(release));
    assert_eq!(run.status(), RunStatus::Succeeded, "{run:?}");
    chain.close().await;
}

async fn what_headquarters_itself_has_damaged_is_built_anew(engine: Engine) {
    let chain = Chain::new(engine).await;
    chain.bring_configuration().await;
    let full = async || run_for(&chain.headquarters, "1070", "store-1", true).await;
    assert_eq!(full().await.status(), RunStatus::Succeeded);
    let zeros = match engine {
        Engine::Sqlite => "zeroblob(100)",
        Engine::Postgres => "decode(repeat('00', 100), 'hex')",
    };
    let damage = format!("UPDATE package_chunk SET data = {zeros}");
    chain.headquarters.database.execute(&damage).await;
    let run = full().await;
    let failed = &run.sessions[0];
    assert_eq!(failed.status(), SessionStatus::Suspended, "{run:?}");
    cancel(&chain.headquarters, failed.id).await.unwrap();
    assert_eq!(full().await.status(), RunStatus::Succeeded, "it is another package");
    chain.close().await;
}

async fn a_package_that_others_need_is_not_deleted(engine: Engine) {
    let headquarters = crate::harness::Headquarters::new(engine).await;
    let first = Played::current(&headquarters, "store-1").await;
    let mut second = Played::current(&headquarters, "store-2").await;
    headquarters.created(&first.origin, "Berg").await;
    let run = away(&headquarters).await.run("1010").await;
    let of = |name: &str| run.sessions.iter().find(|it| it.database == name).unwrap().id;
    // Its own way is bad; the package is the other's too.
    first.says(&headquarters, of("store-1"), SessionResult::DownloadFailed).await.unwrap();
    cancel(&headquarters, of("store-1")).await.unwrap();
    let offered = second.offered(&headquarters, "1010").await;
    assert_eq!(offered.packages.len(), 2);
    assert_eq!(second.take(&headquarters, "1010").await.id, of("store-2"));
    assert_eq!(session(&headquarters, of("store-2")).await.rows, 1);
    headquarters.close().await;
}
