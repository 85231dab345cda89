//! A unit's side of the exchange: registers its database with headquarters, uploads its revisions, and applies the
//! sessions that headquarters has for it.

mod apply;
mod download;
mod fetch;
mod leased;
mod registration;
mod subscription;
mod upload;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, transport::Channel};
use tonic_types::StatusExt as _;
use uuid::Uuid;

use crate::{
    channel::{
        realtime::{CallError, Connection, Failure, RealTime},
        store::{Identity, SharedStore},
        writer::Writer,
    },
    domain::{
        job::{AppliedVersions, DownloadJob},
        lease::Lease,
    },
    proto::exchange::{
        AppliedVersion, ReportSessionRequest, SessionResult, SubscribeSessionsResponse,
        exchange_service_client::ExchangeServiceClient,
    },
    runtime::{
        clock::SharedClock,
        ids,
        retry::{EXCHANGE, REGISTRATION},
    },
    server::status::Domain,
    storage::{StoreError, StoreResult},
    wire::{self, package::PackageError},
};

/// Longest wait for an answer, and for each part of a package.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// How long a start waits for a headquarters that may be away. What is stored serves then.
pub const START_LIMIT: Duration = Duration::from_secs(5);
/// How often a unit is heard of. Headquarters takes one for gone after two minutes.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// Exchanges for one unit.
pub struct Agent {
    service: ExchangeServiceClient<Channel>,
    identity: Identity,
    store: SharedStore,
    writer: Writer,
    realtime: RealTime,
    clock: SharedClock,
    /// This process, as a holder of leases.
    holder: Uuid,
    /// By their names.
    held: Mutex<HashMap<String, Lease>>,
    /// Told of each session that is applied.
    applied: watch::Sender<()>,
}

/// What a unit exchanges by.
pub struct Parts {
    pub identity: Identity,
    pub store: SharedStore,
    pub writer: Writer,
    pub realtime: RealTime,
    pub clock: SharedClock,
}

/// Why the exchange came to nothing this time.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ExchangeError {
    #[error("headquarters can't be reached: {}", .0.text())]
    Communication(Failure),
    #[error("headquarters refuses it: {text}")]
    Refused { reason: String, text: String },
    #[error(
        "headquarters has another key of request hashes than this database was registered with: it is another \
         company's, or was set up anew"
    )]
    OtherCompany,
    #[error("headquarters sent a package that can't be used: {0}")]
    Package(#[from] PackageError),
    #[error("headquarters has other revisions of this database, which was restored or cloned")]
    Diverged,
    #[error("{0}")]
    Store(Arc<StoreError>),
}

/// What headquarters wants, as it said last.
type Wanted = Option<Arc<SubscribeSessionsResponse>>;

impl Agent {
    pub fn new(connection: &Connection, parts: Parts) -> Self {
        let Parts { identity, store, writer, realtime, clock } = parts;
        let service = ExchangeServiceClient::new(connection.channel());
        let (holder, applied) = (ids::new_database_id(), watch::Sender::new(()));
        let held = Mutex::default();
        Self { service, identity, store, writer, realtime, clock, holder, held, applied }
    }

    /// Registers, however often it takes. `None`: the unit is stopping.
    pub async fn contact_at_last(&self, stop: &CancellationToken) -> Option<()> {
        let mut delays = REGISTRATION.jittered();
        loop {
            match stop.run_until_cancelled(self.register()).await? {
                Ok(()) => return Some(()),
                Err(error) => {
                    let name = &self.identity.database_name;
                    tracing::warn!(%error, database_name = name, "not registered yet; trying again");
                }
            }
            stop.run_until_cancelled(tokio::time::sleep(delays.next()?)).await?;
        }
    }

    /// Registers within [`START_LIMIT`]. If headquarters is away, the unit knows from now on.
    pub async fn contact_if_there(&self) -> bool {
        let contact = tokio::time::timeout(START_LIMIT, self.register()).await;
        let error = match contact.unwrap_or(Err(ExchangeError::Communication(Failure::Timeout))) {
            Ok(()) => return true,
            Err(error) => error,
        };
        tracing::warn!(%error, "starting without headquarters");
        if let ExchangeError::Communication(failure) = error {
            self.realtime.trip(failure);
        }
        false
    }

