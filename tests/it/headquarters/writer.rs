//! Headquarters' writer over a store that is watched, and whose commits get no answer or lose a race.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    time::Duration,
};

use async_trait::async_trait;
use csu::{
    domain::{
        error::{Error, Unavailable},
        id::{CustomerId, RequestId},
        merge::Record,
        origin::Origin,
        submission::{PerformedRequest, Submission},
        write::Method,
    },
    headquarters::{
        store::{
            HeadquartersStore, Identity, RegisteredDatabase, Rows, SharedStore, Standing,
            TakenNumbers, Transaction, VersionedSetup,
        },
        writer::{self, Writer},
    },
    proto::exchange::Revision,
    runtime::{
        clock::{Deadline, TestClock},
        task::{Task, Tasks},
    },
    storage::{StoreError, StoreResult},
    wire,
};
use futures::{FutureExt as _, future::join_all};
use uuid::Uuid;

use crate::harness::{Database, Engine, START, revisions};

crate::on_both_engines!(
    a_commit_that_was_performed_is_answered,
    a_commit_that_was_not_performed_is_not,
    a_lost_race_is_run_again,
    what_waits_together_is_one_transaction,
);

/// How the next commit goes wrong.
#[derive(Clone, Copy)]
enum Fault {
    /// It is performed, and nobody says so.
    Performed,
    /// It is not, and nobody says so.
    Lost,
    /// Another one was faster.
    Raced,
}

struct FaultyStore {
    inner: SharedStore,
    next: Arc<Mutex<Option<Fault>>>,
    begun: Arc<AtomicUsize>,
}

struct FaultyTransaction {
    inner: Box<dyn Transaction>,
    next: Arc<Mutex<Option<Fault>>>,
}

#[async_trait]
impl HeadquartersStore for FaultyStore {
    async fn identity(&self) -> StoreResult<Identity> {
        self.inner.identity().await
    }

    async fn records(&self, ids: &[CustomerId]) -> StoreResult<Vec<Record>> {
        self.inner.records(ids).await
    }

    async fn performed(&self, id: RequestId) -> StoreResult<Option<(PerformedRequest, Record)>> {
        self.inner.performed(id).await
    }

    async fn standing(&self, origin: Origin, channel: &str) -> StoreResult<Standing> {
        self.inner.standing(origin, channel).await
    }

    async fn setup(&self) -> StoreResult<VersionedSetup> {
        self.inner.setup().await
    }

    async fn databases(&self) -> StoreResult<Vec<RegisteredDatabase>> {
        self.inner.databases().await
    }

    async fn begin(&self) -> StoreResult<Box<dyn Transaction>> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        let inner = self.inner.begin().await?;
        Ok(Box::new(FaultyTransaction { inner, next: Arc::clone(&self.next) }))
    }

    async fn checkpoint(&self) -> StoreResult<()> {
        self.inner.checkpoint().await
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}

#[async_trait]
impl Transaction for FaultyTransaction {
    async fn lock_customers(&mut self, ids: &[CustomerId]) -> StoreResult<Vec<CustomerId>> {
        self.inner.lock_customers(ids).await
    }

    async fn records(&mut self, ids: &[CustomerId]) -> StoreResult<Vec<Record>> {
        self.inner.records(ids).await
    }

    async fn performed(
        &mut self,
        ids: &[RequestId],
    ) -> StoreResult<Vec<(RequestId, PerformedRequest)>> {
        self.inner.performed(ids).await
    }

    async fn customer_groups(&mut self, codes: &[String]) -> StoreResult<Vec<String>> {
        self.inner.customer_groups(codes).await
    }

    async fn take_numbers(&mut self, count: u32) -> StoreResult<TakenNumbers> {
        self.inner.take_numbers(count).await
    }

    async fn take_changes(&mut self, count: u32) -> StoreResult<i64> {
        self.inner.take_changes(count).await
    }

    async fn insert(&mut self, rows: &Rows<'_>) -> StoreResult<()> {
        self.inner.insert(rows).await
    }

    async fn lock_setup(&mut self) -> StoreResult<VersionedSetup> {
        self.inner.lock_setup().await
    }

    async fn change_setup(
        &mut self,
        before: &VersionedSetup,
        after: &VersionedSetup,
    ) -> StoreResult<()> {
        self.inner.change_setup(before, after).await
    }

    async fn lock_registrations(
        &mut self,
        name: &str,
        database_id: Uuid,
    ) -> StoreResult<Vec<RegisteredDatabase>> {
        self.inner.lock_registrations(name, database_id).await
    }

    async fn register(&mut self, database: &RegisteredDatabase) -> StoreResult<()> {
        self.inner.register(database).await
    }

