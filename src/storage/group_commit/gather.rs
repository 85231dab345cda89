//! The loop: what goes into the next batch, and when it ends.

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
};

use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{
    domain::error::Error,
    runtime::clock::Deadline,
    storage::group_commit::{Job, Ledger, Maintenance, Queued, settle},
};

/// Most writes in one commit: what arrives during a flush, not a goal.
const MAX_BATCH: usize = 256;
/// Most rows in one commit, so that a few large customers don't make a transaction that its server's time limit
/// ends.
const MAX_BATCH_ROWS: usize = 4_096;

/// The loop behind a writer, to be run once.
pub struct WriterLoop<L: Ledger> {
    receiver: mpsc::Receiver<Job<L>>,
    ledger: Arc<L>,
    /// Writes that a batch had no place for, as another one of their customer or request was in it.
    held_back: VecDeque<Queued<L>>,
    /// What waits for its turn between two batches.
    maintenance: VecDeque<Maintenance<L>>,
    /// Says that there will be no more answers.
    _ended: DropGuard,
}

impl<L: Ledger> WriterLoop<L> {
    pub(super) fn new(receiver: mpsc::Receiver<Job<L>>, ledger: Arc<L>, ended: DropGuard) -> Self {
        let (held_back, maintenance) = (VecDeque::new(), VecDeque::new());
        Self { receiver, ledger, held_back, maintenance, _ended: ended }
    }

    /// Commits batches until `stop`, then what is queued or has a place in the queue, and ends.
    ///
    /// # Errors
    /// A flush failed: what the disk holds is unknown, nothing may be written over it, and the unit must stop.
    pub async fn run(mut self, stop: CancellationToken) -> anyhow::Result<()> {
        let mut jobs = Vec::with_capacity(MAX_BATCH);
        loop {
            if self.held_back.is_empty() && self.maintenance.is_empty() {
                tokio::select! {
                    received = self.receiver.recv_many(&mut jobs, MAX_BATCH) => {
                        // Closed and empty, and no slot is left that could fill it.
                        if received == 0 {
                            return Ok(());
                        }
                    }
                    () = stop.cancelled(), if !self.receiver.is_closed() => self.receiver.close(),
                }
            } else {
                self.top_up(&mut jobs, &stop);
            }
            let mut waiting: VecDeque<Queued<L>> = std::mem::take(&mut self.held_back);
            for job in jobs.drain(..) {
                match job {
                    Job::Write(write) => waiting.push_back(write),
                    Job::Maintenance(maintain) => self.maintenance.push_back(maintain),
                }
            }
            // Whoever waits comes first, and then one thing that nobody waits for so much: a write never waits for
            // two steps of a package.
            let batch = self.gather(waiting);
            if !batch.is_empty() {
                settle::settle(&*self.ledger, batch).await?;
            }
            if let Some(maintain) = self.maintenance.pop_front() {
                maintain(Arc::clone(&self.ledger)).await?;
            }
        }
    }

    /// Takes what has come meanwhile: nobody has to wait until the last of many writes of one customer is written.
    /// As many are held back as may wait in the queue, and no more.
    fn top_up(&mut self, jobs: &mut Vec<Job<L>>, stop: &CancellationToken) {
        if stop.is_cancelled() {
            self.receiver.close();
        }
        let kept = self.held_back.len() + self.maintenance.len();
        let room = self.receiver.max_capacity().saturating_sub(kept);
        while jobs.len() < room.min(MAX_BATCH)
            && let Ok(job) = self.receiver.try_recv()
        {
            jobs.push(job);
        }
    }

    /// The next batch: at most one write for a customer and one for a request id, in the order of arrival. The
    /// others wait for the next one, where they find what this one has written. Writes that nobody waits for any
    /// more are dropped.
    fn gather(&mut self, waiting: VecDeque<Queued<L>>) -> Vec<Queued<L>> {
        let (mut customers, mut requests) = (HashSet::new(), HashSet::new());
        let mut batch = Vec::with_capacity(waiting.len());
        let mut rows = 0;
        for queued in waiting {
            if queued.deadline.is_some_and(Deadline::has_passed) {
                // Nothing was written; whoever still listens may repeat it.
                let _ = queued.reply.send(Err(Error::DeadlineExceeded));
                continue;
            }
            let write = &queued.write;
            let (customer, request) = (L::customer_id(write), L::request_id(write));
            let fits = batch.len() < MAX_BATCH
                && (batch.is_empty() || rows + L::rows(write) <= MAX_BATCH_ROWS)
                && !customers.contains(&customer)
                && !requests.contains(&request);
            // Also of those held back: a later write of a customer must not overtake an earlier one.
            customers.insert(customer);
            requests.insert(request);
            if fits {
                rows += L::rows(write);
                batch.push(queued);
            } else {
                self.held_back.push_back(queued);
            }
        }
        batch
    }
}
