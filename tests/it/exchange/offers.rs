//! Which session is offered to whom, and in which order.

use std::time::Duration;

use csu::{
    headquarters::store::RunQuery,
    proto::{
        exchange::SessionResult,
        headquarters::{RunStatus, Session, SessionStatus, Trigger},
    },
};
use tonic::Code;

use super::{
    Played, add_database, away, cancel, retry, run_for, session, sessions, status, statuses,
};
use crate::harness::{Engine, Headquarters, requests::reason};

crate::on_both_engines!(
    each_database_has_its_own_session,
    without_changes_there_is_no_data,
    a_new_database_is_brought_current_without_a_job,
    a_full_one_by_hand_cancels_the_open_ones,
    who_was_away_gets_one_session,
    a_successor_waits_for_the_one_before,
    a_suspended_session_holds_its_successors_up,
    who_is_canceled_takes_its_successors_along,
    what_is_applied_is_done_with,
    three_failures_suspend,
);

const APPLIED: SessionStatus = SessionStatus::Applied;
const AVAILABLE: SessionStatus = SessionStatus::Available;
const CANCELED: SessionStatus = SessionStatus::Canceled;

async fn each_database_has_its_own_session(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let mut first = Played::current(&headquarters, "store-1").await;
    let mut second = Played::current(&headquarters, "store-2").await;
    let third = Played::current(&headquarters, "store-3").await;
    headquarters.created(&first.origin, "Berg").await;
    let run = away(&headquarters).await.run("1010").await;
    assert_eq!(run.status(), RunStatus::Incomplete, "all are away: {run:?}");
    let of = |name: &str| run.sessions.iter().find(|it| it.database == name).unwrap().id;
    assert_eq!(run.sessions.len(), 3);
    assert!(
        run.sessions.iter().all(|it| (it.from_version, it.to_version, it.full) == (0, 1, false))
    );

    let taken = first.take(&headquarters, "1010").await;
    assert_eq!(taken.id, of("store-1"));
    assert_eq!(second.offered(&headquarters, "1010").await.id, of("store-2"));
    second.begins(&headquarters, of("store-2")).await;
    third.fails(&headquarters, of("store-3"), SessionResult::ApplyFailed).await;
    let standing = async || {
        let mut standing = Vec::new();
        for name in ["store-1", "store-2", "store-3"] {
            standing.push(status(&headquarters, of(name)).await);
        }
        standing
    };
    let expected = [APPLIED, SessionStatus::Requested, SessionStatus::Suspended];
    assert_eq!(standing().await, expected);
    second.take(&headquarters, "1010").await;
    assert_eq!(standing().await, [APPLIED, APPLIED, SessionStatus::Suspended]);
    // One package for all that are at the same version.
    let of_run = "SELECT count(DISTINCT package_id) FROM session WHERE from_version = 0
        AND to_version = 1 AND complete = 0 AND job = '1010'";
    assert_eq!(headquarters.database.number(of_run).await, 1);
    headquarters.close().await;
}

async fn without_changes_there_is_no_data(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    // A new name is a new version of 1070.
    add_database(&headquarters, "store-2").await;
    let first = Played::current(&headquarters, "store-1").await;
    Played::current(&headquarters, "store-2").await;
    for job in ["1010", "1070", "1110"] {
        let run = away(&headquarters).await.run(job).await;
        assert_eq!((run.status(), run.rows, run.bytes), (RunStatus::NoData, 0, 0), "{run:?}");
        let found: Vec<_> =
            run.sessions.iter().map(|it| (it.database.as_str(), it.status())).collect();
        let no_data = SessionStatus::NoData;
        assert!(found.contains(&("store-1", no_data)) && found.contains(&("store-2", no_data)));
        assert!(run.sessions.iter().all(|it| it.end_time.is_some() && it.bytes == 0));
    }
    assert_eq!(first.told(&headquarters).await.sessions, []);
    headquarters.close().await;
}

async fn a_new_database_is_brought_current_without_a_job(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let old = Played::current(&headquarters, "store-1").await;
    for name in ["Berg", "Dahl", "Falk"] {
        headquarters.created(&old.origin, name).await;
    }
    let mut new = Played::new(&headquarters, "store-2").await;
    let customers = new.take(&headquarters, "1010").await;
    assert_eq!((customers.from_version, customers.to_version, customers.full), (0, 3, true));
    assert_eq!(customers.packages[0].rows, 3);
    for job in ["1070", "1110"] {
        assert!(new.take(&headquarters, job).await.full);
    }
    let store = &headquarters.serving().headquarters.store;
    for run in store.runs(&RunQuery { limit: 50, ..RunQuery::default() }).await.unwrap() {
        assert_eq!(run.trigger.as_str(), "INITIAL", "nobody has run a job: {run:?}");
    }
    // Nothing is left to be brought, also when it comes again.
    assert_eq!(new.told(&headquarters).await.sessions, []);
    let all = statuses(&headquarters, "", "store-2").await;
    assert_eq!(
        all.into_iter().filter(|it| *it != SessionStatus::NoData).collect::<Vec<_>>(),
        [APPLIED; 3]
    );
    headquarters.close().await;
}

