//! Every background task of the process, and what its end means: none dies in silence. Tasks are
//! spawned here only, so that a stopping unit knows for whom it waits, and a test's unit leaves
//! nobody behind.

use std::{future::Future, panic::AssertUnwindSafe, time::Duration};

use futures::FutureExt as _;
use tokio::sync::{oneshot, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How long aborted tasks get to drop what they hold. They do so at their next await.
const ABORT_LIMIT: Duration = Duration::from_secs(1);

macro_rules! tasks {
    ($($(#[$doc:meta])* $variant:ident = $name:literal: $on_end:ident),* $(,)?) => {
        /// What runs in the background of a unit. Reading this list is reading what runs.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Task { $($(#[$doc])* $variant),* }

        impl Task {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its name in logs.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// What its end means while the unit is not stopping.
            #[must_use]
            pub const fn on_end(self) -> OnEnd {
                match self { $(Self::$variant => OnEnd::$on_end),* }
            }
        }
    };
}

tasks! {
    /// Gathers writes and commits them. Without it no write is answered.
    Writer = "writer": StopsTheUnit,
    /// Serves gRPC.
    GrpcServer = "grpc-server": StopsTheUnit,
    /// Serves metrics and health.
    HttpServer = "http-server": StopsTheUnit,
    /// Registers with headquarters and fetches the configuration. Without it a unit goes on with what it
    /// has stored, and headquarters takes it for gone.
    ExchangeAgent = "exchange-agent": StopsTheUnit,
    /// Finds out whether a headquarters that was away is back. Without it the unit would never call it
    /// again.
    HeadquartersProbe = "headquarters-probe": StopsTheUnit,
    /// Makes customers of what was uploaded, as it comes. Without it nothing that is pending is ever numbered.
    SynchronizeJob = "synchronize-job": StopsTheUnit,
    /// Brings customers to channels as they change.
    CustomersJob = "customers-job": StopsTheUnit,
    /// Brings the setup to channels as it changes.
    ConfigurationJobs = "configuration-jobs": StopsTheUnit,
    /// Runs jobs by their recurrences.
    Recurrences = "recurrences": StopsTheUnit,
    /// Tells one channel database what there is to do for it.
    Subscription = "subscription": Expected,
    /// Deletes old runs, sessions and packages. Without it the tables grow, and nothing else.
    HistoryPruning = "history-pruning": Logged,
    /// Loads one channel's configuration for all who wait for it.
    ConfigurationLoad = "configuration-load": Expected,
    /// Deletes request records that are too old. Without it the table grows, and nothing else.
    RequestRecordPruning = "request-record-pruning": Logged,
    /// Moves SQLite's log into its database outside the writer. Without it the log grows without
    /// bound.
    Checkpoint = "checkpoint": StopsTheUnit,
    /// Waits for the signals that stop the process.
    SignalListener = "signal-listener": Logged,
    /// Keeps the memory of the metrics small where nobody scrapes them.
    MetricsUpkeep = "metrics-upkeep": Logged,
    /// One write from the point on where it must not be dropped with its caller.
    Operation = "operation": Expected,
}

/// What the end of a task means. A panic is always logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnEnd {
    /// The unit can't do its work without it: it is logged and the unit stops.
    StopsTheUnit,
    /// It is logged; the unit goes on.
    Logged,
    /// It is done.
    Expected,
}

/// How a task can end: nothing to say, or a failure to log.
pub trait Outcome: Send {
    /// What went wrong.
    fn failure(self) -> Option<String>;
}

impl Outcome for () {
    fn failure(self) -> Option<String> {
        None
    }
}

impl Outcome for anyhow::Result<()> {
    fn failure(self) -> Option<String> {
        self.err().map(|error| format!("{error:#}"))
    }
}

/// The background tasks of one unit.
#[derive(Debug, Clone)]
pub struct Tasks {
    tracker: TaskTracker,
    /// Asks those who take calls to take no more; what serves the calls that run goes on.
    closing: CancellationToken,
    /// Asks every task to end.
    shutdown: CancellationToken,
    /// Drops every task at its next await.
    abort: CancellationToken,
    /// The first task whose end stops the unit.
    failed: watch::Sender<Option<Task>>,
}

enum End {
    Returned,
    Failed(String),
    Panicked,
    Aborted,
}

// === impl Tasks ===

impl Default for Tasks {
    fn default() -> Self {
        Self::new()
    }
}

impl Tasks {
    /// No tasks yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            tracker: TaskTracker::new(),
            closing: CancellationToken::new(),
            shutdown: CancellationToken::new(),
            abort: CancellationToken::new(),
            failed: watch::Sender::new(None),
        }
    }

    /// Runs `future` in the background. It watches [`Self::shutdown_token`] and ends soon after.
    pub fn spawn<F>(&self, task: Task, future: F)
    where
        F: Future<Output: Outcome> + Send + 'static,
    {
        let tasks = self.clone();
        tokio::spawn(self.tracker.track_future(async move {
            let caught = AssertUnwindSafe(future).catch_unwind();
            let end = match tasks.abort.run_until_cancelled(caught).await {
                Some(Ok(outcome)) => outcome.failure().map_or(End::Returned, End::Failed),
                Some(Err(_panic)) => End::Panicked,
                None => End::Aborted,
            };
            tasks.ended(task, end);
        }));
    }

    /// Runs `future` in a task of its own, so that it comes to its end even if the caller stops
    /// waiting. `None` if it panicked or the unit was aborted. It starts at once, not when the
    /// answer is awaited.
    pub fn run_to_end<F>(
        &self,
        task: Task,
        future: F,
    ) -> impl Future<Output = Option<F::Output>> + Send + use<F>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        self.spawn(task, async move {
            // Nobody waits any more: that is what this is for.
            let _ = answer.send(future.await);
        });
        async { answered.await.ok() }
    }

    /// Is cancelled when the unit stops, by [`Self::shut_down`] or by the end of a task it can't do
    /// without.
    #[must_use]
    pub fn shutdown_token(&self) -> CancellationToken {
        self.shutdown.clone()
    }

    /// Is cancelled when the unit shall take no more calls: at the latest when it stops.
    #[must_use]
    pub fn closing_token(&self) -> CancellationToken {
        self.closing.clone()
    }

    /// Begins an orderly stop: no more calls. From now on a task's end is expected.
    pub fn close(&self) {
        self.closing.cancel();
    }

    /// Asks every task to end.
    pub fn shut_down(&self) {
        self.closing.cancel();
        self.shutdown.cancel();
    }

    /// Waits until a task has ended that the unit can't do without, and names the first.
    pub async fn failed(&self) -> Task {
        let mut failed = self.failed.subscribe();
        match failed.wait_for(Option::is_some).await.map(|task| *task) {
            Ok(Some(task)) => task,
            // `self` holds the sender.
            Ok(None) | Err(_) => std::future::pending().await,
        }
    }

    /// The first task that ended though the unit can't do without it: then the process ends with an
    /// error.
    #[must_use]
    pub fn failure(&self) -> Option<Task> {
        *self.failed.borrow()
    }

    /// Asks every task to end and waits for them, `limit` at most; aborts the ones that are left
    /// then. Whether all ended by themselves.
    pub async fn drain(&self, limit: Duration) -> bool {
        self.shut_down();
        self.tracker.close();
        if tokio::time::timeout(limit, self.tracker.wait()).await.is_ok() {
            return true;
        }
        tracing::warn!(
            tasks = self.tracker.len(),
            limit_ms = limit.as_millis(),
            "tasks did not end in time and are aborted"
        );
        self.abort().await;
        false
    }

    /// Drops every task where it stands, as a crash would. A test's way to cut the power.
    pub async fn abort(&self) {
        self.shut_down();
        self.abort.cancel();
        self.tracker.close();
        if tokio::time::timeout(ABORT_LIMIT, self.tracker.wait()).await.is_err() {
            tracing::error!(tasks = self.tracker.len(), "tasks block their thread and are left");
        }
    }

    fn ended(&self, task: Task, end: End) {
        let (name, stopping) = (task.name(), self.closing.is_cancelled());
        let stops_the_unit = match (end, task.on_end()) {
            (End::Aborted, _) | (End::Returned, OnEnd::Expected) => false,
            (End::Returned, _) if stopping => false,
            (End::Returned, OnEnd::Logged) => {
                tracing::warn!(task = name, "a background task has ended");
                false
            }
            (End::Returned, OnEnd::StopsTheUnit) => {
                tracing::error!(task = name, "a background task has ended; the unit stops");
                true
            }
            (End::Failed(error), on_end) => {
                tracing::error!(task = name, error, "a background task has failed");
                on_end == OnEnd::StopsTheUnit
            }
            // The payload may quote what a customer typed: the hook has logged where it was, and no
            // more.
            (End::Panicked, on_end) => {
                tracing::error!(task = name, "a background task has panicked");
                on_end == OnEnd::StopsTheUnit
            }
        };
        if stops_the_unit {
            self.failed.send_if_modified(|first| {
                let is_first = first.is_none();
                first.get_or_insert(task);
                is_first
            });
            self.shut_down();
        }
    }
}

#[cfg(test)]
mod tests;
