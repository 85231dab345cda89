//! Everything that writes a database in this process goes through here: one loop gathers what waits, commits it
//! together, and answers after the commit. That is how each answer is durable without a flush of its own.

mod gather;
mod running;
mod settle;

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use futures::future::BoxFuture;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

pub use gather::WriterLoop;

use self::running::{Running, RunningGuard};
use crate::{
    domain::{
        error::{Error, Result, Unavailable},
        id::{CustomerId, RequestId},
    },
    runtime::clock::Deadline,
    storage::{StoreError, StoreResult},
};

/// Most writes that wait; the next one is refused as `OVERLOADED`. At 5,000 commits a second it is under 1 s.
pub const DEFAULT_QUEUE: usize = 4_096;

/// What a database makes durable, and how.
#[async_trait]
pub trait Ledger: Send + Sync + 'static {
    type Write: Send + Sync + 'static;
    type Answer: Clone + Send + 'static;

    /// Writes of one customer are never in one commit, and keep their order.
    fn customer_id(write: &Self::Write) -> CustomerId;

    /// Writes with one request id are never in one commit: the later one finds the record of the earlier.
    fn request_id(write: &Self::Write) -> RequestId;

    /// Rows that it takes, about: a commit has a bound of them.
    fn rows(write: &Self::Write) -> usize;

    /// Performs the writes in one transaction, each of another customer and request id, and says of each what its
    /// caller is to be told. Nothing is told before it is durable: this returns after the commit. Where it fails,
    /// nothing was written; [`StoreError::InDoubt`] and [`StoreError::FlushFailed`] leave that open.
    async fn commit(&self, writes: &[Self::Write]) -> StoreResult<Vec<Result<Self::Answer>>>;

    /// Answers of those of the writes that were performed. Waits for every transaction that came before, so that a
    /// commit without an answer has happened by then or never will.
    async fn recall(&self, writes: &[Self::Write])
    -> StoreResult<HashMap<RequestId, Self::Answer>>;
}

/// Takes writes; cheap to clone.
pub struct Writer<L: Ledger> {
    sender: mpsc::Sender<Job<L>>,
    running: Running,
    ended: CancellationToken,
}

/// A place in the queue, held for one write. While it is held, the loop does not end, however long it has been
/// asked to stop. Dropped, it frees the place.
#[must_use = "a place that nobody uses is another's"]
pub struct Slot<L: Ledger> {
    permit: mpsc::OwnedPermit<Job<L>>,
    running: Running,
    ended: CancellationToken,
}

enum Job<L: Ledger> {
    Write(Queued<L>),
    Maintenance(Maintenance<L>),
}

/// What is done between two batches. It answers whoever asked, and returns the failure that ends the loop.
type Maintenance<L> = Box<dyn FnOnce(Arc<L>) -> BoxFuture<'static, StoreResult<()>> + Send>;

/// A write with the caller who waits for its answer, if he still does.
struct Queued<L: Ledger> {
    write: L::Write,
    /// When nobody waits for it any more.
    deadline: Option<Deadline>,
    reply: oneshot::Sender<Result<L::Answer>>,
    /// Dropped with the answer.
    running: RunningGuard,
}

/// A writer and its loop. `queue`: most writes that wait.
pub fn new<L: Ledger>(ledger: L, queue: usize) -> (Writer<L>, WriterLoop<L>) {
    let (sender, receiver) = mpsc::channel(queue.max(1));
    let ended = CancellationToken::new();
    let writer = Writer { sender, running: Running::default(), ended: ended.clone() };
    (writer, WriterLoop::new(receiver, Arc::new(ledger), ended.drop_guard()))
}

// === impl Writer ===

impl<L: Ledger> Clone for Writer<L> {
    fn clone(&self) -> Self {
        Self {
            sender: self.sender.clone(),
            running: self.running.clone(),
            ended: self.ended.clone(),
        }
    }
}

