//! No answer before its flush. Killing a process can't show a missing fsync, as the system keeps what was written;
//! counting flushes can. That the count would show one is shown too: by a store that answers early.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use csu::{
    channel::{store::SharedStore, writer},
    runtime::{
        clock::TestClock,
        task::{Task, Tasks},
    },
};
use tokio::process::Command;

use crate::harness::{
    Database, Engine, START, WrappedStore,
    faulty_store::Fault,
    flushes::FlushCounter,
    postgres_server::PostgresServer,
    process::{self, Process},
    requests, tools, wait, writes,
};

crate::on_both_engines!(
    every_answer_of_the_program_follows_a_flush,
    concurrent_answers_share_flushes,
    a_store_that_answers_early_is_caught,
);

/// Writes sent one after the other.
const WRITES: usize = 50;

/// Which of the requests, sent one after the other, were answered with no flush between question and answer.
/// `settled` returns when all that was sent is written, so that a late flush of one is none of the next.
async fn answered_early(
    flushes: &FlushCounter,
    mut send: impl AsyncFnMut(usize),
    mut settled: impl AsyncFnMut(usize),
) -> Vec<usize> {
    let mut early = Vec::new();
    for number in 0..WRITES {
        let before = flushes.count();
        send(number).await;
        if flushes.count() == before {
            early.push(number);
        }
        settled(number).await;
    }
    early
}

/// A database whose flushes can be counted.
struct Counted {
    database: Database,
    flushes: FlushCounter,
    /// PostgreSQL: whose flushes are counted. Nobody else uses it.
    server: Option<PostgresServer>,
}

impl Counted {
    /// SQLite's flushes are those of the process that has the file open.
    async fn new(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => {
                let database = process::stocked(engine).await;
                let flushes = FlushCounter::new(database.folder());
                Self { database, flushes, server: None }
            }
            Engine::Postgres => {
                let server = PostgresServer::start().await;
                let database = Database::empty_on(&server.url("postgres")).await.migrated().await;
                process::stock(&database).await;
                let flushes = FlushCounter::at(server.flushes.file());
                Self { database, flushes, server: Some(server) }
            }
        }
    }

    /// The program on this database, counted.
    async fn serve(&self) -> Process {
        let mut command = process::serve(&self.database.url);
        if self.server.is_none() {
            command.envs(self.flushes.environment());
        }
        Process::start(command).await
    }

    async fn close(self) {
        if let Some(server) = self.server {
            server.stop().await;
        }
    }
}

async fn every_answer_of_the_program_follows_a_flush(engine: Engine) {
    let counted = Counted::new(engine).await;
    let unit = counted.serve().await;
    let clients = unit.connect().await;
    let mut customer = clients.created(requests::create()).await;
    let send = async |number: usize| match number % 3 {
        0 => customer = clients.created(requests::create()).await,
        1 => {
            customer.last_name = format!("Berg {number}");
            let update = requests::update(customer.clone(), &["last_name"]);
            clients.update(update).await.expect("updated");
        }
        _ => {
            let street = format!("{number} Pike Place");
            let address = requests::add_address(&customer.name, &street);
            clients.add_address(address).await.expect("added");
        }
    };
    let settled = async |number: usize| {
        let rows = "SELECT count(*) FROM request_record";
        let all = i64::try_from(number).expect("a count") + 2;
        wait::until("it is written", async || counted.database.number(rows).await == all).await;
    };
    let early = answered_early(&counted.flushes, send, settled).await;
    assert!(early.is_empty(), "answered before a flush: {early:?}");
    unit.stop().await;
    counted.close().await;
}

/// That is how durability and speed go together.
async fn concurrent_answers_share_flushes(engine: Engine) {
    let counted = Counted::new(engine).await;
    let unit = counted.serve().await;
    let clients = unit.connect().await;
    clients.created(requests::create()).await;
    let before = counted.flushes.count();
    let answered = AtomicUsize::new(0);
    let create = async || {
        clients.created(requests::create()).await;
        assert!(counted.flushes.count() > before, "no flush came before this answer");
        answered.fetch_add(1, Ordering::Relaxed);
    };
    futures::future::join_all((0..200).map(|_| create())).await;
    let flushes = counted.flushes.count() - before;
    assert_eq!(answered.into_inner(), 200);
    assert!(flushes <= 100, "{flushes} flushes for 200 concurrent writes");
    unit.stop().await;
    counted.close().await;
}

/// The control: the same check passes with a store that keeps its word, and catches the one that does not.
async fn a_store_that_answers_early_is_caught(engine: Engine) {
    let counted = match (engine, tools::optional("CSU_FLUSH_COUNTER")) {
        (Engine::Sqlite, None) => {
            return again_under_the_library("sqlite::a_store_that_answers_early_is_caught").await;
        }
        (Engine::Sqlite, Some(file)) => {
            let database = Database::new(engine).await;
            Counted { database, flushes: FlushCounter::at(file), server: None }
        }
        (Engine::Postgres, _) => Counted::new(engine).await,
    };
    let store = WrappedStore::around(counted.database.open(START).await);
    let shared = Arc::clone(&store) as SharedStore;
    let clock = Arc::new(TestClock::new(START));
    // Without the upkeep of a unit, whose checkpoints flush too.
    let (writer, writer_loop) = writer::new(Arc::clone(&shared), clock, 10);
    let tasks = Tasks::new();
    tasks.spawn(Task::Writer, writer_loop.run(tasks.shutdown_token()));
    let send = async |number: usize| {
        writer.write(writes::create(&number.to_string())).await.expect("answered");
    };
    let settled = async |_| store.faults.catch_up().await;

    let early = answered_early(&counted.flushes, send, settled).await;
    assert!(early.is_empty(), "an honest store passes: {early:?}");
    store.faults.always(Fault::AnsweredEarly);
    let early = answered_early(&counted.flushes, send, settled).await;
    assert_eq!(early.len(), WRITES, "one that answers early is caught every time: {early:?}");

    let rows = counted.database.number("SELECT count(*) FROM revision").await;
    assert_eq!(usize::try_from(rows), Ok(2 * WRITES), "it did all that it promised, only later");
    assert!(tasks.drain(std::time::Duration::from_secs(30)).await);
    shared.close().await;
    counted.close().await;
}

/// Runs this test in a process of its own whose flushes are counted.
async fn again_under_the_library(test: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let flushes = FlushCounter::new(folder.path());
    let (_, module) = module_path!().split_once("::").expect("a module of the test program");
    let this = std::env::current_exe().expect("this program");
    let mut command = Command::new(this);
    command.args(["--exact", &format!("{module}::{test}"), "--nocapture"]);
    command.envs(flushes.environment());
    let ended = process::run(command).await;
    assert!(ended.status.success(), "{}\n{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains("1 passed"), "the test was there: {}", ended.stdout);
}
