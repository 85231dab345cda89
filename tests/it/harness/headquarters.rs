//! A headquarters in this process, with clients that reach it over TCP.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use csu::{
    domain::{job::JobMode, setup::Setup},
    headquarters::store,
    proto::{
        exchange::{
            CustomerRow, Origin, RegisterDatabaseRequest, RegisterDatabaseResponse, Revision,
            exchange_service_client::ExchangeServiceClient,
        },
        headquarters::{
            AddAddressRequest, CreateCustomerRequest, LookupRequestRequest, PerformedRequest,
            UpdateCustomerRequest, channel_setup_service_client::ChannelSetupServiceClient,
            customer_sync_service_client::CustomerSyncServiceClient,
            feature_service_client::FeatureServiceClient,
            realtime_service_client::RealtimeServiceClient,
            scheduler_service_client::SchedulerServiceClient,
        },
    },
    roles::headquarters::{self as role, HeadquartersSettings, Parts, ServingHeadquarters},
    runtime::{
        clock::{Clock as _, TestClock},
        ids,
    },
    server::telemetry,
};
use tokio::net::TcpListener;
use tonic::{
    Response, Status,
    transport::{Channel, Endpoint},
};

use super::{Database, Engine, START, revisions};

type Answer<T> = Result<T, Status>;

/// A headquarters on a database of its own. A story ends with [`Headquarters::close`], which checks what always holds.
pub struct Headquarters {
    pub clock: Arc<TestClock>,
    pub database: Database,
    pub address: SocketAddr,
    serving: Option<ServingHeadquarters>,
    channel: Channel,
    setup: Setup,
    /// From its next start on. By hand, unless a story wants something else.
    pub jobs: JobMode,
}

impl Headquarters {
    /// The demo company: HOUSTON and SEATTLE, both served by `store-1`. No database has registered.
    pub async fn new(engine: Engine) -> Self {
        let clock = Arc::new(TestClock::new(START));
        Self::with(engine, clock, Setup::demo("store-1")).await
    }

    pub async fn with(engine: Engine, clock: Arc<TestClock>, setup: Setup) -> Self {
        let database = Database::new_headquarters(engine).await;
        let free = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = free.local_addr().expect("an address");
        let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("a URL");
        let channel = endpoint.connect_lazy();
        let jobs = JobMode::Manual;
        let mut new = Self { clock, database, address, serving: None, channel, setup, jobs };
        new.serve_on(free).await;
        new
    }

    /// Stops, and starts with jobs that run so.
    pub async fn restart_with(&mut self, jobs: JobMode) {
        self.stop().await;
        self.jobs = jobs;
        self.start().await;
    }

    /// Serves again, at the same address, after [`Self::stop`].
    pub async fn start(&mut self) {
        let again = TcpListener::bind(self.address).await.expect("its port");
        self.serve_on(again).await;
    }

    async fn serve_on(&mut self, grpc: TcpListener) {
        let mut settings =
            HeadquartersSettings { jobs: self.jobs, ..HeadquartersSettings::default() };
        // Nobody polls its health, so nobody needs time to see it change.
        settings.server.drain_delay = Duration::ZERO;
        let new = Database::new_identity(self.setup.clone());
        let store = store::open(&self.database.parsed(), new, self.clock.now()).await;
        let parts = Parts {
            store: store.expect("the database opens"),
            clock: Arc::clone(&self.clock) as _,
            grpc,
            http: TcpListener::bind("127.0.0.1:0").await.expect("a free port"),
            metrics: telemetry::metrics().expect("metrics"),
        };
        self.serving = Some(role::start(parts, settings).await.expect("headquarters starts"));
    }

    /// Stops serving; its database and address stay.
    pub async fn stop(&mut self) {
        let serving = self.serving.take().expect("it serves");
        assert!(serving.stop(Duration::from_secs(30)).await, "everything ends by itself");
    }

    pub const fn is_serving(&self) -> bool {
        self.serving.is_some()
    }

    pub fn serving(&self) -> &ServingHeadquarters {
        self.serving.as_ref().expect("it serves")
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops everything in an orderly way and checks what always holds.
    pub async fn close(mut self) {
        if self.serving.is_some() {
            self.stop().await;
        }
        check(&self.database).await;
        self.database.remove().await;
    }
}

// Clients.
impl Headquarters {
    pub fn realtime(&self) -> RealtimeServiceClient<Channel> {
        RealtimeServiceClient::new(self.channel.clone())
    }

