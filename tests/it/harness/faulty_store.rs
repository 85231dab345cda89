//! Transactions that go wrong, each in the way that a test asks for.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use csu::{
    channel::store::{Applied, IdRange, Rows, Taken, Transaction},
    domain::{
        base::Base,
        configuration::{ChannelConfigurationRows, GlobalConfigurationRows},
        id::{CustomerId, RequestId},
        known::KnownCustomer,
        lease::Lease,
        outcome::{Outcome, OutcomeStatus},
        revision::{Counter, Revision, RevisionKey},
        time::Timestamp,
        write::RequestRecord,
    },
    storage::{StoreError, StoreResult},
};

use uuid::Uuid;

use super::wrapped_store::Hook;

/// What becomes of a commit.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// It is not performed, and the database says why.
    Fail(fn() -> StoreError),
    /// It is not performed, and nobody says anything, ever.
    Hang,
    /// It is not performed, and the connection breaks.
    NoAnswerNotPerformed,
    /// It is performed, and the connection breaks.
    NoAnswerPerformed,
    /// It is answered before it is performed, which happens when the next transaction begins.
    AnsweredEarly,
}

/// What goes wrong, and what went through.
pub struct Faults {
    /// Commits, before anything happens to them.
    pub commit: Hook,
    next: Mutex<VecDeque<Option<Fault>>>,
    always: Mutex<Option<Fault>>,
    bad_customers: Mutex<HashMap<CustomerId, fn() -> StoreError>>,
    committed: Mutex<Vec<Batch>>,
    answered_early: Mutex<Option<Box<dyn Transaction>>>,
}

/// What a transaction was about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    pub customers: Vec<CustomerId>,
    pub requests: Vec<RequestId>,
}

pub struct FaultyTransaction {
    inner: Box<dyn Transaction>,
    faults: Arc<Faults>,
    batch: Batch,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            commit: Hook::new(),
            next: Mutex::default(),
            always: Mutex::default(),
            bad_customers: Mutex::default(),
            committed: Mutex::default(),
            answered_early: Mutex::default(),
        }
    }
}

impl Faults {
    /// Of the next commit that is not spoken for. `None`: nothing goes wrong with it.
    pub fn next(&self, fault: impl Into<Option<Fault>>) {
        self.next.lock().unwrap().push_back(fault.into());
    }

    /// Of all commits without one of their own.
    pub fn always(&self, fault: Fault) {
        *self.always.lock().unwrap() = Some(fault);
    }

    /// Rows of this customer can't be inserted.
    pub fn refuse(&self, customer: CustomerId, error: fn() -> StoreError) {
        self.bad_customers.lock().unwrap().insert(customer, error);
    }

    pub fn accept(&self, customer: CustomerId) {
        self.bad_customers.lock().unwrap().remove(&customer);
    }

    /// The transactions that were committed with an answer, in their order.
    pub fn committed(&self) -> Vec<Batch> {
        self.committed.lock().unwrap().clone()
    }

    /// Performs the commit that was answered early.
    pub async fn catch_up(&self) {
        let late = self.answered_early.lock().unwrap().take();
        if let Some(late) = late {
            late.commit().await.expect("the commit that was promised");
        }
    }

    fn of_this_commit(&self) -> Option<Fault> {
        let next = self.next.lock().unwrap().pop_front();
        next.unwrap_or(*self.always.lock().unwrap())
    }
}

impl FaultyTransaction {
    pub fn around(inner: Box<dyn Transaction>, faults: &Arc<Faults>) -> Self {
        Self { inner, faults: Arc::clone(faults), batch: Batch::default() }
    }
}

#[async_trait]
impl Transaction for FaultyTransaction {
    async fn lock_customers(&mut self, ids: &[CustomerId]) -> StoreResult<Vec<CustomerId>> {
        self.batch.customers.extend(ids);
        self.inner.lock_customers(ids).await
    }

    async fn customers(&mut self, ids: &[CustomerId]) -> StoreResult<Vec<KnownCustomer>> {
        self.inner.customers(ids).await
    }

    async fn request_records(&mut self, ids: &[RequestId]) -> StoreResult<Vec<RequestRecord>> {
        self.batch.requests.extend(ids);
        self.inner.request_records(ids).await
    }

