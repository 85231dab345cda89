//! Everything that writes the channel database in this process goes through here: one loop gathers what waits,
//! commits it together, and answers after the commit. That is how each answer is durable without a flush of its
//! own.

mod batch;
mod settle;

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::{
    channel::store::{Applied, SharedStore, StoreError, StoreResult},
    domain::{
        configuration::{ChannelConfigurationRows, GlobalConfigurationRows},
        error::{Error, Result, Unavailable},
        id::RequestId,
        time::Timestamp,
        write::{Answer, Write},
    },
    runtime::clock::SharedClock,
};

/// Most writes that wait; the next one is refused as `OVERLOADED`. At 5,000 commits a second it is under 1 s.
pub const DEFAULT_QUEUE: usize = 4_096;
/// Most writes in one commit: what arrives during a flush, not a goal.
const MAX_BATCH: usize = 256;
/// Most rows of contacts and addresses in one commit, so that a few large customers don't make a transaction that
/// its server's time limit ends.
const MAX_BATCH_ROWS: usize = 4_096;

/// Takes writes; cheap to clone.
#[derive(Clone)]
pub struct Writer {
    sender: mpsc::Sender<Job>,
    running: Running,
}

/// The loop behind [`Writer`], to be run once.
pub struct WriterLoop {
    receiver: mpsc::Receiver<Job>,
    store: SharedStore,
    clock: SharedClock,
    /// Writes that a batch had no place for, as another one of their customer or request was in it.
    held_back: VecDeque<Queued>,
}

/// A package of configuration.
pub enum ConfigurationPackage {
    /// 1070
    Channel(ChannelConfigurationRows),
    /// 1110
    Global(GlobalConfigurationRows),
}

enum Job {
    Write(Queued),
    Configuration(ConfigurationPackage, Applied, oneshot::Sender<StoreResult<bool>>),
    PruneRequestRecords(Timestamp, u32, oneshot::Sender<StoreResult<u64>>),
}

/// A write with the caller who waits for its answer, if he still does.
struct Queued {
    write: Write,
    reply: oneshot::Sender<Result<Answer>>,
    /// Dropped with the answer.
    running: RunningGuard,
}

/// Request ids of the writes under way.
#[derive(Clone, Default)]
struct Running(Arc<Mutex<HashMap<RequestId, usize>>>);

struct RunningGuard(Running, RequestId);

/// A writer and its loop. `queue`: most writes that wait.
pub fn new(store: SharedStore, clock: SharedClock, queue: usize) -> (Writer, WriterLoop) {
    let (sender, receiver) = mpsc::channel(queue.max(1));
    let writer = Writer { sender, running: Running::default() };
    (writer, WriterLoop { receiver, store, clock, held_back: VecDeque::new() })
}

// === impl Writer ===

impl Writer {
    /// Makes a write durable and answers. From here on it runs to its end, whether or not the caller waits.
    ///
    /// # Errors
    /// `Overloaded` when the queue is full; what [`Write::judge`] refuses; `StoreConflict`, `Unavailable`.
    pub async fn write(&self, write: Write) -> Result<Answer> {
        let slot = self.sender.try_reserve().map_err(|error| match error {
            mpsc::error::TrySendError::Full(()) => Error::Overloaded,
            mpsc::error::TrySendError::Closed(()) => Error::Unavailable(Unavailable::Stopping),
        })?;
        let (reply, answer) = oneshot::channel();
        let running = self.running.enter(write.request_id);
        slot.send(Job::Write(Queued { write, reply, running }));
        answer.await.unwrap_or(Err(Error::Unavailable(Unavailable::Stopping)))
    }

    /// Whether a write with this request id waits for its answer.
    pub fn is_running(&self, id: RequestId) -> bool {
        self.running.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&id)
    }

    /// Applies a package of configuration; says whether it was newer than what was there.
    pub async fn apply_configuration(
        &self,
        package: ConfigurationPackage,
        applied: Applied,
    ) -> StoreResult<bool> {
        self.ask(|reply| Job::Configuration(package, applied, reply)).await
    }

    /// Deletes up to `limit` request records from before the time; says how many.
    pub async fn prune_request_records(&self, before: Timestamp, limit: u32) -> StoreResult<u64> {
        self.ask(|reply| Job::PruneRequestRecords(before, limit, reply)).await
    }

    async fn ask<T>(
        &self,
        job: impl FnOnce(oneshot::Sender<StoreResult<T>>) -> Job,
    ) -> StoreResult<T> {
        let stopping = || StoreError::Unavailable("the unit is stopping".to_owned());
        let (reply, answer) = oneshot::channel();
        self.sender.send(job(reply)).await.map_err(|_| stopping())?;
        answer.await.map_err(|_| stopping())?
    }
}

