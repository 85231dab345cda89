//! A unit's side of the exchange: registers its database with headquarters, and fetches the configuration once after
//! each start.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tonic::{Request, Status, transport::Channel};
use tonic_types::StatusExt as _;

use crate::{
    channel::{
        realtime::{CallError, Connection, Failure, RealTime},
        store::{Applied, DownloadJob, Identity},
        writer::{ConfigurationPackage, Writer},
    },
    domain::configuration::ConfigurationVersion,
    exchange::package::{self, PackageError},
    proto::exchange::{
        DownloadConfigurationRequest, RegisterDatabaseRequest, RegisterDatabaseResponse,
        exchange_service_client::ExchangeServiceClient,
    },
    runtime::{clock::SharedClock, retry::REGISTRATION},
    server::status::Domain,
    storage::StoreError,
    wire,
};

/// Longest wait for an answer to a registration, and for each piece of a package.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// How long a start waits for a headquarters that may be away. What is stored serves then.
pub const START_LIMIT: Duration = Duration::from_secs(5);
/// How often a unit is heard of. Headquarters takes one for gone after two minutes.
const HEARTBEAT: Duration = Duration::from_secs(30);
/// Most bytes of a configuration package as it comes over the wire.
const MAX_PACKAGE_BYTES: usize = 16 * 1024 * 1024;

/// Exchanges for one unit.
pub struct Agent {
    service: ExchangeServiceClient<Channel>,
    identity: Identity,
    writer: Writer,
    realtime: RealTime,
    clock: SharedClock,
}

/// Why the exchange came to nothing this time.
#[derive(Debug, thiserror::Error)]
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
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Agent {
    pub fn new(
        connection: &Connection,
        identity: Identity,
        writer: Writer,
        realtime: RealTime,
        clock: SharedClock,
    ) -> Self {
        let service = ExchangeServiceClient::new(connection.channel());
        Self { service, identity, writer, realtime, clock }
    }

    /// Registers and fetches the configuration, however often it takes. `None`: the unit is stopping.
    pub async fn contact_at_last(&self, stop: &CancellationToken) -> Option<()> {
        let mut delays = REGISTRATION.jittered();
        loop {
            match stop.run_until_cancelled(self.contact()).await? {
                Ok(()) => return Some(()),
                Err(error) => {
                    let name = &self.identity.database_name;
                    tracing::warn!(%error, database_name = name, "not registered yet; trying again");
                }
            }
            stop.run_until_cancelled(tokio::time::sleep(delays.next()?)).await?;
        }
    }

    /// Registers and fetches the configuration, within [`START_LIMIT`]. If headquarters is away, the unit knows from
    /// now on.
    pub async fn contact_if_there(&self) -> bool {
        let contact = tokio::time::timeout(START_LIMIT, self.contact()).await;
        let error = match contact.unwrap_or(Err(ExchangeError::Communication(Failure::Timeout))) {
            Ok(()) => return true,
            Err(error) => error,
        };
        tracing::warn!(%error, "starting with the configuration as it is stored");
        if let ExchangeError::Communication(failure) = error {
            self.realtime.trip(failure);
        }
        false
    }

    /// Keeps the registration alive until `stop`, and first makes the contact that the start did not.
    pub async fn run(self, contacted: bool, stop: CancellationToken) -> anyhow::Result<()> {
        if !contacted && self.contact_at_last(&stop).await.is_none() {
            return Ok(());
        }
        let mut interval = tokio::time::interval(HEARTBEAT);
        interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        interval.tick().await;
        while stop.run_until_cancelled(interval.tick()).await.is_some() {
            if let Some(Err(error)) = stop.run_until_cancelled(self.register()).await {
                tracing::debug!(%error, "not heard of by headquarters this time");
            }
        }
        Ok(())
    }

    async fn contact(&self) -> Result<(), ExchangeError> {
        self.register().await?;
        for job in [DownloadJob::ChannelConfiguration, DownloadJob::GlobalConfiguration] {
            self.fetch(job).await?;
        }
        Ok(())
    }

    async fn register(&self) -> Result<(), ExchangeError> {
        let mut request = Request::new(RegisterDatabaseRequest {
            database_name: self.identity.database_name.clone(),
            origin: Some(wire::origin_message(self.identity.origin)),
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
            package_formats: vec![package::FORMAT],
        });
        request.set_timeout(ANSWER_LIMIT);
        let registered = match answered(self.service.clone().register_database(request)).await {
            Ok(answer) => self.accept(answer.into_inner()).await,
            Err(error) => Err(error),
        };
        // Another company would perform this unit's writes, now that it has registered it.
        match &registered {
            Ok(()) => self.realtime.unbar(),
            Err(ExchangeError::OtherCompany) => {
                self.realtime.bar(Failure::Foreign("OTHER_COMPANY".to_owned()));
            }
            Err(ExchangeError::Refused { reason, .. }) => {
                self.realtime.bar(Failure::Credential(reason.clone()));
            }
            Err(_) => {}
        }
        registered
    }

    async fn accept(&self, answer: RegisterDatabaseResponse) -> Result<(), ExchangeError> {
        let garbage = |_| ExchangeError::Communication(Failure::Garbage("request_hash_key"));
        let key: [u8; 32] = answer.request_hash_key.try_into().map_err(garbage)?;
        match self.identity.request_hash_key {
            Some(known) if known != key => return Err(ExchangeError::OtherCompany),
            Some(_) => {}
            None => self.writer.set_request_hash_key(key).await?,
        }
        self.realtime.note_versions(ConfigurationVersion {
            channel_configuration: answer.channel_configuration,
            global_configuration: answer.global_configuration,
        });
        Ok(())
    }

    /// Brings the configuration of a job here, unless it is.
    async fn fetch(&self, job: DownloadJob) -> Result<(), ExchangeError> {
        let bytes = self.download(job).await?;
        let package::Configuration { label, rows } = package::decode(&bytes)?;
        let brought = match rows {
            ConfigurationPackage::Channel(_) => DownloadJob::ChannelConfiguration,
            ConfigurationPackage::Global(_) => DownloadJob::GlobalConfiguration,
        };
        if brought != job {
            return Err(PackageError::OtherJob(label.job).into());
        }
        let applied = Applied { version: label.to_version, at: self.clock.now() };
        if self.writer.apply_configuration(rows, applied).await? {
            tracing::info!(job = label.job, version = label.to_version, "configuration applied");
        }
        Ok(())
    }

    async fn download(&self, job: DownloadJob) -> Result<Vec<u8>, ExchangeError> {
        let request = DownloadConfigurationRequest {
            origin: Some(wire::origin_message(self.identity.origin)),
            job: job.number().to_owned(),
        };
        let mut service = self.service.clone();
        let mut stream = answered(service.download_configuration(request)).await?.into_inner();
        let mut bytes = Vec::new();
        while let Some(piece) = answered(stream.message()).await? {
            bytes.extend(piece.data);
            if bytes.len() > MAX_PACKAGE_BYTES {
                return Err(PackageError::TooLarge.into());
            }
        }
        Ok(bytes)
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