impl<L: Ledger> Writer<L> {
    /// Makes a write durable and answers. From here on it runs to its end, whether or not the caller waits.
    ///
    /// # Errors
    /// `Overloaded` when the queue is full; what the ledger refuses; `StoreConflict`, `Unavailable`.
    pub async fn write(&self, write: L::Write) -> Result<L::Answer> {
        self.reserve()?.write(write).await
    }

    /// Takes a place in the queue for a write that is yet to be found out.
    ///
    /// # Errors
    /// `Overloaded` when the queue is full; `Unavailable` when the loop is stopping.
    pub fn reserve(&self) -> Result<Slot<L>> {
        let permit = self.sender.clone().try_reserve_owned().map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Error::Overloaded,
            mpsc::error::TrySendError::Closed(_) => Error::Unavailable(Unavailable::Stopping),
        })?;
        Ok(Slot { permit, running: self.running.clone(), ended: self.ended.clone() })
    }

    /// Whether a write with this request id waits for its answer.
    pub fn is_running(&self, id: RequestId) -> bool {
        self.running.contains(id)
    }

    /// Runs a transaction of another kind: one between two batches, in the order of arrival among themselves. Like a
    /// write it runs to its end, and is given up after a time.
    pub async fn maintain<T, F>(
        &self,
        job: impl FnOnce(Arc<L>) -> F + Send + 'static,
    ) -> StoreResult<T>
    where
        T: Send + 'static,
        F: Future<Output = StoreResult<T>> + Send + 'static,
    {
        let stopping = || StoreError::Unavailable("the unit is stopping".to_owned());
        let (reply, answer) = oneshot::channel();
        let job = Box::new(|ledger| -> BoxFuture<'static, StoreResult<()>> {
            Box::pin(async { hand_over(reply, settle::bounded(job(ledger)).await) })
        });
        self.sender.send(Job::Maintenance(job)).await.map_err(|_| stopping())?;
        answered(answer, &self.ended).await.ok_or_else(stopping)?
    }
}

// === impl Slot ===

impl<L: Ledger> Slot<L> {
    /// Makes a write durable and answers. From here on it runs to its end, whether or not the caller waits.
    ///
    /// # Errors
    /// What the ledger refuses; `StoreConflict`, `Unavailable`.
    pub async fn write(self, write: L::Write) -> Result<L::Answer> {
        self.send(write, None).await
    }

    /// Like [`Self::write`], unless the deadline passes before the write's turn comes: then nothing is written.
    ///
    /// # Errors
    /// Those of [`Self::write`]; `DeadlineExceeded`.
    pub async fn write_before(self, write: L::Write, deadline: Deadline) -> Result<L::Answer> {
        self.send(write, Some(deadline)).await
    }

    async fn send(self, write: L::Write, deadline: Option<Deadline>) -> Result<L::Answer> {
        let Self { permit, running, ended } = self;
        let (reply, answer) = oneshot::channel();
        let running = running.enter(L::request_id(&write));
        permit.send(Job::Write(Queued { write, deadline, reply, running }));
        let stopping = Err(Error::Unavailable(Unavailable::Stopping));
        answered(answer, &ended).await.unwrap_or(stopping)
    }
}

/// `None`: the loop has ended, and there will be no answer. A job that is sent after the end lies in the queue until
/// its last sender has gone, so that waiting for the job to be dropped is not enough.
async fn answered<T>(mut answer: oneshot::Receiver<T>, ended: &CancellationToken) -> Option<T> {
    tokio::select! {
        biased;
        answer = &mut answer => answer.ok(),
        () = ended.cancelled() => answer.try_recv().ok(),
    }
}

/// Hands the result to whoever asked, and back the failure that ends the loop.
fn hand_over<T>(reply: oneshot::Sender<StoreResult<T>>, result: StoreResult<T>) -> StoreResult<()> {
    let fatal = match &result {
        Err(StoreError::FlushFailed(text)) => Err(StoreError::FlushFailed(text.clone())),
        _ => Ok(()),
    };
    // Whoever asked may have gone; the work is done all the same.
    let _ = reply.send(result);
    fatal
}
