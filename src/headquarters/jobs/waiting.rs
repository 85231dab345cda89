//! How a run waits for the channel databases.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use crate::{
    domain::{
        job::{RunId, RunStatus},
        session::{Session, SessionId, SessionStatus},
        time::Timestamp,
    },
    headquarters::{
        Headquarters,
        jobs::run::{Ending, Progress},
        store::RegisteredDatabase,
    },
    runtime::clock::Deadline,
    storage::StoreResult,
};

/// Longest wait of a run for its databases.
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// How often is looked for what another process of headquarters has done.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// Whether a subscription of the database is alive, here or in another process of headquarters.
pub fn is_connected(headquarters: &Headquarters, database: &RegisteredDatabase) -> bool {
    headquarters.signals.is_connected(database.origin.database_id)
        || database.connected_until > headquarters.clock.now()
}

/// Waits until every connected database has done its session.
pub(super) async fn until_applied(
    headquarters: &Arc<Headquarters>,
    run: RunId,
    sessions: &[SessionId],
    cancelled: &CancellationToken,
    progress: Progress<'_>,
) -> StoreResult<Ending> {
    let end = Deadline::after(LONGEST_WAIT);
    let mut news = headquarters.signals.progress();
    loop {
        news.mark_unchanged();
        let (standing, waits) = look(headquarters, sessions).await?;
        progress(&standing);
        // Before anything else is made of sessions that are open: a database that is away leaves them so.
        let is_open = standing.iter().any(|session| session.status.is_open());
        if is_open && is_canceled(headquarters, run, cancelled).await? {
            return Ok(Ending::canceled());
        }
        if !waits || end.has_passed() {
            return Ok(ending(&standing));
        }
        tokio::select! {
            _ = news.changed() => {}
            () = tokio::time::sleep(LOOK_INTERVAL.min(end.time_left())) => {}
            () = cancelled.cancelled() => {}
        }
    }
}

/// Whether somebody wants the run to end, here or by another process of headquarters.
async fn is_canceled(
    headquarters: &Headquarters,
    run: RunId,
    cancelled: &CancellationToken,
) -> StoreResult<bool> {
    let asked = headquarters.store.run(run).await?.is_some_and(|run| run.cancel_requested);
    Ok(asked || cancelled.is_cancelled())
}

/// The sessions as they stand, and whether some connected database is at one.
async fn look(headquarters: &Headquarters, ids: &[SessionId]) -> StoreResult<(Vec<Session>, bool)> {
    let databases = headquarters.store.databases().await?;
    let mut sessions = Vec::with_capacity(ids.len());
    let mut waits = false;
    for id in ids {
        let Some(session) = headquarters.store.session(*id).await? else { continue };
        let connected = databases
            .iter()
            .any(|it| it.origin == session.origin && is_connected(headquarters, it));
        let is_open = session.status.is_open() && session.status != SessionStatus::Suspended;
        waits |= is_open && connected;
        sessions.push(session);
    }
    Ok((sessions, waits))
}

fn ending(sessions: &[Session]) -> Ending {
    let count = |is: fn(&Session) -> bool| sessions.iter().filter(|it| is(it)).count();
    let applied = count(|it| it.status == SessionStatus::Applied);
    let failed =
        count(|it| matches!(it.status, SessionStatus::CreateFailed | SessionStatus::UploadFailed));
    let suspended = count(|it| it.status == SessionStatus::Suspended);
    let canceled = count(|it| it.status == SessionStatus::Canceled);
    let open = count(|it| it.status.is_open()) - suspended;
    let status = match (failed, open + suspended + canceled, applied) {
        (1.., _, _) => RunStatus::Failed,
        (0, 1.., _) => RunStatus::Incomplete,
        (0, 0, 1..) => RunStatus::Succeeded,
        (0, 0, 0) => RunStatus::NoData,
    };
    let summary: Vec<_> = [
        (applied, "applied"),
        (count(|it| it.status == SessionStatus::NoData), "without anything new"),
        (canceled, "canceled"),
        (failed, "failed"),
        (suspended, "suspended"),
        (open, "waiting for their databases, which are away or busy"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{count} {what}"))
    .collect();
    Ending {
        status,
        // Of uploads, it is the databases that say so.
        rows: sessions.iter().fold(0, |sum, session| sum.saturating_add(session.rows)),
        bytes: sessions.iter().fold(0, |sum, session| sum.saturating_add(session.bytes)),
        summary: if summary.is_empty() {
            "no channel database has registered".to_owned()
        } else {
            format!("sessions: {}", summary.join(", "))
        },
    }
}

/// How long a database counts as connected without a sign of life.
pub(in crate::headquarters) fn connected_until(now: Timestamp) -> Timestamp {
    now.plus(Duration::from_secs(25))
}