    /// Is told of each session that is applied.
    pub fn applied(&self) -> watch::Receiver<()> {
        self.applied.subscribe()
    }

    /// Exchanges until `stop`, and first makes the contact that the start did not.
    pub async fn run(self, contacted: bool, stop: CancellationToken) -> anyhow::Result<()> {
        if !contacted && self.contact_at_last(&stop).await.is_none() {
            return Ok(());
        }
        let wanted = watch::Sender::new(None);
        let news = || wanted.subscribe();
        let [customers, channel, global] = [
            DownloadJob::Customers,
            DownloadJob::ChannelConfiguration,
            DownloadJob::GlobalConfiguration,
        ]
        .map(|job| self.download(job, news()));
        let working = async {
            tokio::join!(
                self.stay_registered(),
                self.subscribe(&wanted),
                self.upload(news()),
                customers,
                channel,
                global,
            )
        };
        stop.run_until_cancelled(Box::pin(working)).await;
        self.release_all().await;
        Ok(())
    }

    async fn stay_registered(&self) {
        let mut interval = tokio::time::interval(HEARTBEAT);
        interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        interval.tick().await;
        loop {
            interval.tick().await;
            if let Err(error) = self.register().await {
                tracing::debug!(%error, "not heard of by headquarters this time");
            }
        }
    }

    async fn applied_versions(&self) -> StoreResult<AppliedVersions> {
        let mut versions = AppliedVersions::default();
        for job in DownloadJob::ALL {
            let applied = self.store.applied(*job).await?;
            versions.set(*job, applied.map(|applied| applied.version));
        }
        Ok(versions)
    }

    /// What the database has applied, as a message.
    async fn applied_messages(&self) -> Result<Vec<AppliedVersion>, ExchangeError> {
        let versions = self.applied_versions().await?;
        let message = |job: &DownloadJob| {
            let version = versions.of(*job)?;
            Some(AppliedVersion { job: job.as_str().to_owned(), version })
        };
        Ok(DownloadJob::ALL.iter().filter_map(message).collect())
    }

    /// Says what became of a session.
    async fn report(
        &self,
        session: i64,
        result: SessionResult,
        error: Option<&ExchangeError>,
        (rows, bytes): (u64, u64),
    ) -> Result<(), ExchangeError> {
        let request = ReportSessionRequest {
            origin: Some(wire::origin_message(self.identity.origin)),
            session,
            result: result.into(),
            error: error.map(ToString::to_string).unwrap_or_default(),
            applied: self.applied_messages().await?,
            rows,
            bytes,
        };
        let mut service = self.service.clone();
        answered(service.report_session(timed(request))).await.map(|_: Response<_>| ())
    }
}

/// A request whose callee knows how long it has.
fn timed<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(ANSWER_LIMIT);
    request
}

impl From<StoreError> for ExchangeError {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}

/// What headquarters answers within the limit.
async fn answered<T>(call: impl Future<Output = Result<T, Status>>) -> Result<T, ExchangeError> {
    match tokio::time::timeout(ANSWER_LIMIT, call).await {
        Ok(answer) => answer.map_err(|status| refusal(&status)),
        Err(_) => Err(ExchangeError::Communication(Failure::Timeout)),
    }
}

/// Headquarters says in its text what to do about a refusal; nobody else's text is repeated.
fn refusal(status: &Status) -> ExchangeError {
    match CallError::from(status) {
        CallError::Word(word) => ExchangeError::Refused { reason: word.reason, text: word.message },
        CallError::Communication(Failure::Credential(reason)) if is_headquarters(status) => {
            let text = format!("{} ({reason})", status.message());
            ExchangeError::Refused { reason, text }
        }
        CallError::Communication(failure) => ExchangeError::Communication(failure),
    }
}

fn is_headquarters(status: &Status) -> bool {
    let info = status.get_details_error_info();
    info.is_some_and(|info| info.domain == Domain::Headquarters.as_str())
}
