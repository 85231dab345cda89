//! P-0001: asks channel databases for all their async writes. They upload themselves; what they bring is in the inbox
//! when it is acknowledged.

use crate::{
    domain::{
        job::{Job, JobMode, Run},
        lease::Lease,
        session::{Session, SessionId},
    },
    headquarters::{
        Headquarters,
        jobs::{
            history::{self, Counts},
            lease::under,
            open_sessions,
        },
    },
    storage::StoreResult,
};

/// Makes the sessions of a run; says which ones it has to wait for. One that waits for its database stands for all
/// later runs.
pub(super) async fn run(
    headquarters: &Headquarters,
    lease: &Lease,
    run: &Run,
) -> StoreResult<Vec<SessionId>> {
    let mut sessions = Vec::new();
    for database in headquarters.store.databases().await? {
        if run.database.as_ref().is_some_and(|name| *name != database.name) {
            continue;
        }
        let last = headquarters.store.origin(database.origin).await?.last_counter.0;
        let (of, now) = ((database.name, database.origin), headquarters.clock.now());
        let session = Session::new(Job::ChannelTransactions, of, run.id, now);
        let session = Session { from: last, to: last, ..session };
        sessions.extend(ask(headquarters, lease, session).await?);
        headquarters.signals.tell(database.origin.database_id);
    }
    headquarters.signals.tell_progress();
    Ok(sessions)
}

/// `None`: the database has gone meanwhile.
async fn ask(
    headquarters: &Headquarters,
    lease: &Lease,
    session: Session,
) -> StoreResult<Option<SessionId>> {
    under(headquarters, lease, move |transaction| {
        let session = session.clone();
        Box::pin(async move {
            let Some(database) = transaction.lock_database(&session.database).await? else {
                return Ok(None);
            };
            let session = Session { origin: database.origin, ..session };
            let now = session.created_at;
            let open = open_sessions(transaction, &database, session.job, now).await?;
            match open.last() {
                Some(waiting) => Ok(Some(waiting.id)),
                None => Ok(Some(transaction.add_session(&session).await?)),
            }
        })
    })
    .await
}

/// Counts what has been uploaded without being asked for.
pub async fn note_upload(headquarters: &Headquarters, rows: u64, bytes: u64) {
    if headquarters.jobs.mode == JobMode::Continuous {
        history::note(headquarters, Job::ChannelTransactions, Counts { rows, bytes }).await;
    }
}