    pub fn features(&self) -> FeatureServiceClient<Channel> {
        FeatureServiceClient::new(self.channel.clone())
    }

    pub fn setup(&self) -> ChannelSetupServiceClient<Channel> {
        ChannelSetupServiceClient::new(self.channel.clone())
    }

    pub fn scheduler(&self) -> SchedulerServiceClient<Channel> {
        SchedulerServiceClient::new(self.channel.clone())
    }

    pub fn customer_sync(&self) -> CustomerSyncServiceClient<Channel> {
        CustomerSyncServiceClient::new(self.channel.clone())
    }

    pub fn exchange(&self) -> ExchangeServiceClient<Channel> {
        ExchangeServiceClient::new(self.channel.clone())
    }

    pub async fn create(&self, origin: &Origin, revision: Revision) -> Answer<CustomerRow> {
        let request =
            CreateCustomerRequest { origin: Some(origin.clone()), revision: Some(revision) };
        let answer = self.realtime().create_customer(request).await?.into_inner();
        Ok(answer.customer.expect("a customer"))
    }

    /// Of a create that is in order, by a person with this last name.
    pub async fn created(&self, origin: &Origin, last_name: &str) -> CustomerRow {
        self.create(origin, revisions::create(last_name)).await.expect("created")
    }

    /// Whatever the customer is now.
    pub async fn update(&self, origin: &Origin, revision: Revision) -> Answer<CustomerRow> {
        self.update_if(origin, revision, false).await
    }

    /// If what it changes is unchanged since its base version.
    pub async fn update_unchanged(
        &self,
        origin: &Origin,
        revision: Revision,
    ) -> Answer<CustomerRow> {
        self.update_if(origin, revision, true).await
    }

    async fn update_if(
        &self,
        origin: &Origin,
        revision: Revision,
        require_unchanged: bool,
    ) -> Answer<CustomerRow> {
        let (origin, revision) = (Some(origin.clone()), Some(revision));
        let request = UpdateCustomerRequest { origin, revision, require_unchanged };
        let answer = self.realtime().update_customer(request).await?.into_inner();
        Ok(answer.customer.expect("a customer"))
    }

    pub async fn add_address(&self, origin: &Origin, revision: Revision) -> Answer<CustomerRow> {
        let request = AddAddressRequest { origin: Some(origin.clone()), revision: Some(revision) };
        let answer = self.realtime().add_address(request).await?.into_inner();
        Ok(answer.customer.expect("a customer"))
    }

    pub async fn lookup(
        &self,
        origin: &Origin,
        request_id: &str,
    ) -> Answer<Option<PerformedRequest>> {
        let request = LookupRequestRequest {
            request_id: request_id.to_owned(),
            origin: Some(origin.clone()),
        };
        Ok(self.realtime().lookup_request(request).await?.into_inner().performed)
    }

    /// As any unit sees it that has registered.
    pub async fn looked_up(&self, request_id: &str) -> Option<PerformedRequest> {
        let store = &self.serving().headquarters.store;
        let unit = store.databases().await.expect("a read").pop().expect("a unit").origin;
        self.lookup(&csu::wire::origin_message(unit), request_id).await.expect("an answer")
    }

    pub async fn register(&self, name: &str, origin: &Origin) -> Answer<RegisterDatabaseResponse> {
        let request = RegisterDatabaseRequest {
            database_name: name.to_owned(),
            origin: Some(origin.clone()),
            program_version: "0.1.0".to_owned(),
            package_formats: vec![1],
        };
        self.exchange().register_database(request).await.map(Response::into_inner)
    }

