//! Terminals in which a document's commands run: in a folder of their own, with the built program and grpcurl on the
//! path, and with the places that the document names put where this run has them.

use std::{
    fs::{self, File},
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use csu::runtime::ids;
use tempfile::TempDir;

use super::document::Step;
use crate::harness::{tools, wait};

/// Where the document has the unit that is started first, the PostgreSQL server, and its database.
const UNIT: &str = "127.0.0.1:50051";
const POSTGRES: &str = "127.0.0.1:5432";
const DATABASE: &str = "csu_store_1";
/// Flags of `csu serve` whose ports are the system's choice here.
const LISTEN: [&str; 2] = ["--channel-listen", "--channel-http-listen"];

pub struct Session {
    folder: TempDir,
    /// What the document says, and what it is here.
    places: Vec<(String, String)>,
    postgres_port: String,
    units: Vec<Child>,
}

impl Session {
    /// With a unit that `csu` without arguments would be.
    pub async fn begin() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(folder.path().join("bin")).expect("a folder");
        for (name, program) in [("csu", tools::csu()), ("grpcurl", tools::grpcurl())] {
            symlink(program, folder.path().join("bin").join(name)).expect("a link");
        }
        let server = tools::required("CSU_TEST_POSTGRES");
        let (_, server) = server.rsplit_once('@').expect("a user in the URL");
        let (server, _) = server.split_once('/').expect("a database in the URL");
        let (_, port) = server.rsplit_once(':').expect("a port in the URL");
        let database = format!("csu_readme_{}", ids::new_database_id().simple());
        let places =
            vec![(POSTGRES.to_owned(), server.to_owned()), (DATABASE.to_owned(), database)];
        let postgres_port = port.to_owned();
        let mut session = Self { folder, places, postgres_port, units: Vec::new() };
        let flags = LISTEN.map(|flag| format!("{flag} 127.0.0.1:0")).join(" ");
        let unit = session.serve(&format!("csu serve {flags}")).await;
        session.places.push((UNIT.to_owned(), unit));
        session
    }

    /// Runs a step and returns what it answers. Units that it starts in the background serve when this returns.
    pub async fn perform(&mut self, step: &Step) -> String {
        let is_unit = |line: &&str| line.starts_with("csu serve ") && line.ends_with(" &");
        let (units, commands): (Vec<_>, Vec<_>) = step.script.lines().partition(is_unit);
        let output = self.run(&commands.join("\n"));
        let failed = !output.status.success();
        let printed = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        let (answer, complaint) = (printed(output.stdout), printed(output.stderr));
        assert_eq!(
            failed,
            step.shown.is_error(),
            "README.md:{}:\n{}\n{answer}\n{complaint}",
            step.line,
            step.script
        );
        for unit in units {
            self.start(unit.trim_end_matches('&')).await;
        }
        if failed { complaint } else { answer }
    }

    /// Stops all units as Ctrl-C would, and removes the database.
    pub async fn end(mut self) {
        for mut unit in std::mem::take(&mut self.units) {
            let told = Command::new("kill").args(["-INT", &unit.id().to_string()]).status();
            assert!(told.expect("kill runs").success());
            wait::until("the unit ends", async || unit.try_wait().expect("a status").is_some())
                .await;
            assert!(unit.wait().expect("a status").success(), "it ends in an orderly way");
        }
        let dropped = self.run(&format!("dropdb -h 127.0.0.1 -U postgres {DATABASE}"));
        assert!(dropped.status.success(), "{}", String::from_utf8_lossy(&dropped.stderr));
    }

    /// Starts a unit; its addresses are where the document has them from now on.
    async fn start(&mut self, command: &str) {
        let mut words: Vec<_> = command.split_whitespace().map(str::to_owned).collect();
        let mut documented = None;
        for position in 1..words.len() {
            if LISTEN.contains(&words[position - 1].as_str()) {
                let address = std::mem::replace(&mut words[position], "127.0.0.1:0".to_owned());
                documented = documented.or(Some(address));
            }
        }
        let address = self.serve(&words.join(" ")).await;
        let documented = documented.expect("a unit beside the first says where it listens");
        self.places.push((documented, address));
    }

    /// Starts a unit and says where it serves.
    async fn serve(&mut self, command: &str) -> String {
        let log = self.folder.path().join(format!("unit-{}.log", self.units.len()));
        let file = File::create(&log).expect("a log");
        let mut shell = self.shell(&format!("exec {command}"));
        shell.stdout(file.try_clone().expect("a handle")).stderr(file);
        self.units.push(shell.spawn().expect("bash runs"));
        let unit = self.units.last_mut().expect("just started");
        let mut address = None;
        wait::until("the unit says where it serves", async || {
            address = greeted(&log);
            let ended = unit.try_wait().expect("a status").is_some();
            assert!(!ended, "{command}:\n{}", fs::read_to_string(&log).unwrap_or_default());
            address.is_some()
        })
        .await;
        address.expect("an address")
    }

    fn run(&self, script: &str) -> Output {
        self.shell(script).output().expect("bash runs")
    }

    /// The one place where what the document says becomes what it is here.
    fn shell(&self, script: &str) -> Command {
        let mut script = script.to_owned();
        for (documented, here) in &self.places {
            script = script.replace(documented, here);
        }
        let unit = self.places.iter().find(|(documented, _)| documented == UNIT);
        let unit = unit.map_or(UNIT, |(_, here)| here);
        let mut shell = Command::new("bash");
        shell
            .args(["-euo", "pipefail", "-c", &script])
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .env("PATH", self.path())
            .env("PGPORT", &self.postgres_port)
            // What commands call that say no address.
            .env("CSU__CLIENT__SERVER", format!("http://{unit}"));
        shell
    }

    fn path(&self) -> String {
        let path = tools::optional("PATH").unwrap_or_default();
        format!("{}:{path}", self.folder.path().join("bin").display())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        for unit in &mut self.units {
            // Only after a failure: the end has waited for all of them.
            let _ = unit.kill();
            let _ = unit.wait();
        }
    }
}

/// The address that a unit's starting lines tell, once all of them are there.
fn greeted(log: &Path) -> Option<String> {
    let said = fs::read_to_string(PathBuf::from(log)).ok()?;
    let (said, _) = said.split_once("Try next")?;
    let line = said.lines().find_map(|line| line.trim_start().strip_prefix("gRPC "))?;
    line.split_whitespace().next().map(str::to_owned)
}
