//! The writer over a store that misbehaves: whatever the database says, every write comes to exactly one answer,
//! and what is answered is so.

mod batches;
mod callers;
mod captured;
mod channel;
mod conflicts;
mod downloads;
mod failures;
mod full_packages;
mod in_doubt;
mod leases;
mod performed;
mod slots;
mod stopping;

use std::{sync::Arc, time::Duration};

use csu::{
    channel::{
        store::SharedStore,
        writer::{self, Writer},
    },
    domain::{
        error::Result,
        id::CustomerId,
        known::KnownCustomer,
        write::{Answer, Write},
    },
    runtime::{
        clock::TestClock,
        task::{Task, Tasks},
    },
};
use futures::{FutureExt as _, future::BoxFuture};

use crate::harness::{
    Database, Engine, START, WrappedStore, faulty_store::Faults, invariants, wait,
    wrapped_store::Mode, writes,
};

/// A writer with its loop, over a store whose commits can go wrong.
struct Unit {
    database: Database,
    store: Arc<WrappedStore>,
    faults: Arc<Faults>,
    writer: Writer,
    tasks: Tasks,
}

/// A write on its way.
type Answering = BoxFuture<'static, Result<Answer>>;

impl Unit {
    async fn new(engine: Engine) -> Self {
        Self::with_queue(engine, writer::DEFAULT_QUEUE).await
    }

    async fn with_queue(engine: Engine, queue: usize) -> Self {
        let database = Database::new(engine).await;
        let store = WrappedStore::around(database.open(START).await);
        let clock = Arc::new(TestClock::new(START));
        let shared = Arc::clone(&store) as SharedStore;
        let (writer, writer_loop) = writer::new(shared, clock, queue);
        let tasks = Tasks::new();
        tasks.spawn(Task::Writer, writer_loop.run(tasks.shutdown_token()));
        let faults = Arc::clone(&store.faults);
        Self { database, store, faults, writer, tasks }
    }

    /// A customer that is there before the test begins.
    async fn customer(&self, last_name: &str) -> CustomerId {
        let write = writes::create(last_name);
        self.writer.write(write.clone()).await.expect("a customer to begin with");
        write.customer_id
    }

    /// Lets the writer begin with one write and stop there, so that whatever comes next has to wait for it.
    async fn held_up(&self) -> Answering {
        let begun = self.store.begin.count();
        self.store.begin.set(Mode::Hold);
        let first = self.queue([writes::create("First")]).remove(0);
        self.store.begin.reached(begun + 1).await;
        first
    }

    fn go_on(&self) {
        self.store.begin.set(Mode::Pass);
    }

    /// Puts writes into the queue, in this order; their answers are for later.
    fn queue(&self, writes: impl IntoIterator<Item = Write>) -> Vec<Answering> {
        let put = |write: Write| -> Answering {
            let queue = self.writer.clone();
            let mut answering = async move { queue.write(write).await }.boxed();
            // The first poll puts it into the queue.
            assert!((&mut answering).now_or_never().is_none(), "it waits for its commit");
            answering
        };
        writes.into_iter().map(put).collect()
    }

    async fn answers(&self, answering: Vec<Answering>) -> Vec<Result<Answer>> {
        wait::bounded("the answers", futures::future::join_all(answering)).await
    }

    async fn read(&self, id: CustomerId) -> Option<KnownCustomer> {
        let store = Arc::clone(&self.store) as SharedStore;
        store.customers(&[id]).await.expect("a read").pop()
    }

    async fn was_performed(&self, write: &Write) -> bool {
        let store = Arc::clone(&self.store) as SharedStore;
        store.request_record(write.request_id).await.expect("a read").is_some()
    }

    /// Stops in an orderly way and checks the invariants.
    async fn close(self) {
        assert!(self.tasks.drain(Duration::from_secs(30)).await, "the writer ends by itself");
        let store = self.store as SharedStore;
        store.close().await;
        invariants::check(&self.database).await;
        self.database.remove().await;
    }
}

/// Last name of a customer as answered.
fn last_name(answer: &Answer) -> &str {
    answer.known.customer.fields.get(csu::domain::field::CustomerField::LastName)
}
