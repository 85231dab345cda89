//! Headquarters' writer over a store whose commits get no answer, or lose a race.

use std::sync::{Arc, Mutex};

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
    runtime::{
        clock::{Deadline, TestClock},
        task::{Task, Tasks},
    },
    storage::{StoreError, StoreResult},
    wire,
};
use uuid::Uuid;

use crate::harness::{Database, Engine, START, revisions};

crate::on_both_engines!(
    a_commit_that_was_performed_is_answered,
    a_commit_that_was_not_performed_is_not,
    a_lost_race_is_run_again,
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

/// A writer over a store whose next commit goes wrong.
struct Office {
    database: Database,
    store: SharedStore,
    writer: Writer,
    tasks: Tasks,
}

impl Office {
    async fn new(engine: Engine, fault: Fault) -> Self {
        let database = Database::new_headquarters(engine).await;
        let inner = database.open_headquarters(START).await;
        let next = Arc::new(Mutex::new(Some(fault)));
        let store: SharedStore = Arc::new(FaultyStore { inner, next });
        let clock = Arc::new(TestClock::new(START));
        let (writer, writer_loop) = writer::new(Arc::clone(&store), clock, 16);
        let tasks = Tasks::new();
        tasks.spawn(Task::Writer, writer_loop.run(tasks.shutdown_token()));
        Self { database, store, writer, tasks }
    }

    async fn perform(&self, submission: &Submission) -> Result<(String, i64), Error> {
        let deadline = Deadline::after(std::time::Duration::from_secs(30));
        let base = self.writer.perform(submission.clone(), deadline).await?;
        Ok((base.customer.account_number.expect("a number"), base.version))
    }

    async fn close(self) {
        assert!(self.tasks.drain(std::time::Duration::from_secs(30)).await);
        self.store.close().await;
        self.database.remove().await;
    }
}

fn submission() -> Submission {
    let origin = Origin { database_id: Uuid::from_u128(1), incarnation: 1 };
    let revision = revisions::create("Berg");
    wire::submission(Method::CreateCustomer, origin, Some(revision)).expect("it is sound")
}

async fn a_commit_that_was_performed_is_answered(engine: Engine) {
    let office = Office::new(engine, Fault::Performed).await;
    let create = submission();
    assert_eq!(office.perform(&create).await, Ok(("C-0000001".to_owned(), 1)));
    assert_eq!(office.perform(&create).await, Ok(("C-0000001".to_owned(), 1)));
    office.close().await;
}

async fn a_commit_that_was_not_performed_is_not(engine: Engine) {
    let office = Office::new(engine, Fault::Lost).await;
    let create = submission();
    let unanswered = Err(Error::Unavailable(Unavailable::Store));
    assert_eq!(office.perform(&create).await, unanswered);
    assert_eq!(office.store.performed(create.draft.request_id).await.unwrap(), None);
    assert_eq!(office.perform(&create).await, Ok(("C-0000001".to_owned(), 1)));
    office.close().await;
}

async fn a_lost_race_is_run_again(engine: Engine) {
    let office = Office::new(engine, Fault::Raced).await;
    assert_eq!(office.perform(&submission()).await, Ok(("C-0000001".to_owned(), 1)));
    assert_eq!(office.perform(&submission()).await, Ok(("C-0000002".to_owned(), 2)));
    office.close().await;
}
