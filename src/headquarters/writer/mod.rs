//! Everything that writes headquarters' database in this process goes through here: revisions, many of them in one
//! commit, and what is changed of the setup and the registrations between them.

mod batch;
mod maintenance;
mod state;

use std::sync::Arc;

use futures::future::BoxFuture;
use uuid::Uuid;

use crate::{
    domain::{
        base::Base,
        conclusion::Conclusion,
        error::{Error, Result},
        origin::Origin,
        setup::Setup,
        submission::Submission,
        upload::Position,
    },
    headquarters::{
        signals::Signals,
        store::{RegisteredDatabase, SharedStore, Transaction, VersionedSetup},
    },
    runtime::clock::{Deadline, SharedClock},
    storage::{StoreResult, group_commit},
};

use self::batch::Answer;
pub use self::batch::HeadquartersLedger;
pub use crate::storage::group_commit::DEFAULT_QUEUE;

/// Takes writes; cheap to clone.
#[derive(Clone)]
pub struct Writer {
    inner: group_commit::Writer<HeadquartersLedger>,
    signals: Arc<Signals>,
}

/// The loop behind [`Writer`], to be run once.
pub type WriterLoop = group_commit::WriterLoop<HeadquartersLedger>;

/// A writer and its loop. `queue`: most writes that wait.
pub fn new(store: SharedStore, clock: SharedClock, queue: usize) -> (Writer, WriterLoop) {
    let signals = Arc::<Signals>::default();
    let ledger = HeadquartersLedger { store, clock, signals: Arc::clone(&signals) };
    let (inner, writer_loop) = group_commit::new(ledger, queue);
    (Writer { inner, signals }, writer_loop)
}

impl Writer {
    /// What this writer wakes others by.
    pub fn signals(&self) -> Arc<Signals> {
        Arc::clone(&self.signals)
    }

    /// Takes steps in a transaction of their own, between two batches.
    pub async fn transact<T: Send + 'static>(
        &self,
        steps: impl for<'a> FnOnce(&'a mut dyn Transaction) -> BoxFuture<'a, StoreResult<T>>
        + Send
        + 'static,
    ) -> StoreResult<T> {
        self.inner
            .maintain(async move |ledger| {
                let mut transaction = ledger.store.begin().await?;
                let result = steps(&mut *transaction).await?;
                transaction.commit().await?;
                Ok(result)
            })
            .await
    }

    /// Performs a revision and answers with its customer. It runs to its end, whether or not the caller waits, unless
    /// the deadline passes before its turn comes: then nothing is written.
    ///
    /// # Errors
    /// `Overloaded` when the queue is full; what [`Submission::judge`] refuses; `CustomerGroupNotFound`,
    /// `DeadlineExceeded`, `StoreConflict`, `Unavailable`.
    pub async fn perform(&self, submission: Submission, deadline: Deadline) -> Result<Base> {
        match self.inner.reserve()?.write_before(submission, deadline).await? {
            Answer::Customer(base) => Ok(*base),
            // It is an uploaded revision, which is not performed by a call.
            Answer::Concluded(_) => Err(Error::Internal),
        }
    }

    /// Brings an uploaded revision to its outcome, whatever that is, and says which. It runs to its end, whether or
    /// not the caller waits.
    ///
    /// # Errors
    /// `Overloaded` when the queue is full; `StoreConflict` when an earlier revision has to come first;
    /// `Unavailable`.
    pub async fn conclude(&self, submission: Submission) -> Result<Conclusion> {
        match self.inner.write(submission).await? {
            Answer::Concluded(conclusion) => Ok(conclusion),
            // It is a real-time write.
            Answer::Customer(_) => Err(Error::Internal),
        }
    }

    /// Takes those of the revisions into the inbox that are not there, and says how far headquarters is then.
    ///
    /// # Errors
    /// `UploadGap`, `OriginDiverged`, `StoreConflict`, `Unavailable`.
    pub async fn receive(&self, origin: Origin, submissions: Vec<Submission>) -> Result<Position> {
        let position = self
            .inner
            .maintain(async move |ledger| {
                let now = ledger.clock.now();
                maintenance::receive(&ledger.store, now, origin, &submissions).await
            })
            .await??;
        self.signals.received.notify_one();
        Ok(position)
    }

    /// Changes the setup, under its lock, and says what it is then. What changes nothing writes nothing.
    ///
    /// # Errors
    /// What `change` refuses; `StoreConflict`, `Unavailable`.
    pub async fn change_setup(
        &self,
        change: impl FnOnce(&mut Setup) -> Result<()> + Send + 'static,
    ) -> Result<VersionedSetup> {
        let setup = self
            .inner
            .maintain(async move |ledger| maintenance::change_setup(&ledger.store, change).await)
            .await??;
        self.signals.configured.notify_one();
        self.signals.tell_all();
        Ok(setup)
    }

    /// Writes the registration that `judge` makes of those with this name or this database id, under their lock.
    ///
    /// # Errors
    /// What `judge` refuses; `StoreConflict`, `Unavailable`.
    pub async fn register(
        &self,
        name: String,
        database_id: Uuid,
        judge: impl FnOnce(&[RegisteredDatabase]) -> Result<RegisteredDatabase> + Send + 'static,
    ) -> Result<()> {
        self.inner
            .maintain(async move |ledger| {
                maintenance::register(&ledger.store, &name, database_id, judge).await
            })
            .await?
    }
}
