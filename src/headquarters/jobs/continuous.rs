//! Jobs that run as soon as there is something to do. They are woken; what comes while one runs is done by its next
//! run, which follows at once.

use std::{sync::Arc, time::Duration};

use futures::future::BoxFuture;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{
        error::Result,
        job::{DownloadJob, Job, Run, Trigger},
        time::Timestamp,
    },
    headquarters::{
        Headquarters,
        jobs::{
            download,
            history::{self, Counts},
            lease, synchronize,
        },
        signals::Signals,
    },
    runtime::{retry::STORE_CONNECT, task::Task},
};

/// What comes within this time of the first is done together.
const DEBOUNCE: Duration = Duration::from_millis(10);
/// Least time between the beginnings of two runs: under load, each brings more.
const LEAST_INTERVAL: Duration = Duration::from_millis(200);

/// Something that is done when it is woken.
struct Work {
    task: Task,
    woken_by: fn(&Signals) -> &Notify,
    least_interval: Duration,
    run: for<'a> fn(&'a Headquarters, CancellationToken) -> BoxFuture<'a, Result<()>>,
}

const WORK: [Work; 3] = [
    Work {
        task: Task::SynchronizeJob,
        woken_by: |signals| &signals.received,
        // It takes up what has come meanwhile by itself.
        least_interval: Duration::ZERO,
        run: |headquarters, stop| Box::pin(synchronized(headquarters, stop)),
    },
    Work {
        task: Task::CustomersJob,
        woken_by: |signals| &signals.changed,
        least_interval: LEAST_INTERVAL,
        run: |headquarters, stop| {
            Box::pin(async move { downloads(headquarters, &stop, &[DownloadJob::Customers]).await })
        },
    },
    Work {
        task: Task::ConfigurationJobs,
        woken_by: |signals| &signals.configured,
        least_interval: LEAST_INTERVAL,
        run: |headquarters, stop| {
            let jobs = [DownloadJob::ChannelConfiguration, DownloadJob::GlobalConfiguration];
            Box::pin(async move { downloads(headquarters, &stop, &jobs).await })
        },
    },
];

/// Starts them; each looks at once whether there is something to do.
pub(super) fn spawn(headquarters: &Arc<Headquarters>) {
    for work in WORK {
        (work.woken_by)(&headquarters.signals).notify_one();
        let tasks = &headquarters.jobs.tasks;
        let (headquarters, stop) = (Arc::clone(headquarters), tasks.shutdown_token());
        tasks.spawn(work.task, async move {
            while !stop.is_cancelled() {
                once(&headquarters, &work, &stop).await;
            }
        });
    }
}

/// Waits until it is woken, and does the work; again after a while where it fails.
async fn once(headquarters: &Headquarters, work: &Work, stop: &CancellationToken) {
    let woken = (work.woken_by)(&headquarters.signals).notified();
    if stop.run_until_cancelled(woken).await.is_none() {
        return;
    }
    tokio::time::sleep(DEBOUNCE).await;
    let next = tokio::time::sleep(work.least_interval.saturating_sub(DEBOUNCE));
    let mut delays = STORE_CONNECT.jittered();
    // Not cut off when headquarters stops: a run ends soon, and lets go of its lease.
    while let Err(error) = (work.run)(headquarters, stop.clone()).await {
        if stop.is_cancelled() {
            return;
        }
        tracing::warn!(%error, task = work.task.name(), "a job has failed and is tried again");
        let delay = tokio::time::sleep(delays.next().unwrap_or(STORE_CONNECT.cap));
        stop.run_until_cancelled(delay).await;
    }
    stop.run_until_cancelled(next).await;
}

async fn synchronized(headquarters: &Headquarters, stop: CancellationToken) -> Result<()> {
    let done = synchronize(headquarters, stop).await?;
    if done.rows() > 0 {
        let counts = Counts { rows: done.rows(), bytes: 0 };
        history::note(headquarters, Job::Synchronize, counts).await;
    }
    Ok(())
}

async fn downloads(
    headquarters: &Headquarters,
    stop: &CancellationToken,
    jobs: &[DownloadJob],
) -> Result<()> {
    for job in jobs {
        if !download::has_work(headquarters, *job).await? {
            continue;
        }
        let Some(lease) = lease::take(headquarters, Job::Download(*job), stop).await? else {
            return Ok(());
        };
        let made = download::run(headquarters, &lease, &unnumbered(*job), *job).await;
        lease::release(headquarters, lease).await;
        made?;
    }
    Ok(())
}

/// A run that gets its row in the history with its first session.
fn unnumbered(job: DownloadJob) -> Run {
    Run::new(Job::Download(job), Trigger::Continuous, Timestamp(0))
}