    /// A new database that has registered under this name.
    pub async fn registered(&self, name: &str) -> Origin {
        let origin = new_origin();
        self.register(name, &origin).await.expect("registered");
        origin
    }
}

/// A database that nobody knows.
pub fn new_origin() -> Origin {
    Origin { database_id: ids::new_database_id().to_string(), incarnation: 1 }
}

/// What holds in every database of headquarters, whatever happened to it.
pub async fn check(database: &Database) {
    let last = database.number("SELECT change FROM counter").await;
    let outcomes = "SELECT count(DISTINCT version) FROM revision WHERE version IS NOT NULL";
    let highest = "SELECT coalesce(max(version), 0) FROM revision";
    let distinct = "SELECT count(version) - count(DISTINCT version) FROM revision";
    assert_eq!(database.number(distinct).await, 0, "each outcome has a change counter of its own");
    assert_eq!(
        (database.number(outcomes).await, database.number(highest).await),
        (last, last),
        "change counters have no gaps"
    );
    let customers = database.number("SELECT count(*) FROM customer").await;
    let numbers = database.number("SELECT count(DISTINCT account_number) FROM customer").await;
    let given = database.number("SELECT last FROM number_sequence").await;
    assert_eq!((numbers, given), (customers, customers), "each customer has a number of its own");
    let unexplained = "SELECT count(*) FROM customer c WHERE NOT EXISTS
        (SELECT 1 FROM revision r WHERE r.customer_id = c.id AND r.version = c.version)";
    assert_eq!(database.number(unexplained).await, 0, "each version is of one of its revisions");
    let requests = "SELECT count(*) - count(DISTINCT request_id) FROM revision WHERE performed = 1";
    assert_eq!(database.number(requests).await, 0, "each request was performed once");
    check_exchange(database).await;
}

/// Each of them counts what should not be.
async fn check_exchange(database: &Database) {
    for (what, rows) in [
        (
            "each revision has an outcome, or waits with its changes",
            "revision WHERE NOT CASE status
                WHEN 'RECEIVED' THEN version IS NULL AND processed_at IS NULL AND performed = 0
                    AND changes IS NOT NULL AND counter > 0
                WHEN 'SYNCHRONIZED' THEN version IS NOT NULL AND processed_at IS NOT NULL
                    AND changes IS NULL AND error_reason IS NULL AND contained_in <= version
                WHEN 'FAILED' THEN version IS NOT NULL AND error_reason IS NOT NULL AND performed = 0
                    AND error_text IS NOT NULL AND changes IS NOT NULL AND contained_in IS NULL
                WHEN 'PARKED' THEN version IS NOT NULL AND error_reason = 'EARLIER_REVISION_FAILED'
                    AND performed = 0 AND changes IS NOT NULL AND contained_in IS NULL
                ELSE false END",
        ),
        (
            "whoever has the version that contains an outcome has a version that there was",
            "revision r JOIN customer c ON c.id = r.customer_id WHERE r.contained_in > c.version",
        ),
        (
            "an origin's counters have no gaps",
            "origin o WHERE o.last_counter <> (SELECT count(DISTINCT r.counter) FROM revision r
                WHERE r.database_id = o.database_id AND r.incarnation = o.incarnation AND r.counter > 0)
                OR o.last_counter <> (SELECT coalesce(max(r.counter), 0) FROM revision r
                WHERE r.database_id = o.database_id AND r.incarnation = o.incarnation)",
        ),
        (
            "each uploaded revision is of a known origin, which knows its last one's id",
            "revision r LEFT JOIN origin o ON o.database_id = r.database_id AND o.incarnation = r.incarnation
            WHERE r.counter > 0 AND (o.last_counter IS NULL OR r.counter > o.last_counter
                OR (r.counter = o.last_counter AND r.id <> o.last_revision_id))",
        ),
        (
            "a customer's revisions of one origin have their outcomes in their order",
            "revision a JOIN revision b ON b.customer_id = a.customer_id AND b.database_id = a.database_id
                AND b.incarnation = a.incarnation AND b.counter > a.counter
            WHERE a.counter > 0 AND b.version IS NOT NULL AND (a.version IS NULL OR a.version > b.version)",
        ),
        (
            "whoever comes after a failed one is parked",
            "revision a JOIN revision b ON b.customer_id = a.customer_id AND b.database_id = a.database_id
                AND b.incarnation = a.incarnation AND b.counter > a.counter
            WHERE a.status IN ('FAILED', 'PARKED') AND b.status NOT IN ('RECEIVED', 'PARKED')",
        ),
    ] {
        let query = format!("SELECT count(*) FROM {rows}");
        assert_eq!(database.number(&query).await, 0, "{what}");
    }
}
