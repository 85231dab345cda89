//! A channel database with its writer, as 1010 finds it, and what headquarters says.

use std::{sync::Arc, time::Duration};

use csu::{
    channel::{
        store::SharedStore,
        writer::{self, CustomersChunk, DEFAULT_QUEUE, Writer},
    },
    domain::{
        base::Base,
        field::{CustomerField, Patch},
        id::{CustomerId, RevisionId},
        known::KnownCustomer,
        outcome::{Outcome, OutcomeStatus},
        revision::Counter,
        write::{Command, Write},
    },
    runtime::{
        clock::{SharedClock, TestClock},
        task::{Task, Tasks},
    },
};

use uuid::Uuid;

use crate::harness::{Database, Engine, START, invariants, writes};

pub(super) struct Channel {
    pub(super) database: Database,
    pub(super) clock: Arc<TestClock>,
    pub(super) store: SharedStore,
    pub(super) writer: Writer,
    tasks: Tasks,
}

/// Another process on the same database; on SQLite, where there is none, another writer in this one.
pub(super) struct Replica {
    pub(super) store: SharedStore,
    pub(super) writer: Writer,
    tasks: Tasks,
}

impl Channel {
    pub(super) async fn new(engine: Engine) -> Self {
        let database = Database::new(engine).await;
        let store = database.open(START).await;
        let clock = Arc::new(TestClock::new(START));
        let Replica { store, writer, tasks } = Replica::over(store, &clock);
        Self { database, clock, store, writer, tasks }
    }

    pub(super) async fn replica(&self) -> Replica {
        let store = match self.database.engine {
            Engine::Sqlite => Arc::clone(&self.store),
            Engine::Postgres => self.database.open(START).await,
        };
        Replica::over(store, &self.clock)
    }

    pub(super) async fn customer(&self, id: CustomerId) -> KnownCustomer {
        self.store.customers(&[id]).await.unwrap().pop().expect("the customer")
    }

    /// A write that is in order.
    pub(super) async fn write(&self, write: Write) -> KnownCustomer {
        self.writer.write(write).await.expect("it is written").known
    }

    pub(super) async fn apply(&self, bases: Vec<Base>, outcomes: Vec<Outcome>) -> usize {
        self.bring(CustomersChunk { bases, outcomes, ..CustomersChunk::default() }).await
    }

    /// Outcomes are those of the revisions that are here.
    pub(super) async fn bring(&self, mut chunk: CustomersChunk) -> usize {
        for outcome in &mut chunk.outcomes {
            let id = self.store.revision_id(outcome.counter).await.unwrap();
            outcome.revision_id = id.expect("the revision is here");
        }
        self.writer.apply_customers(chunk, None).await.expect("applied")
    }

    /// The kinds of all that happened.
    pub(super) async fn events(&self) -> Vec<String> {
        self.database.texts("SELECT CAST(kind AS text) FROM event ORDER BY counter").await
    }

    pub(super) async fn close(self) {
        drop(self.writer);
        assert!(self.tasks.drain(Duration::from_secs(30)).await, "the writer ends");
        self.store.close().await;
        invariants::check(&self.database).await;
        self.database.remove().await;
    }
}

impl Replica {
    fn over(store: SharedStore, clock: &Arc<TestClock>) -> Self {
        let clock = Arc::clone(clock) as SharedClock;
        let (writer, writer_loop) = writer::new(Arc::clone(&store), clock, DEFAULT_QUEUE);
        let tasks = Tasks::new();
        tasks.spawn(Task::Writer, writer_loop.run(tasks.shutdown_token()));
        Self { store, writer, tasks }
    }

    /// Before the channel, whose file it may use.
    pub(super) async fn close(self, engine: Engine) {
        drop(self.writer);
        assert!(self.tasks.drain(Duration::from_secs(30)).await, "the writer ends");
        if engine == Engine::Postgres {
            self.store.close().await;
        }
    }
}

/// What headquarters has made of a customer as the channel shows it.
pub(super) fn base(known: &KnownCustomer, version: i64) -> Base {
    let mut customer = known.customer.clone();
    customer.account_number = Some("C-0000001".to_owned());
    Base { customer, version }
}

/// The word of headquarters' change `version`, by which the customer has what the revision wrote. `Channel::bring`
/// gives it the revision's id.
pub(super) fn done(counter: i64, version: i64) -> Outcome {
    Outcome {
        counter: Counter(counter),
        revision_id: RevisionId(Uuid::nil()),
        status: OutcomeStatus::Synchronized,
        change: version,
        version,
        error_reason: None,
    }
}

pub(super) fn discarded(counter: i64, change: i64) -> Outcome {
    Outcome { status: OutcomeStatus::Discarded, version: 0, ..done(counter, change) }
}

/// Gives a customer another first name.
pub(super) fn rename(id: CustomerId, first_name: &str) -> Write {
    let patch: Patch<_> = [(CustomerField::FirstName, first_name.to_owned())].into_iter().collect();
    writes::write(writes::request_id(), id, Command::UpdateCustomer { patch, etag: None })
}

pub(super) fn first_name(known: &KnownCustomer) -> &str {
    known.customer.fields.get(CustomerField::FirstName)
}
