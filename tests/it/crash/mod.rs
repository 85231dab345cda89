//! The unit killed under load, again and again: what was acknowledged is there, once; what was not can be repeated.

#![expect(clippy::print_stdout, reason = "progress, for whoever watches")]

mod exchange;
mod till;

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use tokio::task::JoinSet;

use crate::harness::{
    Database, Engine, invariants,
    process::{self, Process},
    replica::Clients,
    wait,
};
use till::Till;

crate::on_both_engines!(killed_under_load_twenty_times);

const ROUNDS: usize = 20;
/// They call all at once.
const TILLS: usize = 8;

/// The replicas of one database. On SQLite there is one. Their headquarters is never killed: it is asked what became of
/// a write that they don't know.
struct Replicas {
    database: Database,
    running: Vec<Option<Process>>,
    headquarters: (Database, Process),
}

impl Replicas {
    async fn new(engine: Engine) -> Self {
        let count = match engine {
            Engine::Sqlite => 1,
            Engine::Postgres => 2,
        };
        let database = Database::new_headquarters(Engine::Sqlite).await;
        // By hand: the answers that are compared hold how far a write has come.
        let mut serving = process::serve_headquarters(&database.url);
        serving.args(["--jobs", "manual"]);
        let process = Process::start(serving).await;
        Self {
            database: Database::new(engine).await,
            running: (0..count).map(|_| None).collect(),
            headquarters: (database, process),
        }
    }

    /// Starts those that don't run.
    async fn start(&mut self) {
        let (url, headquarters) = (&self.database.url, &self.headquarters.1);
        let dead = self.running.iter_mut().filter(|process| process.is_none());
        let starting = dead.map(async |process| {
            *process = Some(Process::start(process::serve_with(url, headquarters)).await);
        });
        futures::future::join_all(starting).await;
    }

    /// Of those that run.
    async fn clients(&self) -> Vec<Arc<Clients>> {
        let connecting = self.running.iter().flatten().map(Process::connect);
        futures::future::join_all(connecting).await.into_iter().map(Arc::new).collect()
    }

    /// One of them, the other or both, as the rounds go.
    async fn kill(&mut self, round: usize) -> usize {
        let count = self.running.len();
        let both = round % (count + 1) == count;
        let killing = self.running.iter_mut().enumerate().filter_map(|(index, process)| {
            (both || index == round % (count + 1)).then(|| process.take()).flatten()
        });
        let killing: Vec<_> = killing.map(Process::kill).collect();
        let killed = killing.len();
        futures::future::join_all(killing).await;
        killed
    }

    async fn stop(self) -> Database {
        for process in self.running.into_iter().flatten() {
            process.stop().await;
        }
        self.headquarters.1.stop().await;
        self.database
    }
}

async fn killed_under_load_twenty_times(engine: Engine) {
    let mut replicas = Replicas::new(engine).await;
    let mut tills: Vec<_> = (0..TILLS).map(Till::new).collect();
    let (mut acknowledged, mut in_doubt, mut performed) = (0, 0, 0);
    replicas.start().await;
    for round in 0..ROUNDS {
        let clients = replicas.clients().await;
        // From one call to many before the end.
        let calls = 1 + (round * 53) % 120;
        let (answers, over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let mut load = JoinSet::new();
        for (number, mut till) in tills.drain(..).enumerate() {
            let clients = Arc::clone(&clients[number % clients.len()]);
            let (answers, over) = (Arc::clone(&answers), Arc::clone(&over));
            load.spawn(async move {
                while !over.load(Ordering::Relaxed) && till.call(&clients).await {
                    answers.fetch_add(1, Ordering::Relaxed);
                }
                till
            });
        }
        wait::until("there is load", async || answers.load(Ordering::Relaxed) >= calls).await;
        let killed = replicas.kill(round).await;
        over.store(true, Ordering::Relaxed);
        tills = wait::bounded("the tills", load.join_all()).await;

        // At once, to a replica that is left; the database may still be at what the dead one sent.
        if replicas.clients().await.is_empty() {
            replicas.start().await;
        }
        let clients = replicas.clients().await.remove(0);
        let settling = tills.iter_mut().map(|till| till.settle(&clients));
        let settled: Vec<_> =
            futures::future::join_all(settling).await.into_iter().flatten().collect();
        replicas.start().await;
        let clients = replicas.clients().await;
        futures::future::join_all(tills.iter_mut().map(|till| till.check(&clients))).await;

        let (answers, unsure) = (answers.load(Ordering::Relaxed), settled.len());
        println!(
            "{engine:?} {round:2}: {killed} killed, {answers} acknowledged, {unsure} in doubt"
        );
        acknowledged += answers;
        in_doubt += unsure;
        performed += settled.iter().filter(|performed| **performed).count();
    }
    println!(
        "{engine:?}: {acknowledged} acknowledged and {in_doubt} in doubt, of which {performed} had been \
         performed; all are there once"
    );
    assert!(in_doubt >= ROUNDS, "a kill that nobody noticed shows nothing: {in_doubt}");

    // Long after: all of them once more, to each replica.
    let clients = replicas.clients().await;
    futures::future::join_all(tills.iter().map(|till| till.repeat_all(&clients))).await;
    let database = replicas.stop().await;
    let sent: usize = tills.iter().map(Till::sent).sum();
    let created: usize = tills.iter().map(Till::created).sum();
    assert_eq!(sent, acknowledged + in_doubt);
    for (table, rows) in [("revision", sent), ("request_record", sent), ("customer", created)] {
        let found = database.number(&format!("SELECT count(*) FROM {table}")).await;
        assert_eq!(usize::try_from(found), Ok(rows), "rows of {table}");
    }
    invariants::check(&database).await;
    database.remove().await;
}
