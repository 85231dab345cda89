//! A headquarters and the units of two channel databases, each a process that can be killed.

use std::{net::SocketAddr, time::Duration};

use tokio::{net::TcpListener, process::Command};

use super::random::Random;
use crate::harness::{
    Database, Engine,
    process::{self, Process},
    replica::Clients,
    wait,
};

/// Between two looks at the databases: the looks should not slow down what they wait for.
const PACE: Duration = Duration::from_millis(50);
/// Ports that the system gives to nobody who asks for any.
const PORTS: (u16, usize) = (20_000, 10_000);
/// The channel that `store-2` serves.
pub const SECOND_CHANNEL: &str = "PORTLAND";

/// A process that is there again at its address after each death.
pub struct Member {
    pub name: &'static str,
    pub database: Database,
    pub address: SocketAddr,
    headquarters: Option<String>,
    running: Option<Process>,
}

pub struct Company {
    /// Headquarters, `store-1` with HOUSTON and SEATTLE, and `store-2` with PORTLAND.
    pub members: [Member; 3],
}

impl Member {
    async fn start(&mut self) {
        self.running = Some(Process::start(self.command()).await);
    }

    fn command(&self) -> Command {
        let mut command = process::csu();
        let (database, address) = (&self.database.url, self.address.to_string());
        let free = "127.0.0.1:0";
        match &self.headquarters {
            None => {
                command.args(["serve", "--role", "headquarters", "--demo", "true"]);
                command.args(["--headquarters-database", database]);
                command.args([
                    "--headquarters-listen",
                    &address,
                    "--headquarters-http-listen",
                    free,
                ]);
            }
            Some(url) => {
                command.args(["serve", "--role", "channel", "--database-name", self.name]);
                command.args(["--channel-database", database, "--headquarters", url]);
                command.args(["--channel-listen", &address, "--channel-http-listen", free]);
            }
        }
        command
    }

    /// Kills it and starts it again at once; now and then it dies once more on its way up.
    pub async fn die(&mut self, random: &mut Random) {
        self.running.take().expect("it runs").kill().await;
        if random.below(4) == 0 {
            let starting = Process::spawn(self.command());
            tokio::time::sleep(Duration::from_millis(random.number_below(150))).await;
            starting.kill().await;
        }
        self.start().await;
    }

    pub fn clients(&self) -> Clients {
        Clients::towards(self.address)
    }

    async fn stop(&mut self) {
        self.running.take().expect("it runs").stop().await;
    }

    /// The last lines of its log.
    fn log(&self) -> String {
        let log = self.running.as_ref().map(|process| process.output().stderr());
        let log = log.unwrap_or_default();
        let lines: Vec<_> = log.lines().rev().take(15).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

impl Company {
    pub async fn start(engine: Engine, random: &mut Random) -> Self {
        let database = Database::new_headquarters(engine).await;
        let mut headquarters = member("headquarters", database, random, None).await;
        headquarters.start().await;
        let url = format!("http://{}", headquarters.address);
        let mut add = process::csu();
        add.args(["channels", "add", SECOND_CHANNEL, "--database", "store-2"]);
        add.args(["--profile", "async"]).env("CSU__CLIENT__HEADQUARTERS", &url);
        let added = process::run(add).await;
        assert!(added.status.success(), "{added:?}");
        let mut members = vec![headquarters];
        for name in ["store-1", "store-2"] {
            let database = Database::new(engine).await;
            let mut unit = member(name, database, random, Some(url.clone())).await;
            unit.start().await;
            members.push(unit);
        }
        let Ok(members) = members.try_into() else { panic!("three") };
        let company = Self { members };
        for (unit, channel) in company.units().iter().zip(["SEATTLE", SECOND_CHANNEL]) {
            let clients = unit.clients();
            let serves = async || clients.configuration(channel).await.is_ok();
            wait::until("a channel is served", serves).await;
        }
        company
    }

    pub fn headquarters(&self) -> &Database {
        &self.members[0].database
    }

    pub fn units(&self) -> &[Member] {
        &self.members[1..]
    }

    /// How far everyone is: headquarters' last change, what waits there, and of each unit what it has applied and
    /// what waits.
    pub async fn progress(&self) -> (i64, i64, [(i64, i64); 2]) {
        let headquarters = self.headquarters();
        let changed = headquarters.number("SELECT change FROM counter").await;
        let received = "SELECT count(*) FROM revision WHERE status = 'RECEIVED'";
        let received = headquarters.number(received).await;
        let mut units = [(0, 0); 2];
        for (unit, known) in self.units().iter().zip(&mut units) {
            let applied = "SELECT coalesce(max(version), 0) FROM applied_job WHERE job = '1010'";
            let waiting = "SELECT count(*) FROM revision WHERE resolved_at IS NULL";
            *known = (unit.database.number(applied).await, unit.database.number(waiting).await);
        }
        (changed, received, units)
    }

    /// Waits until nothing is on its way any more. Whoever calls has stopped writing.
    pub async fn rest(&self) {
        // Each step forward has its own time: how much there is to do depends on who died when.
        loop {
            let now = self.progress().await;
            let (changed, received, units) = now;
            if received == 0 && units.iter().all(|unit| *unit == (changed, 0)) {
                return;
            }
            wait::until(&format!("{now:?} goes on"), async || {
                tokio::time::sleep(PACE).await;
                self.progress().await != now
            })
            .await;
        }
    }

    /// Stops everyone in an orderly way.
    pub async fn stop(&mut self) {
        for member in self.members.iter_mut().rev() {
            member.stop().await;
        }
    }

    pub async fn remove(&self) {
        for member in &self.members {
            member.database.remove().await;
        }
    }
}

/// A story that fails shows what the processes said last.
impl Drop for Company {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for member in &self.members {
                println!("{}:\n{}", member.name, member.log());
            }
        }
    }
}

async fn member(
    name: &'static str,
    database: Database,
    random: &mut Random,
    headquarters: Option<String>,
) -> Member {
    Member { name, database, address: address(random).await, headquarters, running: None }
}

/// One that nobody gets while its process is dead.
async fn address(random: &mut Random) -> SocketAddr {
    loop {
        let (first, count) = PORTS;
        let offset = (random.below(count) + std::process::id() as usize * 61) % count;
        let port = first + u16::try_from(offset).expect("few");
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        if TcpListener::bind(address).await.is_ok() {
            return address;
        }
    }
}
