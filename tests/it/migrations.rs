//! Opening a database: migrated at the start or refused with what to do, and only where a commit lasts.

mod headquarters;

use std::fs;

use csu::{
    channel::store::{self, NewDatabase},
    storage::{DatabaseUrl, MigrationReport, OpenError},
};

use crate::harness::{Database, Engine, Footprint, START, postgres_server::PostgresServer};

crate::on_both_engines!(
    migrating_again_changes_nothing,
    a_database_for_newer_programs_is_refused,
    a_newer_database_that_this_program_can_use_opens,
    a_migrated_database_says_which_programs_can_use_it,
);

/// The schema of this program.
const VERSION: i64 = 1;

fn text<T>(refused: Result<T, OpenError>) -> String {
    refused.map(|_| ()).expect_err("it is refused").to_string()
}

fn assert_says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in: {text}");
    }
}

async fn migrating_again_changes_nothing(engine: Engine) {
    let database = Database::empty(engine).await;
    let url = database.parsed();
    assert_eq!(store::migrate(&url).await.unwrap(), MigrationReport { from: 0, to: VERSION });
    let before = Footprint::of(&database).await;
    let again = MigrationReport { from: VERSION, to: VERSION };
    assert_eq!(store::migrate(&url).await.unwrap(), again);
    assert_eq!(Footprint::of(&database).await, before);

    let store = database.open(START).await;
    let origin = store.identity().await.unwrap();
    store.close().await;
    drop(store);
    assert_eq!(store::migrate(&url).await.unwrap(), again);
    let store = database.open(START).await;
    assert!(store.identity().await.unwrap() == origin, "what is in it stays");
    store.close().await;
    database.remove().await;
}

async fn a_database_for_newer_programs_is_refused(engine: Engine) {
    let database = Database::new(engine).await;
    database.open(START).await.close().await;
    database.execute("UPDATE schema_version SET version = 9, oldest_program = 8").await;
    let before = Footprint::of(&database).await;
    let refused = text(database.try_open(START).await);
    assert_says(&refused, &[&database.url_shown(), "schema version 9", "newer csu", "update"]);
    let refused = store::migrate(&database.parsed()).await.expect_err("it is refused").to_string();
    assert_says(&refused, &[&database.url_shown(), "schema version 9", "newer csu", "update"]);
    assert_eq!(Footprint::of(&database).await, before);
    database.remove().await;
}

/// While replicas of two releases run side by side.
async fn a_newer_database_that_this_program_can_use_opens(engine: Engine) {
    let database = Database::new(engine).await;
    database.open(START).await.close().await;
    database.execute("UPDATE schema_version SET version = 9, oldest_program = 1").await;
    database.execute("ALTER TABLE event ADD COLUMN of_the_next_release text").await;
    let store = database.open(START).await;
    assert_eq!(store.identity().await.unwrap().database_name, "store-1");
    store.close().await;
    drop(store);
    let report = store::migrate(&database.parsed()).await.unwrap();
    assert_eq!(report, MigrationReport { from: 9, to: 9 }, "nothing is taken back");
    database.remove().await;
}

async fn a_migrated_database_says_which_programs_can_use_it(engine: Engine) {
    let database = Database::new(engine).await;
    database.open(START).await.close().await;
    assert_eq!(database.number("SELECT version FROM schema_version").await, VERSION);
    let oldest = database.number("SELECT oldest_program FROM schema_version").await;
    assert!((1..=VERSION).contains(&oldest));
    let applied = database.number("SELECT max(version) FROM _sqlx_migrations").await;
    assert_eq!(applied, VERSION, "schema_version is of the newest migration");
    database.remove().await;
}

#[tokio::test]
async fn sqlite_migrates_at_the_start() {
    let database = Database::empty(Engine::Sqlite).await;
    database.open(START).await.close().await;
    assert_eq!(database.number("SELECT version FROM schema_version").await, VERSION);
}

#[tokio::test]
async fn postgresql_is_migrated_by_command_alone() {
    let database = Database::empty(Engine::Postgres).await;
    let refused = text(database.try_open(START).await);
    let command = format!("csu migrate --channel-database {}", database.url_shown());
    assert_says(&refused, &["schema version 0", &format!("needs {VERSION}"), &command]);
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()";
    assert_eq!(database.number(tables).await, 0, "nothing is left behind");
    store::migrate(&database.parsed()).await.unwrap();
    database.open(START).await.close().await;
    database.remove().await;
}

