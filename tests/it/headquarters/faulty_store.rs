//! Headquarters' store, watched, with commits that get no answer or lose a race.

mod scheduler;

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use csu::{
    domain::{
        conclusion::Uploaded,
        id::{CustomerId, RequestId, RevisionId},
        merge::Record,
        origin::Origin,
        revision::Counter,
        submission::{PerformedRequest, Submission},
        time::Timestamp,
        upload::Position,
    },
    headquarters::store::{
        HeadquartersStore, Identity, RegisteredDatabase, RevisionOutcome, Rows, SharedStore,
        Standing, TakenNumbers, Transaction, VersionedSetup, WaitingRevision,
    },
    storage::{StoreError, StoreResult},
};
use uuid::Uuid;

/// How the next commit goes wrong.
#[derive(Clone, Copy)]
pub enum Fault {
    /// It is performed, and nobody says so.
    Performed,
    /// It is not, and nobody says so.
    Lost,
    /// Another one was faster.
    Raced,
}

pub struct FaultyStore {
    pub inner: SharedStore,
    pub next: Arc<Mutex<Option<Fault>>>,
    pub begun: Arc<AtomicUsize>,
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

    async fn origin(&self, origin: Origin) -> StoreResult<Position> {
        self.inner.origin(origin).await
    }

    async fn inbox(&self, limit: u32) -> StoreResult<Vec<CustomerId>> {
        self.inner.inbox(limit).await
    }

    async fn waiting(&self, customers: &[CustomerId]) -> StoreResult<Vec<WaitingRevision>> {
        self.inner.waiting(customers).await
    }

    async fn outcomes(
        &self,
        origin: Origin,
        from: i64,
        to: i64,
        limit: u32,
    ) -> StoreResult<Vec<RevisionOutcome>> {
        self.inner.outcomes(origin, from, to, limit).await
    }

    async fn changes(&self, from: i64, to: i64, limit: u32) -> StoreResult<Vec<Record>> {
        self.inner.changes(from, to, limit).await
    }

    async fn last_change(&self) -> StoreResult<i64> {
        self.inner.last_change().await
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

    async fn uploaded(
        &mut self,
        revisions: &[(Origin, Counter)],
    ) -> StoreResult<Vec<((Origin, Counter), Uploaded)>> {
        self.inner.uploaded(revisions).await
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

    async fn lock_origin(&mut self, origin: Origin) -> StoreResult<Position> {
        self.inner.lock_origin(origin).await
    }

    async fn received(
        &mut self,
        origin: Origin,
        from: Counter,
        to: Counter,
    ) -> StoreResult<Vec<(Counter, RevisionId)>> {
        self.inner.received(origin, from, to).await
    }

    async fn receive(
        &mut self,
        origin: Origin,
        submissions: &[Submission],
        received_at: Timestamp,
        position: Position,
    ) -> StoreResult<()> {
        self.inner.receive(origin, submissions, received_at, position).await
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
