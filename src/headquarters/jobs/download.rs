//! 1010, 1070 and 1110: makes for each channel database the session that brings it what it has not.

use std::collections::HashSet;

use futures::{Stream, TryStreamExt as _, stream};

use crate::{
    domain::{
        base::Base,
        conclusion::RevisionStatus,
        job::{DownloadJob, Job, Run, RunId, Trigger},
        lease::Lease,
        origin::Origin,
        outcome::OutcomeStatus,
        session::{Next, Session, SessionId, SessionStatus, plan},
        time::Timestamp,
    },
    headquarters::{
        Headquarters,
        jobs::{
            history::{self, Counts},
            lease::under,
            open_sessions,
            package::{Built, build},
        },
        store::{PackageKey, RegisteredDatabase, RevisionOutcome, Transaction, VersionedSetup},
    },
    proto::exchange::PackageRow,
    storage::{StoreError, StoreResult},
    wire::package::{self, FORMAT, OutcomeContent},
};

/// Rows that are read at once.
const PAGE: u32 = 1_000;

/// Where the rows of a run come from.
enum Source {
    /// Customers up to this change.
    Customers(i64),
    /// All that a database has of the setup, under this version.
    Configuration(Box<VersionedSetup>),
}

/// What became of a run at one database.
enum Made {
    Nothing,
    /// One that needs no package: it has one, or there is nothing to bring.
    ToWaitFor(SessionId),
    /// One that is to be offered.
    Session(Box<Session>),
}

/// Makes the sessions of a run; says which ones it has to wait for. What is left half done when it fails is made anew
/// by the next run.
pub(super) async fn run(
    headquarters: &Headquarters,
    lease: &Lease,
    run: &Run,
    job: DownloadJob,
) -> StoreResult<Vec<SessionId>> {
    let source = source(headquarters, job).await?;
    let mut sessions = Vec::new();
    for database in headquarters.store.databases().await? {
        if run.database.as_ref().is_some_and(|name| *name != database.name) {
            continue;
        }
        match make(headquarters, lease, run, job, source.version(job), &database).await? {
            Made::Nothing => {}
            Made::ToWaitFor(id) => sessions.push(id),
            Made::Session(session) => {
                sessions.push(session.id);
                offer(headquarters, lease, run, &source, *session).await?;
            }
        }
    }
    Ok(sessions)
}