async fn a_full_one_by_hand_cancels_the_open_ones(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let mut unit = Played::current(&headquarters, "store-1").await;
    let mut other = Played::current(&headquarters, "store-2").await;
    headquarters.created(&unit.origin, "Berg").await;
    away(&headquarters).await.run("1010").await;
    let begun = unit.offered(&headquarters, "1010").await;
    unit.begins(&headquarters, begun.id).await;
    headquarters.created(&unit.origin, "Dahl").await;
    away(&headquarters).await.run("1010").await;

    let run = run_for(away(&headquarters).await, "1010", "store-1", true).await;
    assert_eq!(run.sessions.len(), 1, "of one database only");
    let full = &run.sessions[0];
    assert_eq!((full.from_version, full.to_version, full.full), (0, 2, true));
    let expected = [APPLIED, CANCELED, CANCELED, AVAILABLE];
    assert_eq!(statuses(&headquarters, "1010", "store-1").await, expected);
    let refused = unit.fetch(&headquarters, begun.id, 0).await.err().unwrap();
    assert_eq!(reason(&refused), (Code::FailedPrecondition, "SESSION_NOT_OPEN".to_owned()));
    // What the unit says of one that was canceled meanwhile changes nothing.
    for result in [SessionResult::ApplyFailed, SessionResult::NotApplicable] {
        unit.says(&headquarters, begun.id, result).await.unwrap();
    }
    assert_eq!(statuses(&headquarters, "1010", "store-1").await, expected);
    assert_eq!(unit.take(&headquarters, "1010").await.id, full.id);
    assert_eq!(other.take(&headquarters, "1010").await.to_version, 2, "the other has its own");
    headquarters.close().await;
}

async fn who_was_away_gets_one_session(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let mut unit = Played::current(&headquarters, "store-1").await;
    for name in ["Berg", "Dahl", "Falk"] {
        headquarters.created(&unit.origin, name).await;
        let run = away(&headquarters).await.run("1010").await;
        assert_eq!(run.status(), RunStatus::Incomplete);
        headquarters.clock.advance(Duration::from_hours(8));
    }
    // And a run that has nothing to add.
    let again = away(&headquarters).await.run("1010").await;
    let expected = [APPLIED, CANCELED, CANCELED, AVAILABLE];
    let found = sessions(&headquarters, "1010", "store-1").await;
    assert_eq!(found.iter().map(Session::status).collect::<Vec<_>>(), expected);
    assert!(found[1].error.contains("a later session"), "{:?}", found[1]);
    assert_eq!(again.sessions[0].id, found[3].id, "the one that is on its way");
    let taken = unit.take(&headquarters, "1010").await;
    assert_eq!((taken.id, taken.from_version, taken.to_version), (found[3].id, 0, 3));
    assert_eq!(unit.told(&headquarters).await.sessions, []);
    headquarters.close().await;
}

async fn a_successor_waits_for_the_one_before(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let mut unit = Played::current(&headquarters, "store-1").await;
    headquarters.created(&unit.origin, "Berg").await;
    away(&headquarters).await.run("1010").await;
    let first = unit.offered(&headquarters, "1010").await;
    unit.begins(&headquarters, first.id).await;
    headquarters.created(&unit.origin, "Dahl").await;
    let second = away(&headquarters).await.run("1010").await.sessions[0].clone();
    assert_eq!((second.from_version, second.to_version), (1, 2), "it goes on from the first");

    for result in [None, Some(SessionResult::Downloaded), Some(SessionResult::ApplyFailed)] {
        if let Some(result) = result {
            unit.says(&headquarters, first.id, result).await.unwrap();
        }
        assert_eq!(unit.turn(&headquarters, "1010").await.unwrap().id, first.id);
        let refused = unit.fetch(&headquarters, second.id, 0).await.err().unwrap();
        assert_eq!(reason(&refused).1, "SESSION_NOT_OPEN");
        assert_eq!(status(&headquarters, second.id).await, AVAILABLE);
    }
    assert_eq!(unit.take(&headquarters, "1010").await.id, first.id);
    assert_eq!(unit.take(&headquarters, "1010").await.id, second.id);
    headquarters.close().await;
}

