//! A headquarters that stops or dies in the middle of its jobs, and starts again.

use std::time::Duration;

use csu::{
    domain::{
        job::{Job, Trigger},
        lease::LEASE_LASTS,
    },
    headquarters::jobs::{self, Order},
    proto::{
        exchange::SessionResult,
        headquarters::{ListRunsRequest, Run, RunJobRequest, RunStatus, SessionStatus},
    },
    runtime::{clock::Clock as _, ids},
};

use futures::future::join_all;

use super::{Played, away, session, sessions, statuses};
use crate::harness::{
    Chain, Engine, Headquarters, requests, revisions,
    uploads::{self, captured, numbered, upload},
    wait,
};

crate::on_both_engines!(
    a_run_goes_on_after_its_headquarters_has_died,
    a_run_goes_on_after_its_headquarters_has_stopped,
    what_is_half_built_is_built_anew_and_never_offered,
    an_interrupted_batch_is_taken_up,
    runs_of_one_job_at_once_do_not_disturb_each_other,
    a_run_that_was_canceled_stays_so,
    a_job_waits_for_the_lease_of_a_dead_one,
    a_unit_that_was_away_for_a_day_is_brought_current,
);

/// Drops headquarters where it stands, and starts it when nothing of it counts any more.
async fn dies(headquarters: &mut Headquarters) {
    headquarters.serving().tasks.abort().await;
    headquarters.stop().await;
}

async fn comes_back(headquarters: &mut Headquarters) {
    headquarters.clock.advance(LEASE_LASTS + Duration::from_secs(1));
    headquarters.start().await;
}

/// Begins a run that somebody else brings to its end.
async fn begun(headquarters: &Headquarters, job: &str) -> i64 {
    let request = RunJobRequest { job: job.to_owned(), ..RunJobRequest::default() };
    let mut states = headquarters.scheduler().run_job(request).await.unwrap().into_inner();
    states.message().await.unwrap().unwrap().run.unwrap().id
}

async fn run(headquarters: &Headquarters, id: i64) -> Run {
    let list = headquarters.scheduler().list_runs(ListRunsRequest::default()).await;
    list.unwrap().into_inner().runs.into_iter().find(|run| run.id == id).unwrap()
}

async fn ended(headquarters: &Headquarters, id: i64) -> Run {
    wait::until("the run ends", async || run(headquarters, id).await.end_time.is_some()).await;
    run(headquarters, id).await
}

/// A run of 1010 that waits for a unit, which is there and does nothing.
async fn waiting_run(headquarters: &Headquarters, unit: &Played) -> (i64, i64) {
    headquarters.created(&unit.origin, "Berg").await;
    let mut there = headquarters.subscribe(&unit.origin, &unit.applied()).await.unwrap();
    let run = begun(headquarters, "1010").await;
    (run, there.offered("1010").await.id)
}

async fn a_run_goes_on_after_its_headquarters_has_died(engine: Engine) {
    let mut headquarters = Headquarters::new(engine).await;
    let mut unit = Played::current(&headquarters, "store-1").await;
    headquarters.created(&unit.origin, "Berg").await;
    let mut there = headquarters.subscribe(&unit.origin, &unit.applied()).await.unwrap();
    let run = begun(&headquarters, "1010").await;
    let id = there.offered("1010").await.id;
    unit.begins(&headquarters, id).await;
    dies(&mut headquarters).await;
    drop(there);
    comes_back(&mut headquarters).await;
    let mut there = headquarters.subscribe(&unit.origin, &unit.applied()).await.unwrap();
    let session = there.offered("1010").await;
    assert_eq!(session.id, id, "where it was");
    unit.apply(&headquarters, "1010", &session).await;
    let ended = ended(&headquarters, run).await;
    drop(there);
    assert_eq!(ended.status(), RunStatus::Succeeded, "{ended:?}");
    assert_eq!(sessions(&headquarters, "1010", "store-1").await.len(), 2);
    headquarters.close().await;
}