    async fn waiting_revisions(&mut self, ids: &[CustomerId]) -> StoreResult<Vec<Revision>> {
        self.inner.waiting_revisions(ids).await
    }

    async fn revision_keys(&mut self, counters: &[Counter]) -> StoreResult<Vec<RevisionKey>> {
        self.inner.revision_keys(counters).await
    }

    async fn bases(&mut self, ids: &[CustomerId]) -> StoreResult<Vec<Base>> {
        self.inner.bases(ids).await
    }

    async fn outcomes(
        &mut self,
        ids: &[CustomerId],
    ) -> StoreResult<Vec<(Counter, OutcomeStatus, i64)>> {
        self.inner.outcomes(ids).await
    }

    async fn take_lease(
        &mut self,
        name: &str,
        holder: Uuid,
        now: Timestamp,
        until: Timestamp,
    ) -> StoreResult<Option<Lease>> {
        self.inner.take_lease(name, holder, now, until).await
    }

    async fn hold_lease(&mut self, lease: &Lease, until: Timestamp) -> StoreResult<()> {
        self.inner.hold_lease(lease, until).await
    }

    async fn release_lease(&mut self, lease: &Lease) -> StoreResult<()> {
        self.inner.release_lease(lease).await
    }

    async fn mark_processed(&mut self, up_to: Counter, at: Timestamp) -> StoreResult<()> {
        self.inner.mark_processed(up_to, at).await
    }

    async fn absent(
        &mut self,
        range: &IdRange,
        kept: &[CustomerId],
        version: i64,
        limit: u32,
    ) -> StoreResult<Vec<CustomerId>> {
        self.inner.absent(range, kept, version, limit).await
    }

    async fn mark_uploaded(&mut self, up_to: Counter, at: Timestamp) -> StoreResult<()> {
        self.inner.mark_uploaded(up_to, at).await
    }

    async fn put_outcomes(&mut self, outcomes: &[Outcome], at: Timestamp) -> StoreResult<()> {
        self.inner.put_outcomes(outcomes, at).await
    }

    async fn set_customers_applied(&mut self, applied: Applied) -> StoreResult<()> {
        self.inner.set_customers_applied(applied).await
    }

    async fn set_request_hash_key(&mut self, key: &[u8; 32]) -> StoreResult<()> {
        self.inner.set_request_hash_key(key).await
    }

    async fn take_counters(
        &mut self,
        revisions: u32,
        events: u32,
        now: Timestamp,
    ) -> StoreResult<Taken> {
        self.inner.take_counters(revisions, events, now).await
    }

    async fn insert(&mut self, rows: &Rows) -> StoreResult<()> {
        let bad = self.faults.bad_customers.lock().unwrap().clone();
        match self.batch.customers.iter().find_map(|id| bad.get(id)) {
            Some(error) => Err(error()),
            None => self.inner.insert(rows).await,
        }
    }

    async fn apply_channel_configuration(
        &mut self,
        rows: &ChannelConfigurationRows,
        applied: Applied,
    ) -> StoreResult<bool> {
        self.inner.apply_channel_configuration(rows, applied).await
    }

    async fn apply_global_configuration(
        &mut self,
        rows: &GlobalConfigurationRows,
        applied: Applied,
    ) -> StoreResult<bool> {
        self.inner.apply_global_configuration(rows, applied).await
    }

    async fn prune_request_records(&mut self, before: Timestamp, limit: u32) -> StoreResult<u64> {
        self.inner.prune_request_records(before, limit).await
    }

    async fn commit(self: Box<Self>) -> StoreResult<()> {
        let Self { inner, faults, batch } = *self;
        let fault = faults.of_this_commit();
        faults.commit.pass().await?;
        let broken = || StoreError::InDoubt("a test broke the connection".to_owned());
        match fault {
            None => inner.commit().await?,
            Some(Fault::Fail(error)) => return Err(error()),
            Some(Fault::Hang) => return std::future::pending().await,
            Some(Fault::NoAnswerNotPerformed) => return Err(broken()),
            Some(Fault::NoAnswerPerformed) => {
                inner.commit().await?;
                return Err(broken());
            }
            Some(Fault::AnsweredEarly) => {
                *faults.answered_early.lock().unwrap() = Some(inner);
            }
        }
        faults.committed.lock().unwrap().push(batch);
        Ok(())
    }
}
