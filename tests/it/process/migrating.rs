//! `csu migrate` with the databases of both parts.

use serde_json::Value;

use crate::harness::{
    Database, Engine,
    process::{Ended, csu, run},
};

async fn migrate(arguments: &[&str]) -> Ended {
    let mut command = csu();
    command.arg("migrate").args(arguments);
    run(command).await
}

/// Each database with the versions that it came from and to.
fn migrated(ended: &Ended) -> Vec<(String, i64, i64)> {
    assert!(ended.status.success(), "{ended:?}");
    let printed: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    let databases = printed["databases"].as_array().expect("a list").iter();
    let number = |value: &Value| value.as_i64().expect("a number");
    databases
        .map(|it| {
            let name = it["database"].as_str().expect("text").to_owned();
            (name, number(&it["from"]), number(&it["to"]))
        })
        .collect()
}

#[tokio::test]
async fn both_that_the_data_folder_has_unless_one_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().display().to_string();
    let one = format!("sqlite:{data}/headquarters.db");
    let named = ["--data", &data, "--headquarters-database", &one, "--output", "json"];
    assert_eq!(migrated(&migrate(&named).await), [(one.clone(), 0, 1)]);
    assert!(!folder.path().join("channel.db").exists(), "only what is named");
    let both = migrated(&migrate(&["--data", &data, "--output", "json"]).await);
    assert_eq!(both, [(format!("sqlite:{data}/channel.db"), 0, 1), (one, 1, 1)]);
    let told = migrate(&["--data", &data]).await;
    assert_eq!(told.stdout.matches("has schema version 1 already").count(), 2, "{told:?}");
}

#[tokio::test]
async fn each_gets_the_schema_of_its_own() {
    let channel = Database::empty(Engine::Postgres).await;
    let headquarters = Database::empty(Engine::Postgres).await;
    let both = ["--channel-database", &channel.url, "--headquarters-database", &headquarters.url];
    let ended = migrate(&both).await;
    assert!(ended.status.success(), "{ended:?}");
    for database in [&channel, &headquarters] {
        let line = format!("{} migrated: schema version 0 → 1", database.url_shown());
        assert!(ended.stdout.contains(&line), "{ended:?}");
    }
    assert_eq!(headquarters.number("SELECT last FROM number_sequence").await, 0);
    assert_eq!(channel.number("SELECT count(*) FROM request_record").await, 0);
    headquarters.remove().await;

    // What was done before one fails is done, and said.
    let ended = migrate(&both).await;
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    assert!(ended.stdout.contains("has schema version 1 already"), "{ended:?}");
    assert!(ended.stderr.contains("does not exist"), "{ended:?}");
    channel.remove().await;
}
