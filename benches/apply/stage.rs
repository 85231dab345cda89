//! A headquarters with very many customers, and a unit that has them all.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use csu::{
    channel::store::{self as channel_store, NewDatabase},
    domain::{
        id::CustomerId,
        job::{DownloadJob, JobMode},
        origin::Origin,
        setup::Setup,
    },
    headquarters::store::{self as headquarters_store, NewIdentity},
    proto::{
        channel::customer_service_client::CustomerServiceClient,
        headquarters::scheduler_service_client::SchedulerServiceClient,
    },
    roles::{
        channel::{self, ChannelSettings, ServingChannel},
        headquarters::{self, HeadquartersSettings, ServingHeadquarters},
    },
    runtime::{
        clock::{Clock as _, SystemClock, monotonic},
        ids,
    },
    server::telemetry,
    storage::DatabaseUrl,
};
use tokio::{
    net::TcpListener,
    runtime::{Builder, Runtime},
};
use tonic::transport::{Channel, Endpoint};

use crate::{company, databases::Databases, options::Options, report::Progress};

/// The unit's name at headquarters.
pub(crate) const DATABASE: &str = "store-1";
/// Between two looks at what is not said.
const PACE: Duration = Duration::from_millis(20);
/// How long an orderly end may take.
const END: Duration = Duration::from_secs(30);

pub(crate) struct Stage {
    pub(crate) scheduler: SchedulerServiceClient<Channel>,
    pub(crate) customers: CustomerServiceClient<Channel>,
    /// Length of the first 1010, into an empty database that does not serve yet.
    pub(crate) first_load: Duration,
    import: Origin,
    known: Vec<CustomerId>,
    headquarters: ServingHeadquarters,
    unit: ServingChannel,
    threads: Threads,
}

/// What the parts run on.
pub(crate) struct Threads {
    headquarters: Runtime,
    unit: Runtime,
    /// A unit that keeps its own threads busy does not keep this one from measuring that.
    pub(crate) load: Runtime,
}

impl Threads {
    pub(crate) fn new() -> std::io::Result<Self> {
        let threads = || Builder::new_multi_thread().enable_all().build();
        let load = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        Ok(Self { headquarters: threads()?, unit: threads()?, load })
    }
}

impl Stage {
    pub(crate) fn open(
        threads: Threads,
        databases: &Databases,
        options: &Options,
    ) -> anyhow::Result<Self> {
        let progress = Progress::new();
        let import = company::import();
        let (headquarters, at) =
            threads.headquarters.block_on(start_headquarters(&databases.headquarters))?;
        let filled =
            company::fill(&headquarters.headquarters, import, options.customers, &progress);
        let known = threads.headquarters.block_on(filled)?;

        progress.say("the unit takes them over");
        let started = monotonic();
        let (unit, unit_at) = threads.unit.block_on(start_unit(&databases.channel, &at))?;
        threads.unit.block_on(first_applied(&unit))?;
        let first_load = monotonic() - started;
        let connect =
            |at: String| anyhow::Ok(threads.load.block_on(Endpoint::from_shared(at)?.connect())?);
        let scheduler = SchedulerServiceClient::new(connect(at)?);
        let customers = CustomerServiceClient::new(connect(unit_at)?);
        Ok(Self { scheduler, customers, first_load, import, known, headquarters, unit, threads })
    }

    /// Changes every customer at headquarters.
    pub(crate) fn change_all(&self, round: usize) -> anyhow::Result<()> {
        let operations = &self.headquarters.headquarters;
        let changed = company::change_all(operations, self.import, &self.known, round);
        self.threads.headquarters.block_on(changed)
    }

    /// Runs what measures.
    pub(crate) fn load<T>(&self, work: impl Future<Output = T>) -> T {
        self.threads.load.block_on(work)
    }

    pub(crate) fn close(self) -> Threads {
        // What is left then dies with the process.
        self.threads.unit.block_on(self.unit.stop(END));
        self.threads.headquarters.block_on(self.headquarters.stop(END));
        self.threads
    }
}

/// Waits for the customers, whom a unit does not wait for.
async fn first_applied(unit: &ServingChannel) -> anyhow::Result<()> {
    while unit.unit.store.applied(DownloadJob::Customers).await?.is_none() {
        tokio::time::sleep(PACE).await;
    }
    Ok(())
}

/// With its URL.
async fn start_headquarters(url: &DatabaseUrl) -> anyhow::Result<(ServingHeadquarters, String)> {
    let new = NewIdentity {
        database_id: ids::new_database_id(),
        request_hash_key: ids::new_secret(),
        setup: Setup::demo(DATABASE),
    };
    let (grpc, at) = listener().await?;
    let parts = headquarters::Parts {
        store: headquarters_store::open(url, new, SystemClock.now()).await?,
        clock: Arc::new(SystemClock),
        grpc,
        http: listener().await?.0,
        metrics: telemetry::metrics()?,
    };
    let settings =
        HeadquartersSettings { jobs: JobMode::Manual, ..HeadquartersSettings::default() };
    Ok((headquarters::start(parts, settings).await?, at))
}

/// With its URL.
async fn start_unit(
    url: &DatabaseUrl,
    headquarters: &str,
) -> anyhow::Result<(ServingChannel, String)> {
    let new = NewDatabase { id: ids::new_database_id(), name: DATABASE.to_owned() };
    let (grpc, at) = listener().await?;
    let parts = channel::Parts {
        store: channel_store::open(url, new, None, SystemClock.now()).await?,
        clock: Arc::new(SystemClock),
        headquarters: headquarters.parse().context("a URL")?,
        grpc,
        http: listener().await?.0,
        metrics: telemetry::metrics()?,
    };
    Ok((channel::start(parts, ChannelSettings::default()).await?, at))
}

async fn listener() -> anyhow::Result<(TcpListener, String)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let at = format!("http://{}", listener.local_addr()?);
    Ok((listener, at))
}
