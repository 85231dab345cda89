//! Jobs as people run, schedule and cancel them.

use std::time::Duration;

use csu::{
    domain::job::JobMode,
    proto::headquarters::{
        CancelRunRequest, CancelSessionRequest, ListJobsRequest, ListRunsRequest,
        ListSessionsRequest, RetrySessionRequest, Run, RunJobRequest, RunStatus, SessionStatus,
        SetRecurrenceRequest, Trigger,
    },
};
use tonic::{Code, Status};

use super::{Played, away, contents, is_pending, run_for, session, status};
use crate::harness::{
    Chain, Engine, Headquarters,
    requests::{self, reason, violations},
    wait,
};

crate::on_both_engines!(
    what_there_is_not_is_named,
    recurrences_are_set_and_shown,
    a_canceled_run_takes_back_what_nobody_has_begun,
    jobs_in_the_wrong_order_do_nothing,
    the_history_says_what_was_brought,
    a_job_that_is_due_runs_once,
);

async fn refused_run(headquarters: &Headquarters, job: &str, database: &str, full: bool) -> Status {
    let (job, database) = (job.to_owned(), database.to_owned());
    headquarters.run_job(RunJobRequest { job, database, full }).await.unwrap_err()
}

async fn runs(headquarters: &Headquarters, job: &str) -> Vec<Run> {
    let request = ListRunsRequest { job: job.to_owned(), ..ListRunsRequest::default() };
    headquarters.scheduler().list_runs(request).await.expect("a list").into_inner().runs
}

async fn set_recurrence(headquarters: &Headquarters, job: &str, text: &str) -> Result<(), Status> {
    let (job, recurrence) = (job.to_owned(), text.to_owned());
    let request = SetRecurrenceRequest { job, recurrence };
    headquarters.scheduler().set_recurrence(request).await.map(|_| ())
}

async fn cancel_run(headquarters: &Headquarters, run: i64) -> Result<Run, Status> {
    let answer = headquarters.scheduler().cancel_run(CancelRunRequest { run }).await?;
    Ok(answer.into_inner().run.expect("a run"))
}

async fn what_there_is_not_is_named(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    Played::current(&headquarters, "store-1").await;
    let before = contents(&away(&headquarters).await.database).await;
    let mut scheduler = headquarters.scheduler();
    for job in ["", "9999", "1010 ", "10\u{0}10", &"x".repeat(10_000)] {
        let list = ListRunsRequest { job: job.to_owned(), ..ListRunsRequest::default() };
        let mut refused = vec![refused_run(&headquarters, job, "", false).await];
        refused.push(set_recurrence(&headquarters, job, "* * * * *").await.unwrap_err());
        if !job.is_empty() {
            refused.push(scheduler.list_runs(list).await.unwrap_err());
        }
        for refused in refused {
            assert_eq!(reason(&refused), (Code::NotFound, "JOB_NOT_FOUND".to_owned()), "{job:?}");
        }
    }
    for database in ["store-9", "STORE-1", "a\0b"] {
        let (job, database) = ("1010", database.to_owned());
        let list = ListSessionsRequest { database: database.clone(), ..Default::default() };
        for refused in [
            refused_run(&headquarters, job, &database, false).await,
            scheduler.list_sessions(list).await.unwrap_err(),
        ] {
            assert_eq!(reason(&refused), (Code::NotFound, "DATABASE_NOT_FOUND".to_owned()));
        }
    }
    for (job, database, full, field) in [
        ("1010", "", true, "full"),
        ("P-0001", "store-1", true, "full"),
        ("synchronize", "", true, "full"),
        ("synchronize", "store-1", false, "database"),
    ] {
        let refused = refused_run(&headquarters, job, database, full).await;
        assert_eq!(violations(&refused), [(field.to_owned(), "OUT_OF_RANGE".to_owned())], "{job}");
    }
    for number in [0, -1, 99_999, i64::MIN] {
        let refused = cancel_run(&headquarters, number).await.unwrap_err();
        assert_eq!(reason(&refused), (Code::NotFound, "RUN_NOT_FOUND".to_owned()));
        let retry = scheduler.retry_session(RetrySessionRequest { session: number }).await;
        let cancel = scheduler.cancel_session(CancelSessionRequest { session: number }).await;
        for refused in [retry.unwrap_err(), cancel.unwrap_err()] {
            assert_eq!(reason(&refused), (Code::NotFound, "SESSION_NOT_FOUND".to_owned()));
        }
    }
    for never in ["soon", "* * * *", "* * * * * *", "0 0 30 2 *", "0 0 31 4,6 *", "61 * * * *"] {
        let refused = set_recurrence(&headquarters, "1010", never).await.unwrap_err();
        assert_eq!(violations(&refused), [("recurrence".to_owned(), "OUT_OF_RANGE".to_owned())]);
    }
    assert_eq!(contents(&away(&headquarters).await.database).await, before);
    headquarters.close().await;
}