/// Whether some database has not all that there is, and no session that it is busy with.
pub(super) async fn has_work(headquarters: &Headquarters, job: DownloadJob) -> StoreResult<bool> {
    let target = target(headquarters, job).await?;
    for database in headquarters.store.databases().await? {
        if database.applied.of(job) >= Some(target) {
            continue;
        }
        let open = headquarters.store.open_sessions_of(database.origin).await?;
        if !open.iter().any(|session| is_busy(session, job)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A session that nobody has to make anew, and after which there will be time for the next.
fn is_busy(session: &Session, job: DownloadJob) -> bool {
    session.job == Job::Download(job) && session.status != SessionStatus::Started
}

/// What headquarters has of a job.
async fn target(headquarters: &Headquarters, job: DownloadJob) -> StoreResult<i64> {
    let store = &headquarters.store;
    Ok(match job {
        DownloadJob::Customers => store.last_change().await?,
        DownloadJob::ChannelConfiguration => {
            store.configuration_version().await?.channel_configuration
        }
        DownloadJob::GlobalConfiguration => {
            store.configuration_version().await?.global_configuration
        }
    })
}

async fn source(headquarters: &Headquarters, job: DownloadJob) -> StoreResult<Source> {
    Ok(match job {
        DownloadJob::Customers => Source::Customers(headquarters.store.last_change().await?),
        DownloadJob::ChannelConfiguration | DownloadJob::GlobalConfiguration => {
            Source::Configuration(Box::new(headquarters.store.setup().await?))
        }
    })
}

/// Plans under the database's lock and writes the session down, without packages yet.
async fn make(
    headquarters: &Headquarters,
    lease: &Lease,
    run: &Run,
    job: DownloadJob,
    target: i64,
    database: &RegisteredDatabase,
) -> StoreResult<Made> {
    let (name, now) = (database.name.clone(), headquarters.clock.now());
    let run = run.clone();
    let made = under(headquarters, lease, move |transaction| {
        let (name, run) = (name.clone(), run.clone());
        Box::pin(async move {
            let Some(database) = transaction.lock_database(&name).await? else {
                return Ok(Made::Nothing);
            };
            let open = open_sessions(transaction, &database, Job::Download(job), now).await?;
            if run.trigger == Trigger::Continuous && open.iter().any(|it| is_busy(it, job)) {
                return Ok(Made::Nothing);
            }
            let plan = plan(&open, database.applied.of(job), target, run.full);
            for mut session in open.into_iter().filter(|it| plan.replaced.contains(&it.id)) {
                session.cancel("a later session takes its place", now);
                transaction.put_session(&session).await?;
            }
            next(transaction, &run, job, target, &database, plan.next, now).await
        })
    })
    .await?;
    headquarters.signals.tell(database.origin.database_id);
    headquarters.signals.tell_progress();
    Ok(made)
}

async fn next(
    transaction: &mut dyn Transaction,
    run: &Run,
    job: DownloadJob,
    target: i64,
    database: &RegisteredDatabase,
    next: Next,
    now: Timestamp,
) -> StoreResult<Made> {
    let (from, full) = match next {
        Next::OnItsWay(session) => return Ok(Made::ToWaitFor(session)),
        Next::NoData if run.trigger == Trigger::Continuous => return Ok(Made::Nothing),
        Next::NoData => (target, false),
        // A configuration is small, and always brought whole.
        Next::Session { .. } if job != DownloadJob::Customers => (0, true),
        Next::Session { from, full } => (from, full),
    };
    let of = (database.name.clone(), database.origin);
    let session = Session::new(Job::Download(job), of, run.id, now);
    let mut session = Session { from, to: target, full, ..session };
    if next == Next::NoData {
        session.end(SessionStatus::NoData, now);
        return Ok(Made::ToWaitFor(transaction.add_session(&session).await?));
    }
    if run.id == RunId(0) {
        session.run = history::continuous(transaction, run.job, now).await?.id;
    }
    session.id = transaction.add_session(&session).await?;
    Ok(Made::Session(Box::new(session)))
}

/// Builds the packages of a session and makes it available.
async fn offer(
    headquarters: &Headquarters,
    lease: &Lease,
    run: &Run,
    source: &Source,
    session: Session,
) -> StoreResult<()> {
    let built = packages(headquarters, lease, source, &session).await;
    let failure = built.as_ref().err().map(ToString::to_string);
    if let Some(failure) = &failure {
        tracing::error!(failure, session = session.id.0, "a package could not be built");
    }
    let continuous = run.trigger == Trigger::Continuous;
    let retried = failure.clone().filter(|_| continuous);
    let (now, stored) = (headquarters.clock.now(), built.ok());
    let database_id = session.origin.database_id;
    under(headquarters, lease, move |transaction| {
        let (mut session, stored) = (session.clone(), stored.clone());
        let failed = failure.is_some();
        Box::pin(async move {
            // It may have been canceled meanwhile.
            transaction.lock_database(&session.database).await?;
            let standing = transaction.session(session.id).await?;
            if standing.is_none_or(|standing| standing.status != SessionStatus::Started) {
                return Ok(());
            }
            if let Some((package, outcomes)) = &stored {
                session.package = Some(package.store(transaction).await?);
                session.rows = package.rows();
                session.bytes = package.bytes();
                if let Some(outcomes) = outcomes {
                    session.outcomes = Some(outcomes.store(transaction).await?);
                    session.rows += outcomes.rows();
                    session.bytes += outcomes.bytes();
                }
                session.status = SessionStatus::Available;
                session.available_at = Some(now);
            } else {
                session.error = Some("its package could not be built; the log says why".to_owned());
                session.end(SessionStatus::CreateFailed, now);
            }
            transaction.put_session(&session).await?;
            if continuous && !failed {
                let counts = Counts { rows: session.rows, bytes: session.bytes };
                history::count(transaction, session.run, counts, now).await?;
            }
            Ok(())
        })
    })
    .await?;
    headquarters.signals.tell(database_id);
    headquarters.signals.tell_progress();
    // What comes by itself is tried again by itself.
    retried.map_or(Ok(()), |failure| Err(StoreError::Unavailable(failure)))
}

/// The package of the job, and then that of the outcomes: so each outcome finds what contains it in one of the two.
async fn packages(
    headquarters: &Headquarters,
    lease: &Lease,
    source: &Source,
    session: &Session,
) -> StoreResult<(Built, Option<Built>)> {
    let Job::Download(job) = session.job else {
        return Err(StoreError::Refused("an upload has no package".to_owned()));
    };
    let (from, to, full) = (session.from, session.to, session.full);
    let key = |full, filter| PackageKey { job, from, to, full, format: FORMAT, filter };
    let setup = match source {
        Source::Customers(_) => {
            let rows = customers(headquarters, session);
            let package = build(headquarters, lease, key(full, String::new()), rows).await?;
            let Origin { database_id, incarnation } = session.origin;
            let filter = format!("outcomes:{database_id}.{incarnation}");
            let rows = outcomes(headquarters, session);
            let outcomes = build(headquarters, lease, key(false, filter), rows).await?;
            return Ok((package, Some(outcomes)));
        }
        Source::Configuration(setup) => &setup.setup,
    };
    let (rows, filter) = match job {
        DownloadJob::ChannelConfiguration => {
            let rows = setup.channel_configuration(&session.database);
            (package::of_channel_configuration(rows), session.database.clone())
        }
        _ => (package::of_global_configuration(setup.global_configuration()), String::new()),
    };
    let rows = stream::iter(rows.into_iter().map(Ok));
    Ok((build(headquarters, lease, key(full, filter), rows).await?, None))
}

/// Customers of a session: all by their ids, or those that have changed. One that changes again meanwhile is brought
/// by the next session, or by the outcomes of this one.
fn customers<'a>(
    headquarters: &'a Headquarters,
    session: &Session,
) -> impl Stream<Item = StoreResult<PackageRow>> + Send + use<'a> {
    let (full, from, to) = (session.full, session.from, session.to);
    let pages = stream::try_unfold((None::<Base>, false), move |(last, ended)| async move {
        if ended {
            return Ok::<_, StoreError>(None);
        }
        let store = &headquarters.store;
        let records = if full {
            store.customers_above(last.map(|base| base.customer.id), PAGE).await?
        } else {
            store.changes(last.map_or(from, |base| base.version), to, PAGE).await?
        };
        let ended = records.len() < PAGE as usize;
        let last = records.last().map(|record| record.base.clone());
        let rows: Vec<_> = records.iter().map(|it| Ok(package::of_customer(&it.base))).collect();
        Ok(Some((stream::iter(rows), (last, ended))))
    });
    pages.try_flatten()
}

/// Outcomes of a session's origin, each page after the customers that the other package could not have.
fn outcomes<'a>(
    headquarters: &'a Headquarters,
    session: &Session,
) -> impl Stream<Item = StoreResult<PackageRow>> + Send + use<'a> {
    let (origin, from, to) = (session.origin, session.from, session.to);
    let begin = (from, HashSet::new(), false);
    let pages = stream::try_unfold(begin, move |(from, mut sent, ended)| async move {
        if ended {
            return Ok::<_, StoreError>(None);
        }
        let store = &headquarters.store;
        let page = store.outcomes(origin, from, to, PAGE).await?;
        let named: HashSet<_> = page.iter().map(|outcome| outcome.customer_id).collect();
        let named: Vec<_> = named.into_iter().filter(|id| !sent.contains(id)).collect();
        let mut rows = Vec::new();
        for record in store.records(&named).await? {
            if record.base.version > to && sent.insert(record.base.customer.id) {
                rows.push(Ok(package::of_customer(&record.base)));
            }
        }
        rows.extend(page.iter().map(|outcome| Ok(package::of_outcome(&content(outcome)))));
        let ended = page.len() < PAGE as usize;
        let last = page.last().map_or(from, |last| last.version);
        Ok(Some((stream::iter(rows), (last, sent, ended))))
    });
    pages.try_flatten()
}

fn content(outcome: &RevisionOutcome) -> OutcomeContent {
    let status = match outcome.status {
        RevisionStatus::Synchronized if outcome.superseded => OutcomeStatus::Superseded,
        RevisionStatus::Synchronized => OutcomeStatus::Synchronized,
        RevisionStatus::Parked => OutcomeStatus::Parked,
        RevisionStatus::Failed | RevisionStatus::Received => OutcomeStatus::Failed,
    };
    OutcomeContent {
        revision_id: outcome.revision_id,
        counter: outcome.counter,
        request_id: outcome.request_id,
        request_hash: outcome.request_hash,
        customer_id: outcome.customer_id,
        method: outcome.method,
        decision: outcome.decision.clone(),
        status,
        change: outcome.version,
        contained_in: outcome.contained_in.unwrap_or(0),
        error_reason: outcome.error_reason.clone(),
        processed_at: outcome.processed_at,
    }
}

// === impl Source ===

impl Source {
    fn version(&self, job: DownloadJob) -> i64 {
        match self {
            Self::Customers(change) => *change,
            Self::Configuration(setup) if job == DownloadJob::ChannelConfiguration => {
                setup.version.channel_configuration
            }
            Self::Configuration(setup) => setup.version.global_configuration,
        }
    }
}
