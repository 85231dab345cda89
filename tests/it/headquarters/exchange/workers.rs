//! Several processes that run the batch, and one that is killed while it does.

use std::{sync::Arc, time::Duration};

use csu::{
    domain::{job::JobMode, origin::Origin, submission::Submission, time::Timestamp},
    headquarters::{
        Headquarters,
        jobs::{Jobs, Synchronized, synchronize},
        store::SharedStore,
        writer::{self, DEFAULT_QUEUE},
    },
    proto::exchange::{CustomerFields, Revision},
    runtime::{
        clock::TestClock,
        task::{Task, Tasks},
    },
    wire,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::batch::pending;
use crate::harness::{
    Database, Engine, START, headquarters,
    revisions::{add_address, create, rename, set_group, update},
    uploads::numbered,
    wait,
};

crate::on_both_engines!(a_killed_run_is_continued);

/// A process of headquarters, without its services.
pub(super) struct Worker {
    pub(super) headquarters: Headquarters,
    tasks: Tasks,
}

impl Worker {
    async fn open(database: &Database) -> Self {
        let store = database.open_headquarters(START).await;
        Self::over(store, START.plus(Duration::from_mins(1))).await
    }

    /// Over this store, which may be wrapped to misbehave.
    pub(super) async fn over(store: SharedStore, now: Timestamp) -> Self {
        let clock = Arc::new(TestClock::new(now));
        let identity = store.identity().await.expect("it says what it is");
        let (writer, writer_loop) =
            writer::new(Arc::clone(&store), Arc::clone(&clock) as _, DEFAULT_QUEUE);
        let tasks = Tasks::new();
        tasks.spawn(Task::Writer, writer_loop.run(tasks.shutdown_token()));
        let (signals, jobs) = (writer.signals(), Jobs::new(JobMode::Manual, tasks.clone()));
        let headquarters = Headquarters { store, writer, clock, identity, signals, jobs };
        Self { headquarters, tasks }
    }

    pub(super) async fn synchronize(&self) -> Synchronized {
        synchronize(&self.headquarters, CancellationToken::new()).await.expect("it runs to its end")
    }

    async fn receive(&self, origin: Origin, revisions: Vec<Revision>) {
        let submissions: Vec<Submission> = numbered(revisions)
            .into_iter()
            .map(|it| wire::uploaded_submission(origin, it).expect("it is sound"))
            .collect();
        self.headquarters.writer.receive(origin, submissions).await.expect("it is taken");
    }

    pub(super) async fn stop(self) {
        self.tasks.drain(Duration::from_secs(30)).await;
        self.headquarters.store.close().await;
    }

    async fn kill(self) {
        self.tasks.abort().await;
        self.headquarters.store.close().await;
    }
}

/// The same numbers for the same seed.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % end
    }
}

pub(super) fn origin(number: u128) -> Origin {
    Origin { database_id: Uuid::from_u128(number), incarnation: 1 }
}

/// What one origin writes: of customers of its own, and of some that others may have created by then or not. Some
/// of it fails.
fn written(random: &mut Random, shared: &[Revision], count: usize) -> Vec<Revision> {
    let mut own: Vec<Revision> = Vec::new();
    let mut all = Vec::new();
    while all.len() < count {
        let customers = if random.below(3) == 0 { shared } else { &own };
        let seen = match customers.len() {
            0 => None,
            some => Some(pending(&customers[random.below(some)])),
        };
        let revision = match (random.below(6), seen) {
            (0 | 1, _) | (_, None) => {
                let mut create = create("Berg");
                if random.below(6) == 0 {
                    set_group(&mut create, "31");
                }
                own.push(create.clone());
                create
            }
            (2, Some(seen)) => add_address(&seen, "2 Pine Street"),
            (3, Some(seen)) => {
                let group = ["10", "30", "31"][random.below(3)];
                let customer_group = Some(group.to_owned());
                update(&seen, CustomerFields { customer_group, ..CustomerFields::default() })
            }
            (_, Some(seen)) => rename(&seen, &format!("Name{}", random.below(1_000))),
        };
        all.push(revision);
    }
    all
}

/// Ten origins with the same seed; the first one creates what all of them write.
async fn fill(worker: &Worker, count: usize) -> usize {
    let mut random = Random(20_260_101);
    let shared: Vec<_> = (0..8).map(|_| create("Shared")).collect();
    let mut sum = 0;
    for number in 1..=10 {
        let mut all = if number == 1 { shared.clone() } else { Vec::new() };
        all.extend(written(&mut random, &shared, count));
        sum += all.len();
        worker.receive(origin(number), all).await;
    }
    sum
}

async fn all_have_outcomes(database: &Database, all: usize) {
    let waiting = "SELECT count(*) FROM revision WHERE status = 'RECEIVED'";
    assert_eq!(database.number(waiting).await, 0);
    let outcomes = "SELECT count(DISTINCT version) FROM revision WHERE counter > 0";
    assert_eq!(database.number(outcomes).await, i64::try_from(all).unwrap());
    headquarters::check(database).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_runs_at_once_keep_the_order_of_each_origin() {
    let database = Database::new_headquarters(Engine::Postgres).await;
    let (one, two) = (Worker::open(&database).await, Worker::open(&database).await);
    let all = fill(&one, 40).await;
    let both = async { tokio::join!(one.synchronize(), two.synchronize()) };
    let (first, second) = wait::bounded("both runs", both).await;
    let sum = |done: Synchronized| done.synchronized + done.failed + done.parked;
    assert_eq!(sum(first) + sum(second), all, "each outcome is of one of them");
    assert!(first.failed + second.failed > 0 && first.parked + second.parked > 0);
    one.stop().await;
    two.stop().await;
    all_have_outcomes(&database, all).await;
    database.remove().await;
}

async fn a_killed_run_is_continued(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let worker = Worker::open(&database).await;
    let all = fill(&worker, 40).await;
    let some = async || {
        database.number("SELECT count(*) FROM revision WHERE version IS NOT NULL").await > 0
    };
    tokio::select! {
        _ = worker.synchronize() => {}
        () = wait::until("some have an outcome", some) => {}
    }
    worker.kill().await;
    let next = Worker::open(&database).await;
    next.synchronize().await;
    assert_eq!(next.synchronize().await, Synchronized::default());
    next.stop().await;
    all_have_outcomes(&database, all).await;
    database.remove().await;
}
