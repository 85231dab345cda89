//! Applies packages in steps between which customers who wait get their turn.

use std::time::Duration;

use tokio::{sync::watch, time::Instant};

use crate::{
    channel::{
        store::{Applied, IdRange},
        writer::{CustomersChunk, FullRange},
    },
    domain::{id::CustomerId, job::DownloadJob, revision::Counter},
    exchange::agent::{Agent, ExchangeError, fetch::Fetched, leased::Leased},
    proto::exchange::OfferedSession,
    runtime::clock::monotonic,
    wire::package::{self, Chunk, Customers, PackageError},
};

/// How long a step may work before it commits while nobody writes: with its commit it shall not keep the writer for
/// more than 20 ms.
const LONGEST_STEP: Duration = Duration::from_millis(15);
/// How long it may while customers come and go, about as long as a commit of theirs takes.
const LONGEST_STEP_BESIDE: Duration = Duration::from_millis(5);
/// How long somebody who has written counts as there.
const QUIET_AFTER: Duration = Duration::from_secs(1);
/// Fewer would be hardly anything but commits.
const FEWEST_ROWS: usize = 20;
const MOST_ROWS: usize = 500;
/// What the first step takes.
const FIRST_ROWS: usize = 50;

/// Rows of a step, as many as the database takes in the time that a step has.
struct Pace(usize);

/// Whether customers write beside.
struct Traffic {
    captured: watch::Receiver<Counter>,
    seen_at: Instant,
}

/// One session of customers on its way into the database.
struct Applying<'a, 'b> {
    agent: &'a Agent,
    leased: &'a mut Leased<'b>,
    pace: Pace,
    traffic: Traffic,
    /// Of a full session: what is gone has at most this version.
    full: Option<i64>,
    /// Of a full session: up to here everything is applied.
    reached: Option<CustomerId>,
    rows: usize,
}

impl Agent {
    /// Says how many rows.
    pub(super) async fn apply(
        &self,
        job: DownloadJob,
        session: &OfferedSession,
        packages: Vec<Fetched>,
        leased: &mut Leased<'_>,
    ) -> Result<usize, ExchangeError> {
        let applied = Applied { version: session.to_version, at: self.clock.now() };
        if job == DownloadJob::Customers {
            return self.apply_customers(session, packages, applied, leased).await;
        }
        let mut rows = Vec::new();
        for mut fetched in packages {
            while let Some(chunk) = fetched.next_chunk()? {
                rows.extend(package::open_chunk(&chunk)?.rows);
            }
        }
        let count = rows.len();
        let rows = package::configuration(job, rows)?;
        self.writer.apply_configuration(rows, applied, Some(&leased.for_use())).await?;
        Ok(count)
    }

    async fn apply_customers(
        &self,
        session: &OfferedSession,
        packages: Vec<Fetched>,
        applied: Applied,
        leased: &mut Leased<'_>,
    ) -> Result<usize, ExchangeError> {
        let full = session.full.then_some(session.to_version);
        let (pace, traffic) = (Pace(FIRST_ROWS), Traffic::of(self.writer.captured()));
        let mut applying =
            Applying { agent: self, leased, pace, traffic, full, reached: None, rows: 0 };
        for (position, mut fetched) in packages.into_iter().enumerate() {
            // Only the first has the customers by their ids; the second has what it could not have.
            let ranged = full.is_some() && position == 0;
            while let Some(chunk) = fetched.next_chunk()? {
                applying.chunk(package::open_chunk(&chunk)?, ranged).await?;
            }
        }
        applying.finish(applied).await
    }
}

impl Applying<'_, '_> {
    async fn chunk(&mut self, chunk: Chunk, ranged: bool) -> Result<(), ExchangeError> {
        let Chunk { rows, complete_up_to } = chunk;
        self.rows += rows.len();
        let Customers { mut bases, mut outcomes, mut performed } = package::customers(rows)?;
        while !bases.is_empty() {
            let step: Vec<_> = bases.drain(..self.pace.0.min(bases.len())).collect();
            let last = step.last().map(|base| base.customer.id);
            let full = if ranged { self.range(last) } else { self.nothing_gone() };
            self.step(CustomersChunk { bases: step, full, ..CustomersChunk::default() }).await?;
        }
        if ranged && complete_up_to.is_some() {
            let full = self.range(complete_up_to);
            self.step(CustomersChunk { full, ..CustomersChunk::default() }).await?;
        }
        while !outcomes.is_empty() {
            let step = outcomes.drain(..self.pace.0.min(outcomes.len())).collect();
            self.step(CustomersChunk { outcomes: step, ..CustomersChunk::default() }).await?;
        }
        while !performed.is_empty() {
            let step = performed.drain(..self.pace.0.min(performed.len())).collect();
            self.step(CustomersChunk { performed: step, ..CustomersChunk::default() }).await?;
        }
        Ok(())
    }

