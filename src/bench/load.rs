//! Callers, and how long their calls take.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use futures::future::BoxFuture;
use hdrhistogram::Histogram;
use tokio::{
    sync::{Mutex, mpsc},
    task::JoinSet,
    time::Instant,
};

use crate::runtime::clock::monotonic;

/// Something that can be called again and again.
pub(super) trait Callee: Send + Sync + 'static {
    /// The next call of a caller.
    fn call(&self, caller: usize) -> BoxFuture<'_, anyhow::Result<Answered>>;
}

/// What became of a call.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Answered {
    /// What headquarters took of it.
    pub(super) headquarters: Option<Duration>,
}

/// What became of the calls of a time.
#[derive(Clone)]
pub(super) struct Sample {
    /// In microseconds, to three digits.
    pub(super) latencies: Histogram<u64>,
    /// What headquarters took of them.
    pub(super) headquarters: Histogram<u64>,
    pub(super) took: Duration,
}

impl Sample {
    pub(super) fn new() -> anyhow::Result<Self> {
        Ok(Self {
            latencies: Histogram::new(3)?,
            headquarters: Histogram::new(3)?,
            took: Duration::ZERO,
        })
    }

    pub(super) fn per_second(&self) -> f64 {
        count(&self.latencies) / self.took.as_secs_f64().max(f64::EPSILON)
    }

    pub(super) fn record(&mut self, took: Duration, answered: Answered) -> anyhow::Result<()> {
        self.latencies.record(micros(took)?)?;
        if let Some(headquarters) = answered.headquarters {
            self.headquarters.record(micros(headquarters)?)?;
        }
        Ok(())
    }

    fn add(&mut self, other: &Self) -> anyhow::Result<()> {
        self.latencies.add(&other.latencies)?;
        self.headquarters.add(&other.headquarters)?;
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "fewer calls than 2^52")]
fn count(histogram: &Histogram<u64>) -> f64 {
    histogram.len() as f64
}

fn micros(duration: Duration) -> anyhow::Result<u64> {
    Ok(u64::try_from(duration.as_micros())?)
}

/// Closed loop: `in_flight` callers for the time, each with its next call as soon as the last one is answered. It finds
/// the ceiling. The first call that fails ends it.
pub(super) async fn closed_loop(
    callee: &Arc<impl Callee>,
    in_flight: usize,
    time: Duration,
) -> anyhow::Result<Sample> {
    let (start, mut callers) = (monotonic(), JoinSet::new());
    let end = start + time;
    for caller in 0..in_flight {
        let callee = Arc::clone(callee);
        callers.spawn(async move {
            let mut sample = Sample::new()?;
            let mut begun = monotonic();
            while begun < end {
                let answered = callee.call(caller).await?;
                let now = monotonic();
                sample.record(now - begun, answered)?;
                begun = now;
            }
            anyhow::Ok(sample)
        });
    }
    gathered(callers, start).await
}

/// Open loop: calls begin at a rate, whatever becomes of those before them, as those of many people do. A latency
/// counts from when its call should have begun: a server that makes others wait does not look fast. `callers`: most
/// calls under way; those above wait, and that counts too.
pub(super) async fn open_loop(
    callee: &Arc<impl Callee>,
    per_second: f64,
    callers: usize,
    time: Duration,
) -> anyhow::Result<Sample> {
    let (due, next) = mpsc::unbounded_channel();
    let next = Arc::new(Mutex::new(next));
    let (start, mut tasks) = (monotonic(), JoinSet::new());
    for caller in 0..callers {
        let (callee, next) = (Arc::clone(callee), Arc::clone(&next));
        tasks.spawn(async move {
            let mut sample = Sample::new()?;
            loop {
                let begins: Option<Instant> = next.lock().await.recv().await;
                let Some(begins) = begins else { return anyhow::Ok(sample) };
                let answered = callee.call(caller).await?;
                sample.record(begins.elapsed(), answered)?;
            }
        });
    }
    let mut given = 0_u32;
    while start.elapsed() < time {
        while start.elapsed().as_secs_f64() * per_second > f64::from(given) {
            let begins = start + Duration::from_secs_f64(f64::from(given) / per_second);
            due.send(begins).context("a caller failed")?;
            given += 1;
        }
        // Finer than the timer of the runtime, whose millisecond would be in every latency.
        tokio::task::yield_now().await;
        std::thread::sleep(PACE);
    }
    drop(due);
    gathered(tasks, start).await
}

/// How closely calls begin when they should.
const PACE: Duration = Duration::from_micros(50);

async fn gathered(
    mut callers: JoinSet<anyhow::Result<Sample>>,
    start: Instant,
) -> anyhow::Result<Sample> {
    let mut sample = Sample::new()?;
    while let Some(part) = callers.join_next().await {
        sample.add(&part.context("a caller")??)?;
    }
    sample.took = start.elapsed();
    Ok(sample)
}
