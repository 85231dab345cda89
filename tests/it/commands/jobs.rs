//! `csu job`

use csu::domain::job::JobMode;
use serde_json::{Value, json};

use super::{FAILED, NOT_FOUND, Operator, REFUSED, USAGE, has_row};
use crate::harness::{
    Database, Engine, Headquarters,
    process::{Process, serve_as},
};

crate::on_both_engines!(
    jobs_are_listed_and_scheduled,
    the_batch_runs_by_its_names,
    a_database_that_is_away_is_named_with_what_becomes_of_it,
    a_session_is_canceled_once,
    history_is_read_page_by_page,
    what_there_is_not_is_said,
    a_connected_database_is_waited_for,
);

const LONG_NAME: &str = "Synchronize customers and channel requests";

fn operator(headquarters: &Headquarters) -> Operator {
    Operator(headquarters.url())
}

async fn jobs_are_listed_and_scheduled(engine: Engine) {
    let mut headquarters = Headquarters::new(engine).await;
    let operator = operator(&headquarters);
    let listed = operator.run(0, "job list").await;
    for words in [
        &["JOB", "NAME", "RECURRENCE", "NEXT RUN", "LAST RUN", "STATUS"][..],
        &["1010", "Customers"],
        &["1070", "Channel configuration"],
        &["1110", "Global configuration"],
        &["P-0001", "Channel transactions"],
        &["synchronize", LONG_NAME],
    ] {
        assert!(has_row(&listed.stdout, words), "{words:?}: {listed:?}");
    }
    assert!(listed.stderr.contains("--jobs manual"), "{listed:?}");

    let set = operator.run(0, "job schedule 1010 '*/7 * * * *'").await;
    assert!(has_row(&set.stdout, &["Runs by itself", "*/7 * * * *"]), "{set:?}");
    assert!(set.stderr.contains("--jobs scheduled"), "who follows it is said: {set:?}");
    let never = operator.done("job schedule 1070 --never").await;
    assert!(has_row(&never, &["Runs by itself", "never"]), "{never}");
    for cron in ["soon", "* * * *", "0 0 30 2 *", "* * * * * *"] {
        let error = operator.json_error(REFUSED, &format!("job schedule 1010 '{cron}'")).await;
        assert_eq!(error["field_violations"][0]["field"], "recurrence", "{cron}: {error}");
    }
    let listed = operator.json("job list").await;
    assert_eq!(listed["mode"], "manual");
    let recurrence = |code: &str| {
        let job = listed["jobs"].as_array().unwrap().iter().find(|job| job["code"] == code);
        (job.unwrap()["recurrence"].clone(), job.unwrap()["next_run_time"].clone())
    };
    assert_eq!(recurrence("1010"), (json!("*/7 * * * *"), Value::Null));
    assert_eq!(recurrence("1070"), (json!(""), Value::Null));

    headquarters.restart_with(JobMode::Scheduled).await;
    let listed = operator.run(0, "job list").await;
    assert!(has_row(&listed.stdout, &["1010", "*/7 * * * *", "2026-01-01T00:"]), "{listed:?}");
    assert!(listed.stderr.contains("--jobs scheduled"), "{listed:?}");
    headquarters.close().await;
}

async fn the_batch_runs_by_its_names(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let operator = operator(&headquarters);
    let done = operator.done("job run synchronize").await;
    for words in [&["Job", "synchronize"], &["Set off by", "hand"], &["Status", "no data"]] {
        assert!(has_row(&done, words), "{words:?}: {done}");
    }
    for name in [LONG_NAME, "Synchronize customers and business partners from async mode"] {
        let run = operator.json(&format!("job run '{name}'")).await;
        assert_eq!(run["run"]["job"], "synchronize");
        assert_eq!(run["run"]["status"], "RUN_STATUS_NO_DATA");
        assert_eq!(run["run"]["sessions"], json!([]));
    }
    let history = operator.json("job history synchronize").await;
    assert_eq!(history["runs"].as_array().unwrap().len(), 3);
    assert_eq!(operator.json("job history 1010").await["runs"], json!([]));
    let latest = history["runs"][0]["id"].as_str().unwrap();
    let said = operator.fails(REFUSED, &format!("job cancel {latest}")).await;
    assert!(said.contains("RUN_ENDED"), "{said}");
    let listed = operator.json("job list").await;
    assert_eq!(listed["jobs"][4]["last_run"]["id"], latest);
    headquarters.close().await;
}

async fn a_database_that_is_away_is_named_with_what_becomes_of_it(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    headquarters.registered("store-1").await;
    let operator = operator(&headquarters);
    let run = operator.run(FAILED, "job run 1070").await;
    assert!(has_row(&run.stdout, &["Status", "incomplete"]), "{run:?}");
    let header = ["DATABASE", "SESSION", "STATUS", "FROM-TO", "ROWS", "SIZE"];
    assert!(has_row(&run.stdout, &header), "{run:?}");
    let row = ["store-1", "available, database away", "0-1 (full)"];
    assert!(has_row(&run.stdout, &row), "{run:?}");
    assert!(run.stderr.contains("served when it comes: store-1"), "{run:?}");

    let open = operator.done("job sessions --open --database store-1 --job 1070").await;
    assert!(has_row(&open, &["1070", "store-1", "available, database away"]), "{open}");
    let history = operator.done("job history 1070 --sessions").await;
    assert!(has_row(&history, &["1070", "hand", "incomplete"]), "{history}");
    assert!(has_row(&history, &["1070", "store-1", "available, database away"]), "{history}");
    let json = operator.json("job history 1070").await;
    let session = &json["runs"][0]["sessions"][0];
    assert_eq!(session["status"], "SESSION_STATUS_AVAILABLE");
    let (from, to) = (&session["from_version"], &session["to_version"]);
    assert_eq!((from, to), (&json!("0"), &json!("1")));
    assert_eq!((&session["full"], &session["database_connected"]), (&json!(true), &json!(false)));
    headquarters.close().await;
}

