//! A PostgreSQL server of one test's own, where the test changes what belongs to the whole server: its settings, or
//! the number of its flushes.

use std::{
    fs::{self, File},
    io::Write as _,
    os::unix::fs::{MetadataExt as _, chown},
    path::{Path, PathBuf},
    process::Stdio,
};

use sqlx::{Connection as _, PgConnection};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use super::{
    flushes::FlushCounter,
    process::{free_port, signal},
    tools, wait,
};

pub struct PostgresServer {
    child: Child,
    pub flushes: FlushCounter,
    port: u16,
    folder: TempDir,
}

/// Nothing flushes but the commits of clients, as far as that can be set.
const QUIET: &[&str] = &[
    "fsync=on",
    "synchronous_commit=on",
    "full_page_writes=on",
    "wal_sync_method=fdatasync",
    "autovacuum=off",
    "checkpoint_timeout=1h",
    "wal_writer_delay=10s",
    "bgwriter_lru_maxpages=0",
    "listen_addresses='127.0.0.1'",
    "shared_buffers=32MB",
];

impl PostgresServer {
    /// A server with the settings of [`QUIET`], under the library that counts flushes.
    pub async fn start() -> Self {
        let programs = programs().await;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let flushes = FlushCounter::new(folder.path());
        let library = folder.path().join("flush_counter.so");
        fs::copy(tools::required("CSU_TEST_FLUSH_SHIM"), &library).expect("the library");
        let user = user();
        for path in [folder.path(), flushes.file()] {
            chown(path, user, user).expect("the server's user owns its folder");
        }
        let data = folder.path().join("data");
        make(&programs, &data, user).await;
        configure(&data, folder.path());

        for _ in 0..10 {
            let port = free_port();
            let log = folder.path().join("log");
            let output = File::create(&log).expect("a log");
            let mut command = as_user(&programs.join("postgres"), user);
            command.arg("-D").arg(&data).args(["-p", &port.to_string()]);
            command
                .envs(flushes.environment())
                .env("LD_PRELOAD", &library)
                .stdout(output.try_clone().expect("a log"))
                .stderr(output);
            let mut child = command.spawn().expect("the server");
            let mut ended = None;
            wait::until("the server is ready", async || {
                ended = child.try_wait().expect("the server's state");
                let state = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
                ended.is_some() || state.lines().nth(7).is_some_and(|it| it.starts_with("ready"))
            })
            .await;
            if ended.is_none() {
                return Self { child, flushes, port, folder };
            }
            let log = fs::read_to_string(&log).unwrap_or_default();
            assert!(log.contains("Address already in use"), "the server did not start:\n{log}");
        }
        panic!("no port stayed free");
    }

    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    pub async fn execute(&self, statement: &str) {
        let mut admin = PgConnection::connect(&self.url("postgres")).await.expect("the server");
        let statement = sqlx::AssertSqlSafe(statement.to_owned());
        sqlx::query(statement).execute(&mut admin).await.expect("a statement");
    }

    /// Changes one of the server's settings, and waits until new connections see it.
    pub async fn set(&self, setting: &str, value: &str) {
        self.execute(&format!("ALTER SYSTEM SET {setting} = {value}")).await;
        self.execute("SELECT pg_reload_conf()").await;
        wait::until("the setting has changed", async || {
            let mut client =
                PgConnection::connect(&self.url("postgres")).await.expect("the server");
            let query = format!("SELECT current_setting('{setting}') = '{value}'");
            let query = sqlx::query_scalar(sqlx::AssertSqlSafe(query));
            query.fetch_one(&mut client).await.expect("the setting")
        })
        .await;
    }

    /// At once and without a last checkpoint: it is thrown away.
    pub async fn stop(mut self) {
        let id = self.child.id().expect("the server runs");
        signal("QUIT", id);
        wait::bounded("the server's end", self.child.wait()).await.expect("the server's end");
        drop(self.folder);
    }
}

/// The folder of the programs that the test server was started from.
async fn programs() -> PathBuf {
    let mut server = PgConnection::connect(&tools::required("CSU_TEST_POSTGRES"))
        .await
        .expect("the test server");
    let query = "SELECT setting FROM pg_config WHERE name = 'BINDIR'";
    let folder: String =
        sqlx::query_scalar(query).fetch_one(&mut server).await.expect("where it is");
    PathBuf::from(folder)
}

fn configure(data: &Path, sockets: &Path) {
    let mut settings = fs::OpenOptions::new()
        .append(true)
        .open(data.join("postgresql.conf"))
        .expect("the server's settings");
    for setting in QUIET {
        writeln!(settings, "{setting}").expect("a setting");
    }
    writeln!(settings, "unix_socket_directories='{}'", sockets.display()).expect("a setting");
}

/// Whom the server runs as, which refuses to be root.
fn user() -> Option<u32> {
    if fs::metadata("/proc/self").expect("this process").uid() != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").expect("the users");
    let id = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        line.split(':').nth(2)?.parse().ok()
    };
    Some(id("postgres").or(id("nobody")).expect("a user for the server"))
}

/// A program that ends when this one does, however that ends.
fn as_user(program: &Path, user: Option<u32>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "QUIT"]);
    if let Some(user) = user {
        let (user, group) = (format!("--reuid={user}"), format!("--regid={user}"));
        command.args([&user, &group, "--clear-groups"]);
    }
    command.arg(program).stdin(Stdio::null()).current_dir("/");
    command
}

async fn make(programs: &Path, data: &Path, user: Option<u32>) {
    let made = as_user(&programs.join("initdb"), user)
        .arg("--pgdata")
        .arg(data)
        .args(["--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8"])
        .args(["--locale=C.UTF-8"])
        .output()
        .await
        .expect("initdb");
    assert!(made.status.success(), "initdb failed: {}", String::from_utf8_lossy(&made.stderr));
}