#[tokio::test]
async fn a_postgresql_database_that_is_not_there_is_named_with_what_to_do() {
    let database = Database::empty(Engine::Postgres).await;
    database.remove().await;
    let (_, name) = database.url.rsplit_once('/').unwrap();
    let parts = [
        "does not exist",
        &format!("createdb {name}"),
        &format!("csu migrate --channel-database {}", database.url_shown()),
    ];
    assert_says(&text(database.try_open(START).await), &parts);
    let refused = store::migrate(&database.parsed()).await.expect_err("it is refused");
    assert_says(&refused.to_string(), &parts);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_may_migrate_at_once() {
    let database = Database::empty(Engine::Postgres).await;
    let url = database.parsed();
    let reports = futures::future::join_all((0..6).map(|_| store::migrate(&url))).await;
    for report in reports {
        assert_eq!(report.expect("migrated").to, VERSION);
    }
    assert_eq!(database.number("SELECT count(*) FROM _sqlx_migrations").await, VERSION);
    assert_eq!(database.number("SELECT count(*) FROM schema_version").await, 1);
    database.open(START).await.close().await;
    database.remove().await;
}

#[tokio::test]
async fn an_sqlite_file_has_one_process() {
    let database = Database::new(Engine::Sqlite).await;
    let store = database.open(START).await;
    let path = database.folder().join("channel.db").display().to_string();
    let parts = [path.as_str(), "in use by another csu process"];
    assert_says(&text(database.try_open(START).await), &parts);
    let refused = store::migrate(&database.parsed()).await.expect_err("it is refused");
    assert_says(&refused.to_string(), &parts);
    assert_eq!(store.identity().await.unwrap().database_name, "store-1", "the first goes on");
    store.close().await;
    drop(store);
    database.open(START).await.close().await;
}

#[tokio::test]
async fn a_file_of_something_else_is_refused_and_stays_as_it_was() {
    let database = Database::empty(Engine::Sqlite).await;
    let path = database.folder().join("channel.db");
    let letter = "Dear Karen, this is no database. ".repeat(200);
    fs::write(&path, &letter).unwrap();
    assert_says(&text(database.try_open(START).await), &[&path.display().to_string()]);
    assert_eq!(fs::read_to_string(&path).unwrap(), letter);
}

#[tokio::test]
async fn a_folder_that_can_t_be_made_is_named_with_what_to_do() {
    let database = Database::empty(Engine::Sqlite).await;
    let file = database.folder().join("file");
    fs::write(&file, "in the way").unwrap();
    for folder in [file.clone(), file.join("below")] {
        let url = format!("sqlite:{}/channel.db", folder.display()).parse().unwrap();
        let new =
            NewDatabase { id: csu::runtime::ids::new_database_id(), name: "store-1".to_owned() };
        let refused = text(store::open(&url, new, None, START).await);
        assert_says(&refused, &[&folder.display().to_string(), "--data"]);
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "in the way");
    assert_eq!(fs::read_dir(database.folder()).unwrap().count(), 1, "nothing is left behind");
}

/// A server of its own, as these settings are the server's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgresql_server_that_would_lose_commits_is_refused() {
    let server = PostgresServer::start().await;
    server.execute("CREATE DATABASE store").await;
    let url: DatabaseUrl = server.url("store").parse().unwrap();
    store::migrate(&url).await.unwrap();
    let open = async || {
        let new =
            NewDatabase { id: csu::runtime::ids::new_database_id(), name: "store-1".to_owned() };
        store::open(&url, new, None, START).await
    };
    for setting in ["fsync", "full_page_writes"] {
        server.set(setting, "off").await;
        let refused = text(open().await);
        assert_says(&refused, &[setting, &url.to_string(), "off", "to on"]);
        let refused = store::migrate(&url).await.expect_err("it is refused").to_string();
        assert_says(&refused, &[setting, "to on"]);
        server.set(setting, "on").await;
        open().await.expect("it would not").close().await;
    }

    // This one is a connection's own, and ours say that it is on, whatever the database says.
    for weaker in ["off", "local", "remote_write"] {
        server.execute(&format!("ALTER DATABASE store SET synchronous_commit = {weaker}")).await;
        open().await.expect("our connections are durable").close().await;
    }
    server.stop().await;
}
