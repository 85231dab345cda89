//! Finds out whether a headquarters that was away is back.

use std::time::Duration;

use crate::{
    channel::realtime::{CallError, RealTime},
    domain::id::RequestId,
    runtime::{
        retry::HEADQUARTERS_PROBE,
        task::{Task, Tasks},
    },
};

/// Longest wait for a probe's answer.
const PROBE_LIMIT: Duration = Duration::from_secs(2);

/// Stands for no request. Looking it up reads headquarters' database, so that one which is half dead is not taken
/// for alive.
const NO_REQUEST: RequestId = RequestId(uuid::uuid!("00000000-0000-8000-8000-000000000000"));

pub(super) fn spawn(realtime: &RealTime, tasks: &Tasks) {
    let (realtime, stop) = (realtime.clone(), tasks.shutdown_token());
    tasks.spawn(Task::HeadquartersProbe, async move {
        stop.run_until_cancelled(probe(&realtime)).await;
    });
}

async fn probe(realtime: &RealTime) {
    loop {
        realtime.0.breaker.opened().await;
        for delay in HEADQUARTERS_PROBE.jittered() {
            tokio::time::sleep(delay).await;
            match realtime.0.client.look_up(NO_REQUEST, PROBE_LIMIT).await {
                // Any word of headquarters is one, a refusal too.
                Ok(_) | Err(CallError::Word(_)) => {
                    if realtime.0.breaker.close() {
                        break;
                    }
                }
                Err(CallError::Communication(failure)) => {
                    tracing::debug!(failure = failure.text(), "headquarters is still away");
                }
            }
        }
        realtime.show();
    }
}
