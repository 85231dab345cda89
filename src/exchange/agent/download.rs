//! Applies the sessions of a download job, one after the other, and says what became of each.

use std::time::Duration;

use tokio::sync::watch;

use crate::{
    domain::{job::DownloadJob, revision::Counter},
    exchange::agent::{
        Agent, EXCHANGE, ExchangeError, Wanted,
        fetch::Fetched,
        leased::{BUSY, Leased},
    },
    proto::exchange::{OfferedSession, SessionResult},
    storage::StoreError,
    wire::package::PackageError,
};

/// How long to leave a session that has failed.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// What became of an attempt.
enum Attempt {
    /// There is nothing to do until there is news.
    Done,
    /// So it is with a session that headquarters knows to be applied.
    Applied,
    /// Another replica is at it.
    Busy,
    /// It has failed, and headquarters knows.
    Failed,
}

/// What is to be said of a session.
type Brought = (SessionResult, Option<ExchangeError>);

/// How a session stands to the version that is here.
#[derive(Debug, PartialEq, Eq)]
enum Standing {
    Next,
    /// It was applied before.
    Applied,
    /// It goes on from a version that is not here.
    NotApplicable,
}

impl Agent {
    /// Applies whatever headquarters offers, for ever.
    pub(super) async fn download(&self, job: DownloadJob, mut news: watch::Receiver<Wanted>) {
        let mut delays = EXCHANGE.jittered();
        let mut concluded = Counter(0);
        // What headquarters has said may be older than what it was told since.
        let mut done = None;
        loop {
            let wanted = news.borrow_and_update().clone();
            let again = match self.download_wanted(job, wanted, &mut done, &mut concluded).await {
                Ok(Attempt::Done | Attempt::Applied) => {
                    delays = EXCHANGE.jittered();
                    None
                }
                Ok(Attempt::Busy) => Some(BUSY),
                Ok(Attempt::Failed) => Some(AFTER_FAILURE),
                Err(error) => {
                    tracing::debug!(%error, job = job.as_str(), "a session is not applied this time");
                    Some(delays.next().unwrap_or(EXCHANGE.cap))
                }
            };
            match again {
                Some(delay) => tokio::time::sleep(delay).await,
                None => {
                    if news.changed().await.is_err() {
                        return;
                    }
                }
            }
        }
    }

    async fn download_wanted(
        &self,
        job: DownloadJob,
        wanted: Wanted,
        done: &mut Option<i64>,
        concluded: &mut Counter,
    ) -> Result<Attempt, ExchangeError> {
        let Some(wanted) = wanted else { return Ok(Attempt::Done) };
        let mut offered = wanted.sessions.iter().filter(|session| session.job == job.as_str());
        if let Some(session) = offered.find(|session| Some(session.id) != *done) {
            let attempt = self.bring(job, session).await?;
            if matches!(attempt, Attempt::Applied) {
                *done = Some(session.id);
            }
            return Ok(attempt);
        }
        if job == DownloadJob::Customers {
            self.note_concluded(Counter(wanted.concluded_counter), concluded).await?;
        }
        Ok(Attempt::Done)
    }

    /// Headquarters is done with what is not downloaded yet.
    async fn note_concluded(
        &self,
        counter: Counter,
        noted: &mut Counter,
    ) -> Result<(), ExchangeError> {
        if counter > *noted {
            self.writer.mark_processed(counter).await?;
            *noted = counter;
        }
        Ok(())
    }

    async fn bring(
        &self,
        job: DownloadJob,
        session: &OfferedSession,
    ) -> Result<Attempt, ExchangeError> {
        // A database takes its customers first: whoever has a configuration serves.
        if job != DownloadJob::Customers
            && self.store.applied(DownloadJob::Customers).await?.is_none()
        {
            return Ok(Attempt::Busy);
        }
        let Some(mut leased) = self.lease(job.as_str()).await? else { return Ok(Attempt::Busy) };
        let brought = self.bring_leased(job, session, &mut leased).await;
        // Before headquarters is told: whoever hears of it there finds the job free.
        leased.release().await;
        let (result, error) = brought?;
        self.say(session, result, error.as_ref()).await
    }

    async fn bring_leased(
        &self,
        job: DownloadJob,
        session: &OfferedSession,
        leased: &mut Leased<'_>,
    ) -> Result<Brought, ExchangeError> {
        let here = self.store.applied(job).await?.map(|applied| applied.version);
        match standing(session, here) {
            Standing::Applied => Ok((SessionResult::Applied, None)),
            Standing::NotApplicable => Ok((SessionResult::NotApplicable, None)),
            Standing::Next => {
                let packages = match self.fetch_all(job, session, leased).await {
                    Err(error @ ExchangeError::Package(_)) => {
                        return Ok((SessionResult::DownloadFailed, Some(error)));
                    }
                    packages => packages?,
                };
                self.say(session, SessionResult::Downloaded, None).await?;
                self.apply_all(job, session, packages, leased).await
            }
        }
    }

