//! Terminals in which a document's commands run: in a folder of their own, with the built program and grpcurl on the
//! path, and with the places that the document names put where this run has them.

use std::{fs, net::SocketAddr, os::unix::fs::symlink, process::Stdio};

use csu::runtime::ids;
use tempfile::TempDir;
use tokio::process::Command;

use super::document::Step;
use crate::harness::{
    process::{self, Process},
    tools,
};

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
    units: Vec<Process>,
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
        session.places.push((UNIT.to_owned(), unit.to_string()));
        session
    }

    /// Runs a step and returns what it answers. Units that it starts in the background serve when this returns.
    pub async fn perform(&mut self, step: &Step) -> String {
        let is_unit = |line: &&str| line.starts_with("csu serve ") && line.ends_with(" &");
        let (units, commands): (Vec<_>, Vec<_>) = step.script.lines().partition(is_unit);
        let ended = process::run(self.shell(&commands.join("\n"))).await;
        let failed = !ended.status.success();
        assert_eq!(failed, step.shown.is_error(), "README.md:{}: {ended:?}", step.line);
        for unit in units {
            self.start(unit.trim_end_matches('&')).await;
        }
        if failed { ended.stderr } else { ended.stdout }
    }

    /// Stops all units in an orderly way, and removes the database.
    pub async fn end(mut self) {
        for unit in std::mem::take(&mut self.units) {
            unit.stop().await;
        }
        let dropped = self.shell(&format!("dropdb -h 127.0.0.1 -U postgres {DATABASE}"));
        let dropped = process::run(dropped).await;
        assert!(dropped.status.success(), "{dropped:?}");
    }

    /// Starts a unit; its address is where the document has it from now on.
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
        self.places.push((documented, address.to_string()));
    }

    async fn serve(&mut self, command: &str) -> SocketAddr {
        let unit = Process::start(self.shell(&format!("exec {command}"))).await;
        let address = unit.grpc;
        self.units.push(unit);
        address
    }

    /// The one place where what the document says becomes what it is here.
    fn shell(&self, script: &str) -> Command {
        let mut script = script.to_owned();
        for (documented, here) in &self.places {
            script = script.replace(documented, here);
        }
        let unit = self.places.iter().find(|(documented, _)| documented == UNIT);
        let unit = unit.map_or(UNIT, |(_, here)| here);
        let path = tools::optional("PATH").unwrap_or_default();
        let mut shell = Command::new("bash");
        shell
            .args(["-euo", "pipefail", "-c", &script])
            .current_dir(self.folder.path())
            .env("PATH", format!("{}:{path}", self.folder.path().join("bin").display()))
            .env("PGPORT", &self.postgres_port)
            // What commands call that say no address.
            .env("CSU__CLIENT__SERVER", format!("http://{unit}"))
            .stdin(Stdio::null())
            .kill_on_drop(true);
        shell
    }
}
