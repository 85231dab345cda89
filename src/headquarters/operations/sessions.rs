//! What headquarters tells a channel database to do, and what that says of it.

use std::sync::Arc;

use crate::{
    domain::{
        configuration::ConfigurationVersion,
        error::{Error, FieldReason, Result, Unavailable, Violation},
        job::{AppliedVersions, DownloadJob, Job, JobMode},
        origin::Origin,
        revision::Counter,
        session::{PackageId, Report, Session, SessionId, SessionStatus, turns},
        time::Timestamp,
    },
    headquarters::{
        Headquarters,
        jobs::{self, connected_until},
        operations::registered::registered,
        store::Transaction,
    },
    storage::StoreResult,
};

pub use crate::headquarters::store::Package;

/// Changes whose outcomes are noted as delivered in one transaction.
const DELIVERED_AT_ONCE: i64 = 10_000;

/// What there is to do for a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Of each download job the session that is its turn, with its packages.
    pub sessions: Vec<(Session, Vec<Package>)>,
    pub upload_continuously: bool,
    /// Asks for all revisions.
    pub upload: Option<SessionId>,
    /// Up to here there are outcomes.
    pub concluded: Counter,
    /// What headquarters has.
    pub version: ConfigurationVersion,
}

/// Begins to serve a database that says what it has: what it has nothing of is brought without being asked for.
///
/// # Errors
/// `DatabaseNotRegistered`, `HeadquartersRestored`, `Unavailable`.
pub async fn subscribe(
    headquarters: &Arc<Headquarters>,
    origin: Origin,
    applied: AppliedVersions,
) -> Result<()> {
    check_given(headquarters, applied).await?;
    let database = registered(headquarters, origin).await?;
    let until = connected_until(headquarters.clock.now());
    note(headquarters, (&database, origin), Some(applied), until).await?;
    let missing: Vec<_> =
        DownloadJob::ALL.iter().copied().filter(|job| applied.of(*job).is_none()).collect();
    if !missing.is_empty() {
        jobs::bring(headquarters, &database, &missing);
    }
    // It may have been away for long.
    headquarters.signals.changed.notify_one();
    headquarters.signals.configured.notify_one();
    Ok(())
}

/// A sign of life of a database.
pub async fn stay_connected(headquarters: &Headquarters, origin: Origin) -> Result<()> {
    let database = registered(headquarters, origin).await?;
    let until = connected_until(headquarters.clock.now());
    note(headquarters, (&database, origin), None, until).await
}

/// A subscription of a database has ended. Nobody waits for it, unless it has another one here.
pub async fn leave(headquarters: &Headquarters, origin: Origin) -> Result<()> {
    if headquarters.signals.is_connected(origin.database_id) {
        return Ok(());
    }
    let database = registered(headquarters, origin).await?;
    note(headquarters, (&database, origin), None, headquarters.clock.now()).await?;
    headquarters.signals.tell_progress();
    Ok(())
}

/// # Errors
/// `Unavailable`.
pub async fn wanted(headquarters: &Headquarters, origin: Origin) -> Result<Wanted> {
    let store = &headquarters.store;
    let open = store.open_sessions_of(origin).await?;
    let mut sessions = Vec::new();
    for session in turns(&open) {
        let mut packages = Vec::new();
        for id in package_ids(session) {
            packages.extend(store.package_of(id).await?);
        }
        sessions.push((session.clone(), packages));
    }
    let upload = open.iter().find(|session| session.job == Job::ChannelTransactions);
    Ok(Wanted {
        sessions,
        upload_continuously: headquarters.jobs.mode == JobMode::Continuous,
        upload: upload.map(|session| session.id),
        concluded: store.concluded(origin).await?,
        version: store.configuration_version().await?,
    })
}