impl Running {
    fn enter(&self, id: RequestId) -> RunningGuard {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(id).or_default() += 1;
        RunningGuard(self.clone(), id)
    }
}

impl Drop for RunningGuard {
    fn drop(&mut self) {
        let mut running = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = running.get_mut(&self.1) {
            *count -= 1;
            if *count == 0 {
                running.remove(&self.1);
            }
        }
    }
}

// === impl WriterLoop ===

impl WriterLoop {
    /// Commits batches until `stop`, then what is queued, and ends.
    ///
    /// # Errors
    /// A flush failed: what the disk holds is unknown, nothing may be written over it, and the unit must stop.
    pub async fn run(mut self, stop: CancellationToken) -> anyhow::Result<()> {
        let mut jobs = Vec::with_capacity(MAX_BATCH);
        loop {
            if self.held_back.is_empty() {
                tokio::select! {
                    received = self.receiver.recv_many(&mut jobs, MAX_BATCH) => {
                        if received == 0 {
                            return Ok(());
                        }
                    }
                    () = stop.cancelled(), if !self.receiver.is_closed() => self.receiver.close(),
                }
            } else {
                self.top_up(&mut jobs, &stop);
            }
            let mut waiting: VecDeque<Queued> = std::mem::take(&mut self.held_back);
            for job in jobs.drain(..) {
                match job {
                    Job::Write(write) => waiting.push_back(write),
                    other => self.maintain(other).await?,
                }
            }
            let batch = self.gather(waiting);
            if !batch.is_empty() {
                settle::settle(&self.store, &self.clock, batch).await?;
            }
        }
    }

    /// Takes what has come meanwhile: nobody has to wait until the last of many writes of one customer is written.
    /// As many are held back as may wait in the queue, and no more.
    fn top_up(&mut self, jobs: &mut Vec<Job>, stop: &CancellationToken) {
        if stop.is_cancelled() {
            self.receiver.close();
        }
        let room = self.receiver.max_capacity().saturating_sub(self.held_back.len());
        while jobs.len() < room.min(MAX_BATCH)
            && let Ok(job) = self.receiver.try_recv()
        {
            jobs.push(job);
        }
    }

    /// The next batch: at most one write for a customer and one for a request id, in the order of arrival. The
    /// others wait for the next one, where they find what this one has written.
    fn gather(&mut self, waiting: VecDeque<Queued>) -> Vec<Queued> {
        let (mut customers, mut requests) = (HashSet::new(), HashSet::new());
        let mut batch = Vec::with_capacity(waiting.len());
        let mut rows = 0;
        for queued in waiting {
            let write = &queued.write;
            let fits = batch.len() < MAX_BATCH
                && (batch.is_empty() || rows + write.rows() <= MAX_BATCH_ROWS)
                && !customers.contains(&write.customer_id)
                && !requests.contains(&write.request_id);
            // Also of those held back: a later write of a customer must not overtake an earlier one.
            customers.insert(write.customer_id);
            requests.insert(write.request_id);
            if fits {
                rows += write.rows();
                batch.push(queued);
            } else {
                self.held_back.push_back(queued);
            }
        }
        batch
    }

    async fn maintain(&self, job: Job) -> StoreResult<()> {
        let flush_failed = match job {
            Job::Write(_) => None,
            Job::Configuration(package, applied, reply) => {
                let applying = batch::apply_configuration(&self.store, &package, applied);
                answer(reply, settle::bounded(applying).await)
            }
            Job::PruneRequestRecords(before, limit, reply) => {
                let pruning = batch::prune_request_records(&self.store, before, limit);
                answer(reply, settle::bounded(pruning).await)
            }
        };
        flush_failed.map_or(Ok(()), Err)
    }
}

/// Hands the result over, and back the failure that ends the loop.
fn answer<T>(reply: oneshot::Sender<StoreResult<T>>, result: StoreResult<T>) -> Option<StoreError> {
    let fatal = match &result {
        Err(StoreError::FlushFailed(text)) => Some(StoreError::FlushFailed(text.clone())),
        _ => None,
    };
    // Whoever asked may have gone; the work is done all the same.
    let _ = reply.send(result);
    fatal
}