async fn a_run_goes_on_after_its_headquarters_has_stopped(engine: Engine) {
    let mut headquarters = Headquarters::new(engine).await;
    let mut unit = Played::current(&headquarters, "store-1").await;
    let (waiting, id) = waiting_run(&headquarters, &unit).await;
    headquarters.stop().await;
    headquarters.start().await;
    assert_eq!(unit.take(&headquarters, "1010").await.id, id);
    let ended = ended(&headquarters, waiting).await;
    // Whether it was waited for depends on when the unit came back.
    let expected = [RunStatus::Succeeded, RunStatus::Incomplete, RunStatus::NoData];
    assert!(expected.contains(&ended.status()), "{ended:?}");
    assert_eq!(session(&headquarters, id).await.status(), SessionStatus::Applied);
    headquarters.close().await;
}

async fn what_is_half_built_is_built_anew_and_never_offered(engine: Engine) {
    for goes_on in [true, false] {
        let mut headquarters = Headquarters::new(engine).await;
        let mut unit = Played::current(&headquarters, "store-1").await;
        let (waiting, half) = waiting_run(&headquarters, &unit).await;
        dies(&mut headquarters).await;
        // As it is in the middle of building.
        let database = &headquarters.database;
        for was in [
            "UPDATE session SET status = 'STARTED', package_id = NULL, outcomes_id = NULL,
                available_at = NULL WHERE is_open = 1",
            "UPDATE package SET header = NULL WHERE job = '1010'",
        ] {
            database.execute(was).await;
        }
        if !goes_on {
            database.execute("UPDATE job_run SET status = 'FAILED' WHERE status = 'RUNNING'").await;
        }
        comes_back(&mut headquarters).await;
        if !goes_on {
            assert_eq!(unit.turn(&headquarters, "1010").await, None);
            assert!(unit.fetch(&headquarters, half, 0).await.is_err());
            away(&headquarters).await.run("1010").await;
        }
        let taken = unit.take(&headquarters, "1010").await;
        assert!(taken.id > half);
        assert_eq!((taken.from_version, taken.to_version), (0, 1));
        let expected = [SessionStatus::Applied, SessionStatus::Canceled, SessionStatus::Applied];
        assert_eq!(statuses(&headquarters, "1010", "store-1").await, expected);
        if goes_on {
            ended(&headquarters, waiting).await;
        }
        headquarters.close().await;
    }
}

async fn an_interrupted_batch_is_taken_up(engine: Engine) {
    let mut headquarters = Headquarters::new(engine).await;
    let unit = Played::current(&headquarters, "store-1").await;
    let captured = numbered(["Berg", "Dahl", "Falk"].map(revisions::create));
    upload(&headquarters, &unit.origin, &captured).await.unwrap();
    let order = Order::of_all(Job::Synchronize, Trigger::Manual);
    let interrupted = jobs::begin(&headquarters.serving().headquarters, order).await.unwrap();
    dies(&mut headquarters).await;
    comes_back(&mut headquarters).await;
    let ended = ended(&headquarters, interrupted.id.0).await;
    assert_eq!((ended.status(), ended.rows), (RunStatus::Succeeded, 3), "{ended:?}");
    let statuses = uploads::statuses(&headquarters.database).await;
    assert!(statuses.iter().all(|it| it.contains("SYNCHRONIZED")), "{statuses:?}");
    headquarters.close().await;
}

async fn runs_of_one_job_at_once_do_not_disturb_each_other(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let mut unit = Played::current(&headquarters, "store-1").await;
    headquarters.created(&unit.origin, "Berg").await;
    let runs = join_all((0..8).map(|_| headquarters.run("1010"))).await;
    for run in &runs {
        assert_eq!(run.status(), RunStatus::Incomplete, "{run:?}");
        assert_eq!(run.sessions[0].id, runs[0].sessions[0].id, "one session for all of them");
    }
    let expected = [SessionStatus::Applied, SessionStatus::Available];
    assert_eq!(statuses(&headquarters, "1010", "store-1").await, expected);
    unit.take(&headquarters, "1010").await;
    headquarters.close().await;
}