async fn a_suspended_session_holds_its_successors_up(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let mut unit = Played::current(&headquarters, "store-1").await;
    headquarters.created(&unit.origin, "Berg").await;
    let first = away(&headquarters).await.run("1010").await.sessions[0].id;
    unit.fails(&headquarters, first, SessionResult::DownloadFailed).await;
    headquarters.created(&unit.origin, "Dahl").await;
    let second = away(&headquarters).await.run("1010").await.sessions[0].clone();
    assert_eq!(second.from_version, 1);
    assert_eq!(unit.turn(&headquarters, "1010").await, None, "neither is offered");
    for id in [first, second.id] {
        assert!(unit.fetch(&headquarters, id, 0).await.is_err());
    }
    // Another job is not held up.
    run_for(away(&headquarters).await, "1070", "store-1", true).await;
    unit.take(&headquarters, "1070").await;

    let again = retry(&headquarters, first).await.unwrap();
    assert_eq!((again.status(), again.try_count), (AVAILABLE, 0));
    let refused = retry(&headquarters, first).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::FailedPrecondition, "SESSION_NOT_SUSPENDED".to_owned()));
    assert_eq!(unit.take(&headquarters, "1010").await.id, first);
    assert_eq!(unit.take(&headquarters, "1010").await.id, second.id);
    headquarters.close().await;
}

async fn who_is_canceled_takes_its_successors_along(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let mut unit = Played::current(&headquarters, "store-1").await;
    headquarters.created(&unit.origin, "Berg").await;
    unit.take_of_run(&headquarters).await;
    headquarters.created(&unit.origin, "Dahl").await;
    let first = away(&headquarters).await.run("1010").await.sessions[0].id;
    unit.begins(&headquarters, first).await;
    headquarters.created(&unit.origin, "Falk").await;
    let second = away(&headquarters).await.run("1010").await.sessions[0].id;

    let canceled = cancel(&headquarters, first).await.unwrap();
    assert_eq!(canceled.status(), CANCELED);
    let successor = session(&headquarters, second).await;
    assert_eq!(successor.status(), CANCELED);
    assert!(successor.error.contains("one before it"), "{successor:?}");
    for id in [first, second] {
        let refused = cancel(&headquarters, id).await.unwrap_err();
        assert_eq!(reason(&refused), (Code::FailedPrecondition, "SESSION_ENDED".to_owned()));
    }
    assert_eq!(unit.turn(&headquarters, "1010").await, None);
    away(&headquarters).await.run("1010").await;
    let next = unit.take(&headquarters, "1010").await;
    assert_eq!((next.from_version, next.to_version), (1, 3), "from what the unit has");
    headquarters.close().await;
}

async fn what_is_applied_is_done_with(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let mut unit = Played::current(&headquarters, "store-1").await;
    headquarters.created(&unit.origin, "Berg").await;
    let done = unit.take_of_run(&headquarters).await;
    let before = session(away(&headquarters).await, done).await;
    let refused = unit.fetch(&headquarters, done, 0).await.err().unwrap();
    assert_eq!(reason(&refused), (Code::FailedPrecondition, "SESSION_NOT_OPEN".to_owned()));
    headquarters.clock.advance(Duration::from_mins(1));
    for result in [
        SessionResult::Applied,
        SessionResult::Downloaded,
        SessionResult::DownloadFailed,
        SessionResult::ApplyFailed,
        SessionResult::NotApplicable,
    ] {
        unit.says(&headquarters, done, result).await.unwrap();
    }
    let after = session(away(&headquarters).await, done).await;
    assert_eq!(after, before);
    assert_eq!(reason(&retry(&headquarters, done).await.unwrap_err()).1, "SESSION_NOT_SUSPENDED");
    assert_eq!(reason(&cancel(&headquarters, done).await.unwrap_err()).1, "SESSION_ENDED");
    assert_eq!(away(&headquarters).await.run("1010").await.status(), RunStatus::NoData);
    headquarters.close().await;
}

async fn three_failures_suspend(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = Played::current(&headquarters, "store-1").await;
    for (result, failed) in [
        (SessionResult::DownloadFailed, SessionStatus::DownloadFailed),
        (SessionResult::ApplyFailed, SessionStatus::ApplyFailed),
    ] {
        let run = run_for(away(&headquarters).await, "1010", "store-1", true).await;
        assert_eq!(run.trigger(), Trigger::Manual);
        let id = run.sessions[0].id;
        for tries in 1..=3 {
            unit.says(&headquarters, id, result).await.unwrap();
            let standing = session(&headquarters, id).await;
            let expected = if tries < 3 { failed } else { SessionStatus::Suspended };
            assert_eq!((standing.status(), standing.try_count), (expected, tries));
            let offered = unit.turn(&headquarters, "1010").await.is_some();
            assert_eq!(offered, tries < 3, "it is offered until then");
        }
        // It can't get worse, and what is said of it late is not what it is now.
        unit.says(&headquarters, id, result).await.unwrap();
        unit.says(&headquarters, id, SessionResult::Downloaded).await.unwrap();
        let standing = session(&headquarters, id).await;
        assert_eq!((standing.status(), standing.try_count), (SessionStatus::Suspended, 3));
    }
    headquarters.close().await;
}

impl Played {
    /// Applies what a run of 1010 has for it.
    async fn take_of_run(&mut self, headquarters: &Headquarters) -> i64 {
        away(headquarters).await.run("1010").await;
        self.take(headquarters, "1010").await.id
    }
}