    async fn commit(self: Box<Self>) -> StoreResult<()> {
        let fault = self.next.lock().expect("no panic").take();
        let unanswered = || Err(StoreError::InDoubt("a test".to_owned()));
        match fault {
            None => self.inner.commit().await,
            Some(Fault::Performed) => self.inner.commit().await.and_then(|()| unanswered()),
            Some(Fault::Lost) => unanswered(),
            Some(Fault::Raced) => Err(StoreError::Conflict),
        }
    }
}

/// A writer over such a store.
struct Office {
    database: Database,
    store: SharedStore,
    writer: Writer,
    tasks: Tasks,
    /// Transactions so far.
    begun: Arc<AtomicUsize>,
}

impl Office {
    async fn new(engine: Engine, next: Option<Fault>) -> Self {
        let database = Database::new_headquarters(engine).await;
        let inner = database.open_headquarters(START).await;
        let (next, begun) = (Arc::new(Mutex::new(next)), Arc::new(AtomicUsize::new(0)));
        let faulty = FaultyStore { inner, next, begun: Arc::clone(&begun) };
        let store: SharedStore = Arc::new(faulty);
        let clock = Arc::new(TestClock::new(START));
        let (writer, writer_loop) = writer::new(Arc::clone(&store), clock, 64);
        let tasks = Tasks::new();
        tasks.spawn(Task::Writer, writer_loop.run(tasks.shutdown_token()));
        Self { database, store, writer, tasks, begun }
    }

    async fn perform(&self, submission: &Submission) -> Result<(String, i64), Error> {
        let deadline = Deadline::after(Duration::from_secs(30));
        let base = self.writer.perform(submission.clone(), deadline).await?;
        Ok((base.customer.account_number.expect("a number"), base.version))
    }

    async fn close(self) {
        assert!(self.tasks.drain(Duration::from_secs(30)).await);
        self.store.close().await;
        self.database.remove().await;
    }
}

fn submission() -> Submission {
    submission_of(revisions::create("Berg"))
}

fn submission_of(revision: Revision) -> Submission {
    let origin = Origin { database_id: Uuid::from_u128(1), incarnation: 1 };
    wire::submission(Method::CreateCustomer, origin, Some(revision)).expect("it is sound")
}

async fn a_commit_that_was_performed_is_answered(engine: Engine) {
    let office = Office::new(engine, Some(Fault::Performed)).await;
    let create = submission();
    assert_eq!(office.perform(&create).await, Ok(("C-0000001".to_owned(), 1)));
    assert_eq!(office.perform(&create).await, Ok(("C-0000001".to_owned(), 1)));
    office.close().await;
}

async fn a_commit_that_was_not_performed_is_not(engine: Engine) {
    let office = Office::new(engine, Some(Fault::Lost)).await;
    let create = submission();
    let unanswered = Err(Error::Unavailable(Unavailable::Store));
    assert_eq!(office.perform(&create).await, unanswered);
    assert_eq!(office.store.performed(create.draft.request_id).await.unwrap(), None);
    assert_eq!(office.perform(&create).await, Ok(("C-0000001".to_owned(), 1)));
    office.close().await;
}

async fn a_lost_race_is_run_again(engine: Engine) {
    let office = Office::new(engine, Some(Fault::Raced)).await;
    assert_eq!(office.perform(&submission()).await, Ok(("C-0000001".to_owned(), 1)));
    assert_eq!(office.perform(&submission()).await, Ok(("C-0000002".to_owned(), 2)));
    office.close().await;
}

async fn what_waits_together_is_one_transaction(engine: Engine) {
    let office = Office::new(engine, None).await;
    let (held, holds) = tokio::sync::oneshot::channel();
    let (release, released) = mpsc::channel::<()>();
    let busy = office.writer.change_setup(move |_| {
        held.send(()).expect("the test waits");
        tokio::task::block_in_place(|| released.recv()).expect("the test goes on");
        Ok(())
    });
    let mut creates: Vec<_> = (0..30).map(|_| submission()).collect();
    let mut unknown = revisions::create("Dahl");
    revisions::set_group(&mut unknown, "31");
    creates.insert(10, submission_of(unknown));
    let story = async {
        holds.await.expect("the writer is held");
        let mut calls: Vec<_> = creates.iter().map(|it| Box::pin(office.perform(it))).collect();
        for call in &mut calls {
            // The first poll puts it into the queue.
            assert!(call.now_or_never().is_none(), "it waits for its commit");
        }
        release.send(()).expect("the writer waits");
        join_all(calls).await
    };
    let (changed, mut answers) = tokio::join!(busy, story);
    changed.expect("nothing to change");
    // Who is refused takes neither number nor version, and holds up nobody.
    let refused = Err(Error::CustomerGroupNotFound { code: "31".to_owned() });
    assert_eq!(answers.remove(10), refused);
    let expected: Vec<_> = (1..=30).map(|count| Ok((format!("C-{count:07}"), count))).collect();
    assert_eq!(answers, expected);
    assert_eq!(office.begun.load(Ordering::SeqCst), 2, "the setup's, and one for all the others");
    office.close().await;
}