async fn recurrences_are_set_and_shown(engine: Engine) {
    let mut headquarters = Headquarters::new(engine).await;
    let shown = async |headquarters: &Headquarters, code: &str| {
        let jobs =
            headquarters.scheduler().list_jobs(ListJobsRequest {}).await.unwrap().into_inner();
        let job = jobs.jobs.into_iter().find(|job| job.code == code).unwrap();
        (jobs.mode, job.recurrence, job.next_run_time.map(|time| time.seconds % 86_400))
    };
    set_recurrence(&headquarters, "1070", " 30 2 * * * ").await.unwrap();
    set_recurrence(&headquarters, "1110", "").await.unwrap();
    let manual = "manual".to_owned();
    assert_eq!(shown(&headquarters, "1070").await, (manual.clone(), "30 2 * * *".to_owned(), None));
    assert_eq!(shown(&headquarters, "1110").await, (manual, String::new(), None));
    headquarters.restart_with(JobMode::Scheduled).await;
    let next = Some(2 * 3_600 + 30 * 60);
    let scheduled = "scheduled".to_owned();
    let expected = (scheduled.clone(), "30 2 * * *".to_owned(), next);
    assert_eq!(shown(&headquarters, "1070").await, expected);
    assert_eq!(shown(&headquarters, "1110").await, (scheduled, String::new(), None));
    headquarters.close().await;
}

async fn a_canceled_run_takes_back_what_nobody_has_begun(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let mut first = Played::current(&headquarters, "store-1").await;
    let second = Played::current(&headquarters, "store-2").await;
    headquarters.created(&first.origin, "Berg").await;
    // Both are there and take their time.
    let mut there = headquarters.subscribe(&first.origin, &first.applied()).await.unwrap();
    let mut also = headquarters.subscribe(&second.origin, &second.applied()).await.unwrap();
    let canceling = async {
        let begun = there.offered("1010").await.id;
        first.begins(&headquarters, begun).await;
        let unbegun = also.offered("1010").await.id;
        let running = runs(&headquarters, "1010").await.remove(0);
        assert_eq!((running.status(), running.sessions.len()), (RunStatus::Running, 2));
        cancel_run(&headquarters, running.id).await.unwrap();
        (begun, unbegun)
    };
    let (run, (begun, unbegun)) = tokio::join!(headquarters.run("1010"), canceling);
    assert_eq!(run.status(), RunStatus::Canceled, "{run:?}");
    let canceled = session(&headquarters, unbegun).await;
    assert_eq!(canceled.status(), SessionStatus::Canceled);
    assert!(canceled.error.contains("its run was canceled"), "{canceled:?}");
    assert_eq!(status(&headquarters, begun).await, SessionStatus::Requested);
    also.until(|told| told.sessions.is_empty()).await;
    drop((there, also));
    let refused = cancel_run(&headquarters, run.id).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::FailedPrecondition, "RUN_ENDED".to_owned()));
    // What was begun is applied, and the other gets its own with the next run.
    assert_eq!(first.take(&headquarters, "1010").await.id, begun);
    let run = away(&headquarters).await.run("1010").await;
    let next: Vec<_> = run.sessions.iter().filter(|it| it.database == "store-2").collect();
    assert_eq!((next[0].from_version, next[0].to_version), (0, 1));
    assert_eq!(runs(&headquarters, "1010").await[1].status(), RunStatus::Canceled);
    headquarters.close().await;
}

