//! The same for headquarters' database, whose texts name its own flag.

use csu::{headquarters::store, storage::MigrationReport};

use super::{assert_says, text};
use crate::harness::{Database, Engine, START};

crate::on_both_engines!(
    migrating_again_changes_nothing,
    a_database_for_newer_programs_is_refused,
    a_newer_database_that_this_program_can_use_opens,
    a_migrated_database_says_which_programs_can_use_it,
);

/// The schema of this program.
const VERSION: i64 = 1;

async fn migrating_again_changes_nothing(engine: Engine) {
    let database = Database::empty(engine).await;
    let url = database.parsed();
    assert_eq!(store::migrate(&url).await.unwrap(), MigrationReport { from: 0, to: VERSION });
    let again = MigrationReport { from: VERSION, to: VERSION };
    assert_eq!(store::migrate(&url).await.unwrap(), again);
    assert_eq!(database.number("SELECT count(*) FROM headquarters").await, 0, "a start's business");

    let store = database.open_headquarters(START).await;
    let (identity, setup) = (store.identity().await.unwrap(), store.setup().await.unwrap());
    store.close().await;
    drop(store);
    assert_eq!(store::migrate(&url).await.unwrap(), again);
    let store = database.open_headquarters(START).await;
    assert!(store.identity().await.unwrap() == identity, "what is in it stays");
    assert_eq!(store.setup().await.unwrap(), setup);
    store.close().await;
    database.remove().await;
}

async fn a_database_for_newer_programs_is_refused(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    store::migrate(&database.parsed()).await.unwrap();
    database.execute("UPDATE schema_version SET version = 9, oldest_program = 8").await;
    let parts = [&*database.url_shown(), "schema version 9", "newer csu", "update"];
    assert_says(&text(database.try_open_headquarters(START).await), &parts);
    assert_says(&text(store::migrate(&database.parsed()).await), &parts);
    assert_eq!(database.number("SELECT count(*) FROM headquarters").await, 0, "nothing is written");
    database.remove().await;
}

/// While replicas of two releases run side by side.
async fn a_newer_database_that_this_program_can_use_opens(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let identity = store.identity().await.unwrap();
    store.close().await;
    drop(store);
    database.execute("UPDATE schema_version SET version = 9, oldest_program = 1").await;
    database.execute("ALTER TABLE customer ADD COLUMN of_the_next_release text").await;
    let store = database.open_headquarters(START).await;
    assert!(store.identity().await.unwrap() == identity);
    store.close().await;
    drop(store);
    let report = store::migrate(&database.parsed()).await.unwrap();
    assert_eq!(report, MigrationReport { from: 9, to: 9 }, "nothing is taken back");
    database.remove().await;
}

async fn a_migrated_database_says_which_programs_can_use_it(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    database.open_headquarters(START).await.close().await;
    assert_eq!(database.number("SELECT version FROM schema_version").await, VERSION);
    let oldest = database.number("SELECT oldest_program FROM schema_version").await;
    assert!((1..=VERSION).contains(&oldest));
    let applied = database.number("SELECT max(version) FROM _sqlx_migrations").await;
    assert_eq!(applied, VERSION, "schema_version is of the newest migration");
    database.remove().await;
}

#[tokio::test]
async fn postgresql_is_migrated_by_command_alone() {
    let database = Database::empty(Engine::Postgres).await;
    let refused = text(database.try_open_headquarters(START).await);
    let command = format!("csu migrate --headquarters-database {}", database.url_shown());
    assert_says(&refused, &["schema version 0", &format!("needs {VERSION}"), &command]);
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()";
    assert_eq!(database.number(tables).await, 0, "nothing is left behind");
    store::migrate(&database.parsed()).await.unwrap();
    database.open_headquarters(START).await.close().await;
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
        &format!("csu migrate --headquarters-database {}", database.url_shown()),
    ];
    assert_says(&text(database.try_open_headquarters(START).await), &parts);
    assert_says(&text(store::migrate(&database.parsed()).await), &parts);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_may_migrate_at_once() {
    let database = Database::empty(Engine::Postgres).await;
    let url = database.parsed();
    let reports = futures::future::join_all((0..6).map(|_| store::migrate(&url))).await;
    for report in reports {
        assert_eq!(report.expect("migrated").to, VERSION);
    }
    assert_eq!(database.number("SELECT count(*) FROM schema_version").await, 1);
    database.open_headquarters(START).await.close().await;
    database.remove().await;
}
