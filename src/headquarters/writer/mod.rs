//! Everything that writes headquarters' database in this process goes through here: revisions, many of them in one
//! commit, and what is changed of the setup and the registrations between them.

mod batch;
mod maintenance;

use uuid::Uuid;

use crate::{
    domain::{base::Base, error::Result, setup::Setup, submission::Submission},
    headquarters::store::{RegisteredDatabase, SharedStore, VersionedSetup},
    runtime::clock::{Deadline, SharedClock},
    storage::group_commit,
};

pub use self::batch::HeadquartersLedger;
pub use crate::storage::group_commit::DEFAULT_QUEUE;

/// Takes writes; cheap to clone.
#[derive(Clone)]
pub struct Writer(group_commit::Writer<HeadquartersLedger>);

/// The loop behind [`Writer`], to be run once.
pub type WriterLoop = group_commit::WriterLoop<HeadquartersLedger>;

/// A writer and its loop. `queue`: most writes that wait.
pub fn new(store: SharedStore, clock: SharedClock, queue: usize) -> (Writer, WriterLoop) {
    let (writer, writer_loop) = group_commit::new(HeadquartersLedger { store, clock }, queue);
    (Writer(writer), writer_loop)
}

impl Writer {
    /// Performs a revision and answers with its customer. It runs to its end, whether or not the caller waits, unless
    /// the deadline passes before its turn comes: then nothing is written.
    ///
    /// # Errors
    /// `Overloaded` when the queue is full; what [`Submission::judge`] refuses; `CustomerGroupNotFound`,
    /// `DeadlineExceeded`, `StoreConflict`, `Unavailable`.
    pub async fn perform(&self, submission: Submission, deadline: Deadline) -> Result<Base> {
        self.0.reserve()?.write_before(submission, deadline).await
    }

    /// Changes the setup, under its lock, and says what it is then. What changes nothing writes nothing.
    ///
    /// # Errors
    /// What `change` refuses; `StoreConflict`, `Unavailable`.
    pub async fn change_setup(
        &self,
        change: impl FnOnce(&mut Setup) -> Result<()> + Send + 'static,
    ) -> Result<VersionedSetup> {
        self.0
            .maintain(async move |ledger| maintenance::change_setup(&ledger.store, change).await)
            .await?
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
        self.0
            .maintain(async move |ledger| {
                maintenance::register(&ledger.store, &name, database_id, judge).await
            })
            .await?
    }
}
