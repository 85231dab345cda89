//! The history of jobs, and when they run by themselves.

use csu::{
    domain::job::{DownloadJob, Job, Run, RunId, RunStatus, Trigger},
    headquarters::store::RunQuery,
};

use super::{
    job_steps::{CONFIGURATION, CUSTOMERS, add_run, at, ended, run},
    steps::{is_conflict, other},
};
use crate::harness::{Database, Engine, START};

crate::on_both_engines!(
    a_run_is_kept_as_it_was_put,
    runs_come_in_pages_the_latest_first,
    the_last_run_that_came_by_itself_is_found_while_it_is_young,
    the_second_on_a_run_sees_what_the_first_has_put,
    a_job_has_one_recurrence_or_none,
);

async fn a_run_is_kept_as_it_was_put(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let mut all = Vec::new();
    for (number, (job, trigger)) in
        Job::ALL.iter().flat_map(|job| Trigger::ALL.iter().map(move |it| (*job, *it))).enumerate()
    {
        let new = Run { full: number % 2 == 0, ..run(job, trigger, number as u64) };
        all.push(add_run(&store, new).await);
    }
    assert!(all.is_sorted_by_key(|run| run.id), "{all:?}");
    // Each in an end of its own, under all that a run may say.
    for (run, status) in all.iter_mut().zip(RunStatus::ALL.iter().cycle()) {
        *run = Run {
            database: Some("store-'1'".to_owned()),
            rows: u64::from(u32::MAX) * 7,
            bytes: i64::MAX.cast_unsigned(),
            summary: "3 rows: \"Ö\", '\\".to_owned(),
            count: 12,
            cancel_requested: true,
            ..ended(run.clone(), *status, 60)
        };
        let mut transaction = store.begin().await.unwrap();
        transaction.put_run(run).await.unwrap();
        assert_eq!(transaction.lock_run(run.id).await.unwrap().as_ref(), Some(&*run));
        transaction.commit().await.unwrap();
    }
    for run in &all {
        assert_eq!(store.run(run.id).await.unwrap().as_ref(), Some(run));
    }
    // No text has room for this one on PostgreSQL.
    let torn = Run { summary: "a\0b".to_owned(), ..all[0].clone() };
    let torn = store.run(add_run(&store, torn).await.id).await.unwrap().unwrap();
    assert_eq!(torn.summary, "a\u{fffd}b");

    let unknown = Run { id: RunId(99_999), ..all[0].clone() };
    assert_eq!(store.run(unknown.id).await.unwrap(), None);
    let mut transaction = store.begin().await.unwrap();
    assert_eq!(transaction.lock_run(unknown.id).await.unwrap(), None);
    assert!(is_conflict(&transaction.put_run(&unknown).await));
    drop(transaction);
    store.close().await;
    database.remove().await;
}

async fn runs_come_in_pages_the_latest_first(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    assert_eq!(store.runs(&RunQuery { limit: 9, ..RunQuery::default() }).await.unwrap(), []);
    let mut all = Vec::new();
    for number in 0..12 {
        let job = if number % 3 == 0 { CONFIGURATION } else { CUSTOMERS };
        // When they began does not matter.
        let mut new = run(job, Trigger::Manual, 100 - number);
        if number % 4 != 1 {
            new = ended(new, RunStatus::Succeeded, 100);
        }
        all.insert(0, add_run(&store, new).await);
    }
    for job in [None, Some(CUSTOMERS), Some(CONFIGURATION), Some(Job::Synchronize)] {
        for running in [false, true] {
            let wanted = |run: &&Run| {
                job.is_none_or(|job| run.job == job)
                    && (!running || run.status == RunStatus::Running)
            };
            let expected: Vec<_> = all.iter().filter(wanted).cloned().collect();
            for limit in [1, 2, 5, 50] {
                let (mut found, mut before) = (Vec::new(), None);
                loop {
                    let query = RunQuery { job, running, before, limit };
                    let page = store.runs(&query).await.unwrap();
                    assert!(page.len() <= limit as usize);
                    let Some(last) = page.last() else { break };
                    before = Some(last.id);
                    found.extend(page);
                }
                assert_eq!(found, expected, "{job:?} {running} {limit}");
            }
        }
    }
    store.close().await;
    database.remove().await;
}

async fn the_last_run_that_came_by_itself_is_found_while_it_is_young(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let continuous = |job, started| run(job, Trigger::Continuous, started);
    add_run(&store, continuous(CUSTOMERS, 10)).await;
    let last = add_run(&store, ended(continuous(CUSTOMERS, 20), RunStatus::NoData, 21)).await;
    let other = add_run(&store, continuous(CONFIGURATION, 30)).await;
    for trigger in [Trigger::Manual, Trigger::Recurrence, Trigger::Initial] {
        add_run(&store, run(CUSTOMERS, trigger, 40)).await;
    }
    let mut transaction = store.begin().await.unwrap();
    for (job, since, expected) in [
        (CUSTOMERS, 0, Some(&last)),
        (CUSTOMERS, 19, Some(&last)),
        (CUSTOMERS, 20, None),
        (CONFIGURATION, 29, Some(&other)),
        (CONFIGURATION, 30, None),
        (Job::Download(DownloadJob::GlobalConfiguration), 0, None),
    ] {
        let found = transaction.lock_continuous_run(job, at(since)).await.unwrap();
        assert_eq!(found.as_ref(), expected, "{job:?} {since}");
    }
    drop(transaction);
    store.close().await;
    database.remove().await;
}

async fn the_second_on_a_run_sees_what_the_first_has_put(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let second_store = other(&database, &store).await;
    let mut new = add_run(&store, run(CUSTOMERS, Trigger::Continuous, 1)).await;
    for is_found in [false, true] {
        let mut first = store.begin().await.unwrap();
        let locked = first.lock_run(new.id).await.unwrap();
        assert_eq!(locked.as_ref(), Some(&new));
        new.count += 1;
        let second = async {
            let mut second = second_store.begin().await.unwrap();
            if is_found {
                second.lock_continuous_run(CUSTOMERS, START).await.unwrap()
            } else {
                second.lock_run(new.id).await.unwrap()
            }
        };
        let release = async {
            first.put_run(&new).await.unwrap();
            first.commit().await.unwrap();
        };
        assert_eq!(database.behind(release, second).await.as_ref(), Some(&new));
    }
    store.close().await;
    second_store.close().await;
    database.remove().await;
}

async fn a_job_has_one_recurrence_or_none(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    assert_eq!(store.recurrences().await.unwrap(), []);
    let mut transaction = store.begin().await.unwrap();
    for (job, recurrence) in [
        (Job::Synchronize, Some("*/5 * * * *")),
        (Job::ChannelTransactions, None),
        (CUSTOMERS, Some("0 3 * * *")),
        (CONFIGURATION, Some("0 4 * * *")),
        (CUSTOMERS, Some("30 3 * * *")),
        (CONFIGURATION, None),
    ] {
        transaction.set_recurrence(job, recurrence).await.unwrap();
    }
    transaction.commit().await.unwrap();
    let expected =
        [(CUSTOMERS, "30 3 * * *".to_owned()), (Job::Synchronize, "*/5 * * * *".to_owned())];
    assert_eq!(store.recurrences().await.unwrap(), expected);
    store.close().await;
    database.remove().await;
}
