//! A store around a store, to see, hold up and fail what a unit asks of its database.

use std::sync::Arc;

use async_trait::async_trait;
use csu::{
    channel::store::{Applied, ChannelStore, Identity, SearchPosition, SharedStore, Transaction},
    domain::{
        configuration::ChannelConfiguration,
        id::{CustomerId, RequestId, RevisionId},
        job::DownloadJob,
        known::KnownCustomer,
        revision::Counter,
        search::Criterion,
        submission::CapturedRevision,
        write::RequestRecord,
    },
    storage::{StoreError, StoreResult},
};
use tokio::sync::watch;

use super::faulty_store::{Faults, FaultyTransaction};

/// Delegates everything; the hooks stand before the calls that they name.
pub struct WrappedStore {
    inner: SharedStore,
    /// Loads of a channel's configuration.
    pub configuration: Hook,
    /// Beginnings of writing transactions.
    pub begin: Hook,
    /// What goes wrong within them.
    pub faults: Arc<Faults>,
}

/// A point that calls pass.
pub struct Hook {
    passed: watch::Sender<usize>,
    mode: watch::Sender<Mode>,
}

/// What happens to calls at a hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Pass,
    /// They wait until the mode is another.
    Hold,
    /// As if the database did not answer.
    Fail,
}

impl Hook {
    pub(super) fn new() -> Self {
        Self { passed: watch::Sender::new(0), mode: watch::Sender::new(Mode::Pass) }
    }

    pub fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// Calls so far, those that are held included.
    pub fn count(&self) -> usize {
        *self.passed.borrow()
    }

    /// Waits until there were so many calls.
    pub async fn reached(&self, count: usize) {
        let mut passed = self.passed.subscribe();
        passed.wait_for(|passed| *passed >= count).await.expect("the hook lives");
    }

    pub(super) async fn pass(&self) -> StoreResult<()> {
        self.passed.send_modify(|passed| *passed += 1);
        let mut mode = self.mode.subscribe();
        let mode = *mode.wait_for(|mode| *mode != Mode::Hold).await.expect("the hook lives");
        match mode {
            Mode::Fail => Err(StoreError::Unavailable("a test says so".to_owned())),
            _ => Ok(()),
        }
    }
}

impl WrappedStore {
    pub fn around(inner: SharedStore) -> Arc<Self> {
        Arc::new(Self {
            inner,
            configuration: Hook::new(),
            begin: Hook::new(),
            faults: Arc::default(),
        })
    }
}

#[async_trait]
impl ChannelStore for WrappedStore {
    async fn identity(&self) -> StoreResult<Identity> {
        self.inner.identity().await
    }

    async fn customers(&self, ids: &[CustomerId]) -> StoreResult<Vec<KnownCustomer>> {
        self.inner.customers(ids).await
    }

    async fn request_record(&self, id: RequestId) -> StoreResult<Option<RequestRecord>> {
        self.inner.request_record(id).await
    }

    async fn captured_revisions(
        &self,
        above: Counter,
        limit: u32,
    ) -> StoreResult<Vec<CapturedRevision>> {
        self.inner.captured_revisions(above, limit).await
    }

    async fn search(
        &self,
        criterion: &Criterion,
        after: Option<&SearchPosition>,
        limit: u32,
    ) -> StoreResult<Vec<SearchPosition>> {
        self.inner.search(criterion, after, limit).await
    }

    async fn channels(&self) -> StoreResult<Vec<String>> {
        self.inner.channels().await
    }

    async fn configuration(&self, channel: &str) -> StoreResult<Option<ChannelConfiguration>> {
        self.configuration.pass().await?;
        self.inner.configuration(channel).await
    }

    async fn revision_id(&self, counter: Counter) -> StoreResult<Option<RevisionId>> {
        self.inner.revision_id(counter).await
    }

    async fn applied(&self, job: DownloadJob) -> StoreResult<Option<Applied>> {
        self.inner.applied(job).await
    }

    async fn begin(&self) -> StoreResult<Box<dyn Transaction>> {
        self.begin.pass().await?;
        self.faults.catch_up().await;
        Ok(Box::new(FaultyTransaction::around(self.inner.begin().await?, &self.faults)))
    }

    async fn checkpoint(&self) -> StoreResult<()> {
        self.inner.checkpoint().await
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}