async fn jobs_in_the_wrong_order_do_nothing(engine: Engine) {
    let chain = Chain::new(engine).await;
    chain.bring_configuration().await;
    let customer = chain.unit().created(requests::create()).await;
    let before = contents(&chain.world.database).await;
    for job in ["1010", "synchronize", "1010", "synchronize"] {
        let run = chain.headquarters.run_well(job).await;
        assert_eq!(run.status(), RunStatus::NoData, "{job}: {run:?}");
    }
    assert_eq!(contents(&chain.world.database).await, before);
    // And the upload twice, and what belongs after the batch before it.
    for (job, status) in [
        ("P-0001", RunStatus::Succeeded),
        ("P-0001", RunStatus::NoData),
        ("1010", RunStatus::NoData),
        ("synchronize", RunStatus::Succeeded),
        ("P-0001", RunStatus::NoData),
    ] {
        assert_eq!(chain.headquarters.run_well(job).await.status(), status, "{job}");
        assert!(is_pending(&chain, &customer.name).await);
    }
    assert_eq!(chain.headquarters.run_well("1010").await.status(), RunStatus::Succeeded);
    assert!(!is_pending(&chain, &customer.name).await);
    let of_customer = "SELECT count(*) FROM customer";
    assert_eq!(chain.headquarters.database.number(of_customer).await, 1);
    chain.close().await;
}

async fn the_history_says_what_was_brought(engine: Engine) {
    let chain = Chain::new(engine).await;
    chain.bring_configuration().await;
    for name in ["Berg", "Dahl"] {
        chain.unit().created(requests::create_named("Karen", name)).await;
    }
    chain.world.advance(Duration::from_mins(3));
    chain.headquarters.exchange_all().await;
    let now = chain.clock_seconds();
    // Two customers and two outcomes come back.
    for (job, rows, has_bytes) in
        [("P-0001", 2, true), ("synchronize", 2, false), ("1010", 4, true)]
    {
        let history = runs(&chain.headquarters, job).await;
        let run = &history[0];
        assert_eq!((run.status(), run.trigger()), (RunStatus::Succeeded, Trigger::Manual));
        assert_eq!((run.rows, run.bytes > 0, run.count), (rows, has_bytes, 1), "{run:?}");
        let times = [run.start_time, run.end_time].map(|time| time.unwrap().seconds);
        assert_eq!(times, [now, now]);
        assert!(!run.summary.is_empty());
        for session in &run.sessions {
            assert_eq!((session.status(), session.rows), (SessionStatus::Applied, rows));
            assert_eq!((session.bytes, session.end_time), (run.bytes, run.end_time));
        }
    }
    let initial = runs(&chain.headquarters, "1010").await.pop().unwrap();
    assert_eq!(initial.trigger(), Trigger::Initial, "the first that there was: {initial:?}");
    let failed = run_for(&chain.headquarters, "1010", "store-1", false).await;
    assert_eq!(runs(&chain.headquarters, "").await[0].id, failed.id, "the latest is first");
    chain.close().await;
}

async fn a_job_that_is_due_runs_once(engine: Engine) {
    let mut headquarters = Headquarters::new(engine).await;
    for (job, text) in [
        ("1010", ""),
        ("1070", ""),
        ("1110", ""),
        ("P-0001", "*/10 * * * *"),
        ("synchronize", "*/5 * * * *"),
    ] {
        set_recurrence(&headquarters, job, text).await.unwrap();
    }
    headquarters.restart_with(JobMode::Scheduled).await;
    let ended = async |job: &str| {
        let runs = runs(&headquarters, job).await;
        assert!(runs.iter().all(|run| run.trigger() == Trigger::Recurrence));
        runs.iter().filter(|run| run.end_time.is_some()).count()
    };
    // Several that have passed meanwhile are one.
    for (minutes, batches, uploads) in [(5, 1, 0), (5, 2, 1), (4, 2, 1), (1, 3, 1), (60, 4, 2)] {
        headquarters.clock.advance(Duration::from_mins(minutes));
        wait::until("it runs", async || {
            ended("synchronize").await >= batches && ended("P-0001").await >= uploads
        })
        .await;
        assert_eq!((ended("synchronize").await, ended("P-0001").await), (batches, uploads));
    }
    // One that is set now counts from now.
    set_recurrence(&headquarters, "1070", "*/7 * * * *").await.unwrap();
    headquarters.clock.advance(Duration::from_mins(5));
    wait::until("the batch runs", async || ended("synchronize").await == 5).await;
    headquarters.clock.advance(Duration::from_mins(7));
    wait::until("it runs", async || ended("1070").await == 1).await;
    for job in ["1010", "1110"] {
        assert_eq!(ended(job).await, 0);
    }
    headquarters.close().await;
}

impl Chain {
    fn clock_seconds(&self) -> i64 {
        use csu::runtime::clock::Clock as _;
        self.clock.now().millis() / 1_000
    }
}