async fn a_run_that_was_canceled_stays_so(engine: Engine) {
    let mut headquarters = Headquarters::new(engine).await;
    let mut unit = Played::current(&headquarters, "store-1").await;
    let (wanted, begun) = waiting_run(&headquarters, &unit).await;
    dies(&mut headquarters).await;
    // Its word came through, and nobody was left to act on it.
    let cancel = "UPDATE job_run SET cancel_requested = 1 WHERE status = 'RUNNING'";
    headquarters.database.execute(cancel).await;
    comes_back(&mut headquarters).await;
    let ended = ended(&headquarters, wanted).await;
    assert_eq!(ended.status(), RunStatus::Canceled, "{ended:?}");
    assert_eq!(session(&headquarters, begun).await.status(), SessionStatus::Canceled);
    assert_eq!(unit.turn(&headquarters, "1010").await, None);
    away(&headquarters).await.run("1010").await;
    unit.take(&headquarters, "1010").await;
    headquarters.close().await;
}

async fn a_job_waits_for_the_lease_of_a_dead_one(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = Played::current(&headquarters, "store-1").await;
    headquarters.created(&unit.origin, "Berg").await;
    let now = headquarters.clock.now();
    let dead = ids::new_database_id();
    let writer = &headquarters.serving().headquarters.writer;
    let taken = writer
        .transact(move |transaction| {
            Box::pin(async move {
                transaction.take_lease("1010", dead, now, now.plus(LEASE_LASTS)).await
            })
        })
        .await;
    assert!(taken.unwrap().is_some());
    let run = begun(&headquarters, "1010").await;
    // Other jobs are not held up, and this one has made nothing meanwhile.
    headquarters.run("1070").await;
    assert_eq!(self::run(&headquarters, run).await.status(), RunStatus::Running);
    assert_eq!(unit.turn(&headquarters, "1010").await, None);
    headquarters.clock.advance(LEASE_LASTS);
    assert_eq!(ended(&headquarters, run).await.sessions.len(), 1);
    let offered = unit.offered(&headquarters, "1010").await;
    unit.says(&headquarters, offered.id, SessionResult::Downloaded).await.unwrap();
    headquarters.close().await;
}

async fn a_unit_that_was_away_for_a_day_is_brought_current(engine: Engine) {
    let mut chain = Chain::new(engine).await;
    chain.bring_configuration().await;
    let pending = chain.unit().created(requests::create()).await;
    chain.world.cut_the_power().await;
    let other = Played::current(&chain.headquarters, "store-2").await;
    for hour in 1..=24 {
        chain.clock.advance(Duration::from_hours(1));
        chain.headquarters.register("store-2", &other.origin).await.unwrap();
        let revision = revisions::create(&format!("Hour{hour}"));
        let revision = captured(hour, hour.cast_unsigned(), revision);
        upload(&chain.headquarters, &other.origin, &[revision]).await.unwrap();
        for job in ["P-0001", "synchronize", "1010"] {
            chain.headquarters.run(job).await;
        }
    }
    let open: Vec<_> = sessions(&chain.headquarters, "1010", "store-1").await;
    let open: Vec<_> = open.iter().filter(|it| it.status() == SessionStatus::Available).collect();
    assert_eq!(open.len(), 1);
    assert_eq!((open[0].from_version, open[0].to_version), (0, 24));
    let one = open[0].id;
    Box::pin(chain.world.restart(Vec::new())).await;
    let is = async || session(&chain.headquarters, one).await.status() == SessionStatus::Applied;
    wait::until("it is applied", is).await;
    assert_eq!(chain.world.database.number("SELECT count(*) FROM customer").await, 25);
    // What was asked for on the first day is uploaded now.
    let uploaded = async || {
        let inbox = "SELECT count(*) FROM revision WHERE status = 'RECEIVED'";
        chain.headquarters.database.number(inbox).await == 1
    };
    wait::until("it is uploaded", uploaded).await;
    for job in ["synchronize", "1010"] {
        chain.headquarters.connected_one().await;
        chain.headquarters.run(job).await;
    }
    let is = async || !super::is_pending(&chain, &pending.name).await;
    wait::until("it has its number", is).await;
    chain.close().await;
}

impl Headquarters {
    /// Waits until some database is connected.
    async fn connected_one(&self) {
        let headquarters = &self.serving().headquarters;
        wait::until("one is connected", async || {
            let databases = headquarters.store.databases().await.expect("a read");
            databases.iter().any(|it| headquarters.signals.is_connected(it.origin.database_id))
        })
        .await;
    }
}