    async fn fetch_all(
        &self,
        job: DownloadJob,
        session: &OfferedSession,
        leased: &mut Leased<'_>,
    ) -> Result<Vec<Fetched>, ExchangeError> {
        // A session that lacks one would be applied as if that brought nothing, or deleted everything.
        if session.packages.len() != packages_of(job) {
            return Err(PackageError::Truncated.into());
        }
        let count = u32::try_from(session.packages.len()).unwrap_or(0);
        let mut packages = Vec::new();
        for package in 0..count {
            let fetched = self.fetch(session, package, leased).await?;
            fetched.check(job, session, package == 0)?;
            packages.push(fetched);
        }
        Ok(packages)
    }

    async fn apply_all(
        &self,
        job: DownloadJob,
        session: &OfferedSession,
        packages: Vec<Fetched>,
        leased: &mut Leased<'_>,
    ) -> Result<Brought, ExchangeError> {
        match self.apply(job, session, packages, leased).await {
            Ok(rows) => {
                let (from, to) = (session.from_version, session.to_version);
                tracing::info!(job = job.as_str(), session = session.id, from, to, rows, "applied");
                self.applied.send_replace(());
                Ok((SessionResult::Applied, None))
            }
            Err(error) if is_about_the_session(&error) => {
                Ok((SessionResult::ApplyFailed, Some(error)))
            }
            Err(error) => Err(error),
        }
    }

    async fn say(
        &self,
        session: &OfferedSession,
        result: SessionResult,
        error: Option<&ExchangeError>,
    ) -> Result<Attempt, ExchangeError> {
        if let Some(error) = error {
            tracing::warn!(%error, session = session.id, "a session has failed");
        }
        match self.report(session.id, result, error, (0, 0)).await {
            Ok(()) if error.is_some() => Ok(Attempt::Failed),
            Ok(()) if result == SessionResult::Applied => Ok(Attempt::Applied),
            // It has gone meanwhile, and there will be news.
            Ok(()) | Err(ExchangeError::Refused { .. }) => Ok(Attempt::Done),
            Err(error) => Err(error),
        }
    }
}

/// How many packages a session has: that of the job, and for customers that of the outcomes.
const fn packages_of(job: DownloadJob) -> usize {
    match job {
        DownloadJob::Customers => 2,
        DownloadJob::ChannelConfiguration | DownloadJob::GlobalConfiguration => 1,
    }
}

/// A full session is applied whenever it is offered: somebody wants everything anew, or nobody knows that it was
/// applied.
fn standing(session: &OfferedSession, here: Option<i64>) -> Standing {
    match here {
        Some(here) if here > session.to_version => Standing::Applied,
        Some(here) if here == session.to_version && !session.full => Standing::Applied,
        Some(here) if here >= session.from_version => Standing::Next,
        None if session.full => Standing::Next,
        Some(_) | None => Standing::NotApplicable,
    }
}

/// Whether it would fail again, rather than the database being away or busy.
fn is_about_the_session(error: &ExchangeError) -> bool {
    match error {
        ExchangeError::Package(_) => true,
        ExchangeError::Store(error) => {
            matches!(**error, StoreError::Refused(_) | StoreError::Inconsistent { .. })
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_applied_from_where_the_database_is() {
        let session = |from_version, to_version, full| OfferedSession {
            from_version,
            to_version,
            full,
            ..OfferedSession::default()
        };
        for (from, to, full, here, expected) in [
            (5, 9, false, Some(5), Standing::Next),
            (5, 9, false, Some(8), Standing::Next),
            (5, 9, false, Some(9), Standing::Applied),
            (5, 9, false, Some(10), Standing::Applied),
            (5, 9, false, Some(4), Standing::NotApplicable),
            (5, 9, false, None, Standing::NotApplicable),
            (0, 9, true, None, Standing::Next),
            (0, 0, true, None, Standing::Next),
            (0, 9, true, Some(3), Standing::Next),
            (0, 9, true, Some(9), Standing::Next),
            (0, 9, true, Some(10), Standing::Applied),
        ] {
            assert_eq!(standing(&session(from, to, full), here), expected, "{from} {to} {here:?}");
        }
    }
}
