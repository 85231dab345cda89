//! Starts that fail: a text that names what is wrong and what to do, an exit code that says whose business it is,
//! and nothing left behind.

use std::{fs, net::TcpListener};

use tokio::process::Command;

use crate::harness::{
    Database, Engine, Footprint,
    process::{self, Process, csu, run, serve},
    requests,
};

/// Something failed.
const FAILED: i32 = 1;
/// Wrong arguments or settings.
const USAGE: i32 = 2;

/// That the start fails with this code and says all of this, in few words and without a password.
async fn assert_fails(command: Command, code: i32, says: &[&str]) {
    let ended = run(command).await;
    assert_eq!(ended.status.code(), Some(code), "{ended:?}");
    for part in says {
        assert!(ended.stderr.contains(part), "{part:?} is not in: {}", ended.stderr);
    }
    assert_eq!(ended.stdout, "", "what failed is said to standard error");
    for never in ["secret", "panicked", "RUST_BACKTRACE"] {
        assert!(!ended.stderr.contains(never), "{}", ended.stderr);
    }
}

fn serve_in(data: &std::path::Path) -> Command {
    let mut command = process::serve_as("all");
    command.arg("--data").arg(data);
    command
}

#[tokio::test]
async fn a_data_folder_that_can_t_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "in the way").unwrap();
    for data in [file.clone(), file.join("below"), "/proc/csu".into()] {
        let path = data.display().to_string();
        assert_fails(serve_in(&data), FAILED, &[&path, "--data"]).await;
    }
    // The folder is fine, and what should be a database is another folder.
    for file in ["channel.db", "headquarters.db"] {
        let data = folder.path().join(format!("data for {file}"));
        fs::create_dir_all(data.join(file)).unwrap();
        let path = data.join(file).display().to_string();
        assert_fails(serve_in(&data), FAILED, &[&path]).await;
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "in the way");
}

#[tokio::test]
async fn a_port_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let port = format!("port {}", taken.local_addr().unwrap().port());
    let flags = [
        "--channel-listen",
        "--channel-http-listen",
        "--headquarters-listen",
        "--headquarters-http-listen",
    ];
    for flag in flags {
        let mut command = csu();
        command.args(["serve", flag, &address, "--data"]).arg(&data);
        for other in flags.iter().filter(|other| **other != flag) {
            command.args([other, "127.0.0.1:0"]);
        }
        assert_fails(command, FAILED, &[&address, &port, "in use", flag]).await;
        assert!(!data.exists(), "no database is made by a unit that can't serve");
    }
}

#[tokio::test]
async fn two_units_on_one_sqlite_file() {
    let database = process::stocked(Engine::Sqlite).await;
    let first = Process::start(serve(&database.url)).await;
    let path = database.folder().join("channel.db").display().to_string();
    assert_fails(serve(&database.url), FAILED, &[&path, "in use by another csu"]).await;
    let mut migrate = csu();
    migrate.args(["migrate", "--channel-database", &database.url]);
    assert_fails(migrate, FAILED, &[&path, "in use by another csu"]).await;
    // The first one is none the worse for it, and its end makes room, even a violent one.
    first.connect().await.created(requests::create()).await;
    first.kill().await;
    let second = Process::start(serve(&database.url)).await;
    second.connect().await.created(requests::create()).await;
    second.stop().await;
    assert_eq!(database.number("SELECT count(*) FROM revision").await, 2);
}

#[tokio::test]
async fn a_postgresql_database_that_is_not_there_or_not_migrated() {
    let database = Database::empty(Engine::Postgres).await;
    let (_, name) = database.url.rsplit_once('/').unwrap();
    let migrate = format!("csu migrate --channel-database {}", database.url_shown());
    let parts = ["schema version 0", &migrate];
    assert_fails(serve(&database.url), FAILED, &parts).await;
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()";
    assert_eq!(database.number(tables).await, 0, "nothing is left behind");

    // What it says to do works.
    let mut command = csu();
    command.args(["migrate", "--channel-database", &database.url]);
    let ended = run(command).await;
    assert!(ended.status.success(), "{ended:?}");
    assert!(ended.stdout.contains(&database.url_shown()), "{ended:?}");
    process::stock(&database).await;
    Process::start(serve(&database.url)).await.stop().await;

    database.remove().await;
    let createdb = format!("createdb {name}");
    assert_fails(serve(&database.url), FAILED, &["does not exist", &createdb, &migrate]).await;
    let mut command = csu();
    command.args(["migrate", "--channel-database", &database.url]);
    assert_fails(command, FAILED, &["does not exist", &createdb]).await;
}

#[tokio::test]
async fn a_server_that_is_not_there() {
    let url = format!("postgres://csu:secret@127.0.0.1:{}/channel", process::free_port());
    let shown = url.replace(":secret", "");
    assert_fails(serve(&url), FAILED, &[&shown]).await;
}

crate::on_both_engines!(a_database_that_is_too_new, a_database_of_another_name);

async fn a_database_that_is_too_new(engine: Engine) {
    let database = process::stocked(engine).await;
    database.execute("UPDATE schema_version SET version = 9, oldest_program = 9").await;
    let before = Footprint::of(&database).await;
    let parts = [&database.url_shown(), "schema version 9", "newer csu", "update the program"];
    assert_fails(serve(&database.url), FAILED, &parts).await;
    let mut migrate = csu();
    migrate.args(["migrate", "--channel-database", &database.url]);
    assert_fails(migrate, FAILED, &parts).await;
    assert_eq!(Footprint::of(&database).await, before);
    database.remove().await;
}

async fn a_database_of_another_name(engine: Engine) {
    let database = process::stocked(engine).await;
    let named = |name| {
        let mut command = serve(&database.url);
        command.args(["--database-name", name]);
        command
    };
    Process::start(named("store-1")).await.stop().await;
    let parts = ["\"store-1\"", "\"store-8\"", "--database-name"];
    assert_fails(named("store-8"), FAILED, &parts).await;
    Process::start(serve(&database.url)).await.stop().await;
    database.remove().await;
}

#[tokio::test]
async fn wrong_settings_are_named_all_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut command = csu();
    command.args(["serve", "--channel-listen", "nonsense", "--configuration-ttl", "soon"]);
    command.args(["--role", "hq", "--demo", "perhaps", "--headquarters", "hq:50052"]);
    command.args(["--log-format", "xml", "--log", "csu=loud"]);
    command.args(["--channel-database", "mysql://csu:secret@host/csu", "--data"]).arg(&data);
    command.env("CSU__CHANNEL__WRITER_QUEUE", "none");
    let parts = [
        "--channel-listen",
        "\"nonsense\"",
        "--configuration-ttl",
        "\"soon\"",
        "--role",
        "\"hq\"",
        "--demo",
        "\"perhaps\"",
        "--headquarters",
        "\"hq:50052\"",
        "--log-format",
        "\"xml\"",
        "--log",
        "\"csu=loud\"",
        "--channel-database",
        "postgres://",
        "CSU__CHANNEL__WRITER_QUEUE",
        "\"none\"",
    ];
    assert_fails(command, USAGE, &parts).await;
    assert!(!data.exists(), "nothing is left behind");

    let mut command = csu();
    command.args(["serve", "--no-such-flag"]);
    assert_fails(command, USAGE, &["--no-such-flag"]).await;
    let mut command = csu();
    command.args(["serve", "--data"]).arg(&data).env("CSU__CHANNEL__LISTENN", "127.0.0.1:1");
    assert_fails(command, USAGE, &["CSU__CHANNEL__LISTENN"]).await;
}