    /// The last step, by which the database has the version.
    async fn finish(mut self, applied: Applied) -> Result<usize, ExchangeError> {
        let full = self.range(None);
        let applied = Some(applied);
        self.step(CustomersChunk { full, applied, ..CustomersChunk::default() }).await?;
        Ok(self.rows)
    }

    /// From where everything is applied up to this id; `None`: to the last.
    fn range(&mut self, up_to: Option<CustomerId>) -> Option<FullRange> {
        let version = self.full?;
        if up_to.is_some() && up_to == self.reached {
            return self.nothing_gone();
        }
        let ids = IdRange { above: self.reached, up_to };
        self.reached = up_to;
        Some(FullRange { ids, version })
    }

    /// A range without ids: nothing is gone, and nobody is told of each customer.
    fn nothing_gone(&self) -> Option<FullRange> {
        let nobody = CustomerId(uuid::Uuid::nil());
        let ids = IdRange { above: Some(nobody), up_to: Some(nobody) };
        self.full.map(|version| FullRange { ids, version })
    }

    async fn step(&mut self, chunk: CustomersChunk) -> Result<(), ExchangeError> {
        let rows = chunk.bases.len() + chunk.outcomes.len() + chunk.performed.len();
        let lease = self.leased.for_use();
        let applied = self.agent.writer.apply_step(chunk, Some(&lease)).await?;
        self.pace.adapt(rows, applied.worked, self.traffic.longest_step());
        Ok(())
    }
}

impl Fetched {
    /// A package that is another's, or of another session, is not applied.
    /// `first`: it is that of the job, and not that of the outcomes, which are never all that there are.
    pub(super) fn check(
        &self,
        job: DownloadJob,
        session: &OfferedSession,
        first: bool,
    ) -> Result<(), PackageError> {
        if self.label.job != job {
            return Err(PackageError::OtherJob(self.label.job.as_str().to_owned()));
        }
        let label = (self.label.from, self.label.to, self.label.full);
        if label == (session.from_version, session.to_version, session.full && first) {
            return Ok(());
        }
        let (from, to, _) = label;
        Err(PackageError::Version { job: job.as_str(), from, to })
    }
}

impl Pace {
    /// `rows` of them have taken so long, of the longest that a step may take.
    fn adapt(&mut self, rows: usize, took: Duration, longest: Duration) {
        if took > longest {
            self.0 = (self.0 / 2).max(FEWEST_ROWS);
        } else if rows >= self.0 && took < longest / 2 {
            self.0 = (self.0 * 2).min(MOST_ROWS);
        }
    }
}

impl Traffic {
    /// As long as nobody knows, somebody is there.
    fn of(mut captured: watch::Receiver<Counter>) -> Self {
        captured.mark_unchanged();
        Self { captured, seen_at: monotonic() }
    }

    fn longest_step(&mut self) -> Duration {
        // An error says that the writer has gone.
        if self.captured.has_changed().unwrap_or(false) {
            self.captured.mark_unchanged();
            self.seen_at = monotonic();
        }
        if self.seen_at.elapsed() < QUIET_AFTER { LONGEST_STEP_BESIDE } else { LONGEST_STEP }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_become_as_long_as_they_may_be_and_no_longer() {
        let adapt = |pace: &mut Pace, rows, millis| {
            pace.adapt(rows, Duration::from_millis(millis), LONGEST_STEP);
        };
        let mut pace = Pace(FIRST_ROWS);
        adapt(&mut pace, FIRST_ROWS, 2);
        assert_eq!(pace.0, 2 * FIRST_ROWS);
        // A step that was not full says nothing.
        adapt(&mut pace, 1, 1);
        assert_eq!(pace.0, 2 * FIRST_ROWS);
        for _ in 0..20 {
            let rows = pace.0;
            adapt(&mut pace, rows, 1);
        }
        assert_eq!(pace.0, MOST_ROWS);
        for _ in 0..20 {
            let rows = pace.0;
            adapt(&mut pace, rows, 30);
        }
        assert_eq!(pace.0, FEWEST_ROWS);
    }

    #[tokio::test(start_paused = true)]
    async fn steps_are_short_while_customers_write() {
        let captured = watch::Sender::new(Counter(0));
        let mut traffic = Traffic::of(captured.subscribe());
        assert_eq!(traffic.longest_step(), LONGEST_STEP_BESIDE);
        tokio::time::advance(QUIET_AFTER).await;
        assert_eq!(traffic.longest_step(), LONGEST_STEP);
        captured.send_replace(Counter(1));
        assert_eq!(traffic.longest_step(), LONGEST_STEP_BESIDE);
        tokio::time::advance(QUIET_AFTER / 2).await;
        assert_eq!(traffic.longest_step(), LONGEST_STEP_BESIDE);
        tokio::time::advance(QUIET_AFTER / 2).await;
        assert_eq!(traffic.longest_step(), LONGEST_STEP);
    }
}