async fn a_session_is_canceled_once(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    headquarters.registered("store-1").await;
    let operator = operator(&headquarters);
    operator.run(FAILED, "job run 1110").await;
    let open = operator.json("job sessions --open").await;
    let id = open["sessions"][0]["id"].as_str().unwrap();
    let said = operator.fails(REFUSED, &format!("job retry {id}")).await;
    assert!(said.contains("SESSION_NOT_SUSPENDED"), "{said}");
    let canceled = operator.done(&format!("job cancel-session {id}")).await;
    for words in [["Session", id], ["Status", "canceled"]] {
        assert!(has_row(&canceled, &words), "{words:?}: {canceled}");
    }
    let said = operator.fails(REFUSED, &format!("job cancel-session {id}")).await;
    assert!(said.contains("SESSION_ENDED"), "{said}");
    let none = operator.run(0, "job sessions --open").await;
    assert!(none.stdout.is_empty() && none.stderr.contains("No session is open"), "{none:?}");
    assert_eq!(operator.json("job sessions").await["sessions"][0]["id"], id);
    headquarters.close().await;
}

async fn history_is_read_page_by_page(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let operator = operator(&headquarters);
    let mut expected = Vec::new();
    for _ in 0..3 {
        let run = operator.json("job run synchronize").await;
        expected.insert(0, run["run"]["id"].clone());
    }
    let (mut found, mut token) = (Vec::new(), String::new());
    loop {
        let line = format!("job history synchronize --limit 2 --page-token '{token}'");
        let page = operator.json(&line).await;
        let runs = page["runs"].as_array().unwrap();
        found.extend(runs.iter().map(|run| run["id"].clone()));
        let next = page["next_page_token"].as_str().unwrap();
        if next.is_empty() {
            break;
        }
        assert_eq!(runs.len(), 2);
        token = next.to_owned();
    }
    assert_eq!(found, expected);
    let first = operator.run(0, "job history synchronize --limit 2").await;
    assert!(first.stderr.contains(&format!("--page-token {token}")), "{first:?}");
    for line in ["job history", "job history 1010", "job sessions"] {
        let said = operator.fails(REFUSED, &format!("{line} --page-token {token}")).await;
        assert!(said.contains("INVALID_PAGE_TOKEN"), "{line}: {said}");
    }
    operator.fails(USAGE, "job history --limit 501").await;
    headquarters.close().await;
}

async fn what_there_is_not_is_said(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let operator = operator(&headquarters);
    for (line, reason) in [
        ("job run 9999", "JOB_NOT_FOUND"),
        ("job schedule 9999 --never", "JOB_NOT_FOUND"),
        ("job history 9999", "JOB_NOT_FOUND"),
        ("job sessions --job 9999", "JOB_NOT_FOUND"),
        ("job run 1010 --database store-9", "DATABASE_NOT_FOUND"),
        ("job sessions --database store-9", "DATABASE_NOT_FOUND"),
        ("job cancel 999", "RUN_NOT_FOUND"),
        ("job retry 999", "SESSION_NOT_FOUND"),
        ("job cancel-session 999", "SESSION_NOT_FOUND"),
    ] {
        let error = operator.json_error(NOT_FOUND, line).await;
        assert_eq!(error["reason"], reason, "{line}: {error}");
    }
    let said = operator.fails(NOT_FOUND, "job run 9999").await;
    assert!(said.contains("1010, 1070, 1110, P-0001, synchronize"), "{said}");
    operator.fails(USAGE, "job run 1010 --full").await;
    operator.fails(USAGE, "job schedule 1010").await;
    assert_eq!(operator.json("job history").await["runs"], json!([]), "nothing has run");
    headquarters.close().await;
}

async fn a_connected_database_is_waited_for(engine: Engine) {
    let (channel, database) =
        (Database::new(engine).await, Database::new_headquarters(engine).await);
    let mut serve = serve_as("all");
    serve.args(["--channel-database", &channel.url, "--headquarters-database", &database.url]);
    serve.args(["--jobs", "manual"]);
    let process = Process::start(serve).await;
    let operator = Operator(process.headquarters_url());
    operator.done("profile set real-time --create-customer-in-async-mode on").await;
    let run = operator.done("job run 1070").await;
    assert!(has_row(&run, &["Status", "succeeded"]), "{run}");
    assert!(has_row(&run, &["store-1", "applied", "0-2 (full)"]), "{run}");
    let again = operator.json("job run 1070 --database store-1").await;
    assert_eq!(again["run"]["status"], "RUN_STATUS_NO_DATA", "{again}");
    process.stop().await;
    channel.remove().await;
    database.remove().await;
}
