//! The batch *Synchronize customers and channel requests*: makes customers of the revisions in the inbox, by the
//! writer and the merge of real-time writes.

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
    time::Duration,
};

use futures::{StreamExt as _, stream};
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{
        conclusion::{Conclusion, RevisionStatus},
        error::{Error, Result},
        id::CustomerId,
        submission::Submission,
    },
    headquarters::operations::Headquarters,
    runtime::retry::STORE_CONNECT,
};

/// Customers whose revisions are read at once.
const CUSTOMERS_AT_ONCE: u32 = 1_000;
/// Customers that are under way at once: they share a commit, and leave places in the writer's queue to those who
/// wait at a till.
const UNDER_WAY: usize = 128;

/// What a run of the batch has done. Of two runs at once, each counts its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Synchronized {
    /// Customers with revisions that have an outcome now.
    pub customers: usize,
    pub synchronized: usize,
    pub failed: usize,
    pub parked: usize,
}

/// What became of one customer's revisions, or of several customers'.
#[derive(Default)]
struct Done {
    counts: Synchronized,
    /// Whether there was one that has an outcome now.
    progress: bool,
    /// Why the rest has to wait for another try.
    failure: Option<Error>,
}

/// Runs until no revision waits in the inbox, or until `stop`. One that fails is an outcome like any other; whatever
/// keeps a revision from its outcome is tried again for some seconds, as long as no other one gets further.
///
/// # Errors
/// `Unavailable`, `Overloaded`, `StoreConflict`, `Internal`: what was done until then is done.
pub async fn synchronize(
    headquarters: &Headquarters,
    stop: CancellationToken,
) -> Result<Synchronized> {
    let mut counts = Synchronized::default();
    let mut customers = HashSet::new();
    let mut delays = STORE_CONNECT.jittered();
    while !stop.is_cancelled() {
        let inbox = headquarters.store.inbox(CUSTOMERS_AT_ONCE).await?;
        if inbox.is_empty() {
            break;
        }
        let done = round(headquarters, &inbox, &stop, &mut customers).await?;
        counts.add(done.counts);
        if done.progress {
            delays = STORE_CONNECT.jittered();
        } else if let Some(failure) = done.failure {
            pause(delays.next(), &stop).await.ok_or(failure)?;
        }
    }
    counts.customers = customers.len();
    tracing::info!(
        customers = counts.customers,
        synchronized = counts.synchronized,
        failed = counts.failed,
        parked = counts.parked,
        "customers and channel requests are synchronized"
    );
    Ok(counts)
}

/// `None`: it was tried often enough.
async fn pause(delay: Option<Duration>, stop: &CancellationToken) -> Option<()> {
    let delay = delay?;
    stop.run_until_cancelled(tokio::time::sleep(delay)).await;
    Some(())
}

/// Performs what waits of these customers: many customers at once, one revision of each.
async fn round(
    headquarters: &Headquarters,
    inbox: &[CustomerId],
    stop: &CancellationToken,
    customers: &mut HashSet<CustomerId>,
) -> Result<Done> {
    let mut by_customer = BTreeMap::<_, Vec<_>>::new();
    for waiting in headquarters.store.waiting(inbox).await? {
        if waiting.status == RevisionStatus::Received {
            let customer = waiting.submission.draft.customer_id;
            by_customer.entry(customer).or_default().push(waiting.submission);
        }
    }
    let all = by_customer.into_iter().map(async |(customer, revisions)| {
        (customer, one_after_the_other(headquarters, revisions, stop).await)
    });
    let mut all = stream::iter(all).buffer_unordered(UNDER_WAY);
    let mut together = Done::default();
    while let Some((customer, done)) = all.next().await {
        if done.counts != Synchronized::default() {
            customers.insert(customer);
        }
        together.counts.add(done.counts);
        together.progress |= done.progress;
        together.failure = done.failure.or(together.failure);
    }
    Ok(together)
}

/// Performs a customer's revisions in their order. What can't have its outcome now keeps the later ones waiting.
async fn one_after_the_other(
    headquarters: &Headquarters,
    revisions: Vec<Submission>,
    stop: &CancellationToken,
) -> Done {
    let mut done = Done::default();
    for revision in revisions {
        if stop.is_cancelled() {
            break;
        }
        match headquarters.writer.conclude(revision).await {
            Ok(conclusion) => {
                done.progress = true;
                done.counts.count(&conclusion);
            }
            Err(failure) => {
                done.failure = Some(failure);
                break;
            }
        }
    }
    done
}

// === impl Synchronized ===

impl fmt::Display for Synchronized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { customers, synchronized, failed, parked } = self;
        write!(
            f,
            "{synchronized} synchronized, {failed} failed, {parked} parked, of {customers} customers"
        )
    }
}

impl Synchronized {
    /// Revisions that have an outcome now.
    pub fn rows(&self) -> u64 {
        u64::try_from(self.synchronized + self.failed + self.parked).unwrap_or(u64::MAX)
    }

    const fn count(&mut self, conclusion: &Conclusion) {
        match conclusion {
            Conclusion::Synchronized => self.synchronized += 1,
            Conclusion::Failed(_) => self.failed += 1,
            Conclusion::Parked(_) => self.parked += 1,
            // Of another run, or of a commit without an answer.
            Conclusion::Before => {}
        }
    }

    const fn add(&mut self, other: Self) {
        self.synchronized += other.synchronized;
        self.failed += other.failed;
        self.parked += other.parked;
    }
}
