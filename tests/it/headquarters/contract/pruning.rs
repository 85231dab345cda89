//! What is deleted when it is old, and what stays for as long as it is needed.

use csu::{
    domain::{
        job::{Run, RunStatus, Trigger},
        session::{Session, SessionStatus},
    },
    headquarters::store::SharedStore,
};

use super::{
    job_steps::{CUSTOMERS, add_run, add_session, at, ended, put_session, run, session},
    packages::{build, key},
    steps::other,
};
use crate::harness::{Database, Engine, START, wait};

crate::on_both_engines!(
    what_has_ended_before_the_time_goes,
    what_an_open_session_names_stays,
    so_many_of_each_go_at_once,
    nobody_waits_for_what_is_pruned,
);

async fn prune(store: &SharedStore, before: u64, limit: u32) -> u64 {
    let mut transaction = store.begin().await.unwrap();
    let pruned = transaction.prune(at(before), at(before), limit).await.unwrap();
    transaction.commit().await.unwrap();
    pruned
}

fn applied(session: Session, seconds: u64) -> Session {
    Session { status: SessionStatus::Applied, ended_at: Some(at(seconds)), ..session }
}

async fn what_has_ended_before_the_time_goes(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let new = || run(CUSTOMERS, Trigger::Manual, 0);
    let runs = [
        add_run(&store, ended(new(), RunStatus::Failed, 9)).await,
        add_run(&store, ended(new(), RunStatus::Succeeded, 10)).await,
        add_run(&store, new()).await,
        // As a run that goes on counting.
        add_run(&store, Run { ended_at: Some(at(1)), ..new() }).await,
    ];
    let of = |number: usize| session(CUSTOMERS, 1, runs[number].id);
    let sessions = [
        add_session(&store, applied(of(0), 9)).await,
        add_session(&store, applied(of(0), 10)).await,
        add_session(&store, of(1)).await,
    ];
    let packages = [build(&store, key(0, 1), 9).await, build(&store, key(0, 2), 10).await];
    assert_eq!(prune(&store, 9, 100).await, 0);
    assert_eq!(prune(&store, 10, 100).await, 3);
    let mut stay = Vec::new();
    for run in &runs {
        stay.push(store.run(run.id).await.unwrap().is_some());
    }
    assert_eq!(stay, [false, true, true, true]);
    assert_eq!(store.session(sessions[0].id).await.unwrap(), None);
    for session in &sessions[1..] {
        assert_eq!(store.session(session.id).await.unwrap().as_ref(), Some(session));
    }
    assert_eq!(store.package_of(packages[0].id).await.unwrap(), None);
    assert_eq!(store.package_of(packages[1].id).await.unwrap().as_ref(), Some(&packages[1]));
    assert_eq!(database.number("SELECT count(*) FROM package_chunk").await, 2);

    // The last one goes, and its number does not come again.
    put_session(&store, &applied(sessions[2].clone(), 10)).await;
    assert_eq!(prune(&store, 11, 100).await, 4);
    let left = "SELECT (SELECT count(*) FROM session) + (SELECT count(*) FROM package)";
    assert_eq!(database.number(left).await, 0);
    assert!(add_session(&store, of(2)).await.id > sessions[2].id);
    store.close().await;
    database.remove().await;
}

async fn what_an_open_session_names_stays(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let old = ended(run(CUSTOMERS, Trigger::Manual, 0), RunStatus::Incomplete, 1);
    let old = add_run(&store, old).await;
    let (shared, outcomes) = (build(&store, key(0, 1), 0).await, build(&store, key(0, 2), 0).await);
    let open = Session {
        package: Some(shared.id),
        outcomes: Some(outcomes.id),
        status: SessionStatus::Suspended,
        ..session(CUSTOMERS, 1, old.id)
    };
    let open = add_session(&store, open).await;
    // One that has ended holds nothing up.
    let gone = build(&store, key(0, 3), 0).await;
    add_session(&store, applied(Session { package: Some(gone.id), ..open.clone() }, 1)).await;
    assert_eq!(prune(&store, 100, 100).await, 2);
    assert_eq!(store.run(old.id).await.unwrap(), Some(old.clone()));
    assert_eq!(store.package_of(gone.id).await.unwrap(), None);
    for package in [&shared, &outcomes] {
        assert_eq!(store.package_of(package.id).await.unwrap().as_ref(), Some(package));
    }
    put_session(&store, &applied(open, 200)).await;
    assert_eq!(prune(&store, 100, 100).await, 3);
    assert_eq!(database.number("SELECT count(*) FROM session").await, 1);
    store.close().await;
    database.remove().await;
}

async fn so_many_of_each_go_at_once(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    for number in 0..5 {
        let new = run(CUSTOMERS, Trigger::Manual, 0);
        let new = add_run(&store, ended(new, RunStatus::Succeeded, 1)).await;
        build(&store, key(number, 9), 0).await;
        add_session(&store, applied(session(CUSTOMERS, 1, new.id), 1)).await;
    }
    for expected in [6, 6, 3, 0] {
        assert_eq!(prune(&store, 100, 2).await, expected);
    }
    store.close().await;
    database.remove().await;
}

/// Neither does it wait for others: what they have locked goes the next time.
async fn nobody_waits_for_what_is_pruned(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let second_store = other(&database, &store).await;
    let old = ended(run(CUSTOMERS, Trigger::Manual, 0), RunStatus::Failed, 1);
    let (one, two) = (add_run(&store, old.clone()).await, add_run(&store, old).await);
    let mut first = store.begin().await.unwrap();
    let locked = first.lock_run(one.id).await.unwrap();
    assert_eq!(locked, Some(one));
    let expected = match engine {
        // The file is locked, and all that is in it.
        Engine::Sqlite => {
            drop(first);
            assert_eq!(prune(&second_store, 100, 100).await, 2);
            0
        }
        Engine::Postgres => {
            assert_eq!(wait::bounded("pruning", prune(&second_store, 100, 100)).await, 1);
            assert_eq!(store.run(two.id).await.unwrap(), None);
            drop(first);
            1
        }
    };
    assert_eq!(prune(&store, 100, 100).await, expected);
    store.close().await;
    second_store.close().await;
    database.remove().await;
}
