//! P-0001: asks channel databases for all their async writes. They upload themselves; what they bring is in the inbox
//! when it is acknowledged.

use crate::{
    domain::{
        job::{Job, JobMode, Run},
        lease::Lease,
        session::{Session, SessionId, SessionStatus},
    },
    headquarters::{
        Headquarters,
        jobs::{
            history::{self, Counts},
            lease::under,
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
        let session = Session {
            id: SessionId(0),
            job: Job::ChannelTransactions,
            database: database.name.clone(),
            origin: database.origin,
            run: run.id,
            from: last,
            to: last,
            full: false,
            status: SessionStatus::Started,
            try_count: 0,
            package: None,
            outcomes: None,
            rows: 0,
            bytes: 0,
            error: None,
            created_at: headquarters.clock.now(),
            available_at: None,
            downloaded_at: None,
            ended_at: None,
        };
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
            let mut waiting = None;
            for mut open in transaction.open_sessions(&session.database, Some(session.job)).await? {
                if open.origin == session.origin {
                    waiting = Some(open.id);
                } else {
                    open.cancel(
                        "another database is registered under the name",
                        session.created_at,
                    );
                    transaction.put_session(&open).await?;
                }
            }
            match waiting {
                Some(waiting) => Ok(Some(waiting)),
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