/// A package of a session that is its turn, which its database has begun to download by this.
///
/// # Errors
/// `DatabaseNotRegistered`, `SessionNotFound`, `SessionNotOpen`, `Unavailable`.
pub async fn download(
    headquarters: &Arc<Headquarters>,
    origin: Origin,
    id: SessionId,
    package: u32,
) -> Result<Package> {
    let database = registered(headquarters, origin).await?;
    let open = headquarters.store.open_sessions_of(origin).await?;
    let session = turns(&open).into_iter().find(|session| session.id == id).cloned();
    let session = session.ok_or(Error::SessionNotOpen(id.0))?;
    let wanted = package_ids(&session).nth(package as usize);
    let Some(wanted) = wanted else {
        let text = "the session has fewer packages";
        let violation = Violation::new("package", FieldReason::OutOfRange, text);
        return Err(Error::InvalidFields(vec![violation]));
    };
    let job = session.job;
    if session.status != SessionStatus::Requested {
        change(headquarters, session.clone(), |session, _| session.request()).await?;
    }
    if let Some(package) = headquarters.store.package_of(wanted).await? {
        return Ok(package);
    }
    // It was deleted, as it was old and nobody had begun with it: another session brings the same.
    let text = "its package is gone";
    change(headquarters, session, move |session, now| session.cancel(text, now)).await?;
    if let Job::Download(job) = job {
        jobs::bring(headquarters, &database, &[job]);
    }
    Err(Error::SessionNotOpen(id.0))
}

/// A chunk of a package.
///
/// # Errors
/// `Unavailable`, also where the package was deleted meanwhile, with the session that was canceled.
pub async fn chunk(
    headquarters: &Headquarters,
    package: PackageId,
    ordinal: u32,
) -> Result<Vec<u8>> {
    let chunk = headquarters.store.chunk(package, ordinal).await?;
    chunk.ok_or(Error::Unavailable(Unavailable::Store))
}

/// Takes over what a database says of a session. A session that has ended stays as it is.
///
/// # Errors
/// `DatabaseNotRegistered`, `SessionNotFound`, `InvalidFields` where it does not tell the truth, `HeadquartersRestored`,
/// `Unavailable`.
pub async fn report(
    headquarters: &Arc<Headquarters>,
    origin: Origin,
    id: SessionId,
    report: Report,
    applied: AppliedVersions,
) -> Result<()> {
    check_given(headquarters, applied).await?;
    let database = registered(headquarters, origin).await?;
    let session = headquarters.store.session(id).await?;
    let Some(session) = session.filter(|session| session.origin == origin) else {
        return Err(Error::SessionNotFound(id.0));
    };
    check_report(&session, &report, applied)?;
    let until = connected_until(headquarters.clock.now());
    note(headquarters, (&database, origin), Some(applied), until).await?;
    let begins_anew = report == Report::NotApplicable;
    let (job, from, to) = (session.job, session.from, session.to);
    let position = headquarters.store.origin(origin).await?.last_counter.0;
    let report = with_all_rows(report, position - from);
    change(headquarters, session, move |session, now| {
        let changed = session.report(&report, now);
        if changed && session.job == Job::ChannelTransactions {
            session.to = position;
        }
        changed
    })
    .await?;
    if applied.customers >= Some(to) && job == Job::Download(DownloadJob::Customers) {
        deliver(headquarters, origin, from, to).await?;
    }
    match job {
        Job::Download(job) if begins_anew => jobs::bring(headquarters, &database, &[job]),
        Job::Download(DownloadJob::Customers) if applied.customers >= Some(to) => {
            headquarters.signals.changed.notify_one();
        }
        _ => headquarters.signals.configured.notify_one(),
    }
    Ok(())
}

/// Where the answer to an upload was lost, its database counts only the rest.
fn with_all_rows(report: Report, since_the_session: i64) -> Report {
    match report {
        Report::Uploaded { rows, bytes } => {
            let all = u64::try_from(since_the_session).unwrap_or(0);
            Report::Uploaded { rows: rows.max(all), bytes }
        }
        report => report,
    }
}

/// # Errors
/// `InvalidFields`: no session of its job comes to that, or not by a database that has these versions.
fn check_report(session: &Session, report: &Report, applied: AppliedVersions) -> Result<()> {
    let refused = |field, text| {
        let violation = Violation::new(field, FieldReason::OutOfRange, text);
        Err(Error::InvalidFields(vec![violation]))
    };
    let is_of_upload = matches!(report, Report::Uploaded { .. } | Report::UploadFailed(_));
    if is_of_upload != (session.job == Job::ChannelTransactions) {
        return refused("result", "a session of another job comes to that");
    }
    match (session.job, report) {
        (Job::Download(job), Report::Applied) if applied.of(job) < Some(session.to) => {
            refused("applied", "the session is not applied by a database that has this version")
        }
        _ => Ok(()),
    }
}

