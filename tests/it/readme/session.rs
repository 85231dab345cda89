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

/// Where the document has the unit and the headquarters that are started first, the PostgreSQL server, and its
/// database.
const UNIT: &str = "127.0.0.1:50051";
const HEADQUARTERS: &str = "127.0.0.1:50052";
const POSTGRES: &str = "127.0.0.1:5432";
const DATABASES: [&str; 2] = ["csu_headquarters", "csu_store_1"];
/// Flags of `csu serve` whose ports are the system's choice here.
const LISTEN: [&str; 4] = [
    "--channel-listen",
    "--channel-http-listen",
    "--headquarters-listen",
    "--headquarters-http-listen",
];

/// Where a process takes calls.
struct Places {
    unit: Option<SocketAddr>,
    headquarters: Option<SocketAddr>,
}

pub struct Session {
    folder: TempDir,
    /// What the document says, and what it is here.
    places: Vec<(String, String)>,
    postgres_port: String,
    /// The first one, and then the document's jobs; one that was killed leaves its place.
    units: Vec<Option<Process>>,
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
        let mut places = vec![(POSTGRES.to_owned(), server.to_owned())];
        for database in DATABASES {
            let here = format!("readme_{}", ids::new_database_id().simple());
            places.push((database.to_owned(), here));
        }
        let postgres_port = port.to_owned();
        let mut session = Self { folder, places, postgres_port, units: Vec::new() };
        let flags = LISTEN.map(|flag| format!("{flag} 127.0.0.1:0")).join(" ");
        let Places { unit, headquarters } = session.serve(&format!("csu serve {flags}")).await;
        session.is_here(UNIT, unit);
        session.is_here(HEADQUARTERS, headquarters);
        session
    }

    /// Runs a step and returns what it answers. Units that it starts in the background serve when this returns.
    pub async fn perform(&mut self, step: &Step) -> String {
        let is_unit = |line: &&str| line.starts_with("csu serve ") && line.ends_with(" &");
        let (units, commands): (Vec<_>, Vec<_>) = step.script.lines().partition(is_unit);
        let (kills, commands): (Vec<_>, Vec<_>) =
            commands.into_iter().partition(|line| line.starts_with("kill %"));
        for kill in kills {
            let job: usize = kill.trim_start_matches("kill %").parse().expect("a job's number");
            self.units[job].take().expect("a job that runs").stop().await;
        }
        let ended = process::run(self.shell(&commands.join("\n"))).await;
        let failed = !ended.status.success();
        assert_eq!(failed, step.shown.is_error(), "README.md:{}: {ended:?}", step.line);
        for unit in units {
            self.start(unit.trim_end_matches('&')).await;
        }
        if failed { ended.stderr } else { ended.stdout }
    }

    /// Stops all units in an orderly way, and removes the databases.
    pub async fn end(mut self) {
        for unit in std::mem::take(&mut self.units).into_iter().flatten() {
            unit.stop().await;
        }
        for database in DATABASES {
            let dropped = self.shell(&format!("dropdb -h 127.0.0.1 -U postgres {database}"));
            let dropped = process::run(dropped).await;
            assert!(dropped.status.success(), "{dropped:?}");
        }
    }

    /// Starts a unit, headquarters or both; their addresses are where the document has them from now on.
    async fn start(&mut self, command: &str) {
        let mut words: Vec<_> = command.split_whitespace().map(str::to_owned).collect();
        let mut documented = Vec::new();
        for position in 1..words.len() {
            let flag = LISTEN.iter().find(|flag| **flag == words[position - 1]);
            if let Some(flag) = flag {
                let address = std::mem::replace(&mut words[position], "127.0.0.1:0".to_owned());
                documented.push((*flag, address));
            }
        }
        let Places { unit, headquarters } = self.serve(&words.join(" ")).await;
        assert!(!documented.is_empty(), "who is beside the first says where it listens: {command}");
        for (flag, address) in documented {
            match flag {
                "--channel-listen" => self.is_here(&address, unit),
                "--headquarters-listen" => self.is_here(&address, headquarters),
                _ => {}
            }
        }
    }

    async fn serve(&mut self, command: &str) -> Places {
        let process = Process::start(self.shell(&format!("exec {command}"))).await;
        let headquarters = process.headquarters.map(|served| served.grpc);
        let places = Places { unit: Some(process.grpc), headquarters };
        self.units.push(Some(process));
        places
    }

    fn is_here(&mut self, documented: &str, address: Option<SocketAddr>) {
        let address = address.expect("a part that says where it listens is served");
        self.places.push((documented.to_owned(), address.to_string()));
    }

    /// The one place where what the document says becomes what it is here.
    fn shell(&self, script: &str) -> Command {
        let mut script = script.to_owned();
        for (documented, here) in &self.places {
            script = script.replace(documented, here);
        }
        let here = |place: &'static str| {
            let found = self.places.iter().find(|(documented, _)| documented == place);
            format!("http://{}", found.map_or(place, |(_, here)| here))
        };
        let path = tools::optional("PATH").unwrap_or_default();
        let mut shell = Command::new("bash");
        shell
            .args(["-euo", "pipefail", "-c", &script])
            .current_dir(self.folder.path())
            .env("PATH", format!("{}:{path}", self.folder.path().join("bin").display()))
            .env("PGPORT", &self.postgres_port)
            // What commands call that say no address.
            .env("CSU__CLIENT__SERVER", here(UNIT))
            .env("CSU__CLIENT__HEADQUARTERS", here(HEADQUARTERS))
            .stdin(Stdio::null())
            .kill_on_drop(true);
        shell
    }
}
