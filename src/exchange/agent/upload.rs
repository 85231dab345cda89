//! P-0001: brings revisions to headquarters, in the order of their counters: as they are captured, or when they are
//! asked for.

use prost::Message;
use tokio::sync::watch;

use crate::{
    domain::{job::Job, revision::Counter, upload::MOST_REVISIONS},
    exchange::agent::{
        Agent, EXCHANGE, ExchangeError, Wanted, answered,
        leased::{BUSY, Leased},
        timed,
    },
    proto::exchange::{
        SessionResult, UploadRevisionsRequest, UploadRevisionsResponse, UploadedRevision,
    },
    wire,
};

/// Most bytes of a request; headquarters takes 4 MiB, and the largest revision has 70 KiB.
const MOST_BYTES: usize = 3 * 1024 * 1024;

/// How far headquarters is, as it says itself.
struct Position {
    last: Counter,
    /// What this run has brought.
    rows: u64,
    bytes: u64,
}

/// What became of an attempt.
enum Attempt {
    Done(Position),
    /// Another replica is at it.
    Busy,
}

impl Agent {
    /// Uploads whenever that is wanted and there is something, for ever.
    pub(super) async fn upload(&self, mut news: watch::Receiver<Wanted>) {
        let mut captured = self.writer.captured();
        let mut known = None;
        let mut delays = EXCHANGE.jittered();
        loop {
            captured.mark_unchanged();
            let wanted = news.borrow_and_update().clone();
            let continuously = wanted.as_ref().is_some_and(|wanted| wanted.upload_continuously);
            let asked = wanted.map_or(0, |wanted| wanted.upload_session);
            let again = match self.upload_wanted(continuously, asked, known).await {
                Ok(Attempt::Done(position)) => {
                    known = Some(position.last);
                    delays = EXCHANGE.jittered();
                    None
                }
                Ok(Attempt::Busy) => Some(BUSY),
                Err(ExchangeError::Diverged) => {
                    tracing::error!(
                        "headquarters has other revisions of this database: it was restored or cloned, and uploads \
                         nothing"
                    );
                    Some(EXCHANGE.cap)
                }
                Err(error) => {
                    tracing::debug!(%error, "revisions are not uploaded this time");
                    Some(delays.next().unwrap_or(EXCHANGE.cap))
                }
            };
            if let Some(delay) = again {
                tokio::time::sleep(delay).await;
                continue;
            }
            tokio::select! {
                changed = news.changed() => if changed.is_err() { return },
                _ = captured.changed(), if continuously => {}
            }
        }
    }

    /// `known`: how far headquarters was last.
    async fn upload_wanted(
        &self,
        continuously: bool,
        asked: i64,
        known: Option<Counter>,
    ) -> Result<Attempt, ExchangeError> {
        let nothing = |last| Ok(Attempt::Done(Position { last, rows: 0, bytes: 0 }));
        if !continuously && asked == 0 {
            return nothing(known.unwrap_or(Counter(0)));
        }
        if let Some(last) = known.filter(|_| asked == 0)
            && self.store.captured_revisions(last, 1).await?.is_empty()
        {
            return nothing(last);
        }
        let Some(mut leased) = self.lease(Job::ChannelTransactions.code()).await? else {
            return Ok(Attempt::Busy);
        };
        let uploaded = self.upload_all(&mut leased).await;
        leased.release().await;
        if asked != 0 {
            self.report_upload(asked, &uploaded).await?;
        }
        uploaded.map(Attempt::Done)
    }

    async fn upload_all(&self, leased: &mut Leased<'_>) -> Result<Position, ExchangeError> {
        let answer = self.send(Vec::new()).await?;
        let mut position = Position { last: Counter(answer.last_counter), rows: 0, bytes: 0 };
        self.check(&answer).await?;
        if position.last > Counter(0) {
            // The answer to an earlier upload may have been lost.
            self.writer.mark_uploaded(position.last, Some(&leased.for_use())).await?;
        }
        loop {
            let page = self.store.captured_revisions(position.last, MOST_REVISIONS.into()).await?;
            let revisions = cut(page.iter().map(wire::uploaded_revision));
            if revisions.is_empty() {
                return Ok(position);
            }
            position.rows += revisions.len() as u64;
            position.bytes += revisions.iter().map(Message::encoded_len).sum::<usize>() as u64;
            let answer = self.send(revisions).await?;
            position.last = Counter(answer.last_counter);
            self.writer.mark_uploaded(position.last, Some(&leased.for_use())).await?;
        }
    }

    async fn send(
        &self,
        revisions: Vec<UploadedRevision>,
    ) -> Result<UploadRevisionsResponse, ExchangeError> {
        let origin = Some(wire::origin_message(self.identity.origin));
        let mut service = self.service.clone();
        let request = timed(UploadRevisionsRequest { origin, revisions });
        Ok(answered(service.upload_revisions(request)).await?.into_inner())
    }

    /// Headquarters' last revision of this database has to be here: otherwise one of the two was restored.
    async fn check(&self, answer: &UploadRevisionsResponse) -> Result<(), ExchangeError> {
        if answer.last_counter == 0 {
            return Ok(());
        }
        let here = self.store.revision_id(Counter(answer.last_counter)).await?;
        let same = here.is_some_and(|id| id.to_string() == answer.last_revision_id);
        if same { Ok(()) } else { Err(ExchangeError::Diverged) }
    }

    async fn report_upload(
        &self,
        session: i64,
        uploaded: &Result<Position, ExchangeError>,
    ) -> Result<(), ExchangeError> {
        match uploaded {
            Ok(done) => {
                let counts = (done.rows, done.bytes);
                self.report(session, SessionResult::Uploaded, None, counts).await
            }
            Err(error @ (ExchangeError::Refused { .. } | ExchangeError::Diverged)) => {
                self.report(session, SessionResult::UploadFailed, Some(error), (0, 0)).await
            }
            // It is tried again.
            Err(_) => Ok(()),
        }
    }
}

/// As many as fit into one request.
fn cut(revisions: impl Iterator<Item = UploadedRevision>) -> Vec<UploadedRevision> {
    let mut room = MOST_BYTES;
    let fits = |revision: &UploadedRevision| {
        let left = room.checked_sub(revision.encoded_len());
        room = left.unwrap_or(0);
        left.is_some()
    };
    revisions.take_while(fits).collect()
}