/// Notes when a database had its outcomes, in steps between which others get their turn.
async fn deliver(headquarters: &Headquarters, origin: Origin, from: i64, to: i64) -> Result<()> {
    let now = headquarters.clock.now();
    let mut from = from;
    while from < to {
        let step = to.min(from.saturating_add(DELIVERED_AT_ONCE));
        headquarters
            .writer
            .transact(move |transaction| {
                Box::pin(async move { transaction.mark_delivered(origin, from, step, now).await })
            })
            .await?;
        from = step;
    }
    Ok(())
}

/// Cancels what comes after a session that has been canceled, and deletes its packages where they could not be read.
pub(super) async fn cancel_successors(
    transaction: &mut dyn Transaction,
    session: &Session,
    now: Timestamp,
) -> StoreResult<()> {
    let open = transaction.open_sessions(&session.database, Some(session.job)).await?;
    for mut successor in open.into_iter().filter(|open| open.id > session.id) {
        successor.cancel("one before it was canceled", now);
        transaction.put_session(&successor).await?;
    }
    if session.try_count > 0 {
        for id in package_ids(session) {
            transaction.delete_package(id).await?;
        }
    }
    Ok(())
}

/// Changes a session under its database's lock, by what it is then.
async fn change(
    headquarters: &Headquarters,
    session: Session,
    change: impl FnOnce(&mut Session, Timestamp) -> bool + Send + 'static,
) -> Result<()> {
    let now = headquarters.clock.now();
    let database_id = session.origin.database_id;
    headquarters
        .writer
        .transact(move |transaction| {
            Box::pin(async move {
                transaction.lock_database(&session.database).await?;
                let Some(mut standing) = transaction.session(session.id).await? else {
                    return Ok(());
                };
                if !change(&mut standing, now) {
                    return Ok(());
                }
                transaction.put_session(&standing).await?;
                if standing.status == SessionStatus::Canceled {
                    cancel_successors(transaction, &standing, now).await?;
                }
                Ok(())
            })
        })
        .await?;
    headquarters.signals.tell(database_id);
    headquarters.signals.tell_progress();
    Ok(())
}

/// `applied`: what it says that it has; `None`: it says nothing of that, and what it said last still holds.
async fn note(
    headquarters: &Headquarters,
    (name, origin): (&str, Origin),
    applied: Option<AppliedVersions>,
    until: Timestamp,
) -> Result<()> {
    let name = name.to_owned();
    headquarters
        .writer
        .transact(move |transaction| {
            Box::pin(async move {
                let standing = transaction.lock_database(&name).await?;
                let Some(standing) = standing.filter(|standing| standing.origin == origin) else {
                    return Ok(Err(Error::DatabaseNotRegistered));
                };
                let applied = applied.unwrap_or(standing.applied);
                transaction.note_database(&name, applied, until).await.map(Ok)
            })
        })
        .await?
}

/// A database has nothing that headquarters has not given.
async fn check_given(headquarters: &Headquarters, applied: AppliedVersions) -> Result<()> {
    let version = headquarters.store.configuration_version().await?;
    let given = [
        (DownloadJob::Customers, headquarters.store.last_change().await?),
        (DownloadJob::ChannelConfiguration, version.channel_configuration),
        (DownloadJob::GlobalConfiguration, version.global_configuration),
    ];
    for (job, given) in given {
        if let Some(version) = applied.of(job).filter(|version| *version > given) {
            return Err(Error::HeadquartersRestored { job: job.as_str(), version, given });
        }
    }
    Ok(())
}

/// In the order in which they are applied.
fn package_ids(session: &Session) -> impl Iterator<Item = PackageId> + use<> {
    session.package.into_iter().chain(session.outcomes)
}
