//! A gate between a unit and a real headquarters, which counts what passes and lets things go wrong on the way there
//! or back.

#![expect(
    clippy::disallowed_methods,
    reason = "it stands for a network, which is no task of a unit"
)]

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use csu::proto::{
    exchange::{
        DownloadPackageRequest, DownloadPackageResponse, RegisterDatabaseRequest,
        RegisterDatabaseResponse, ReportSessionRequest, ReportSessionResponse,
        SubscribeSessionsRequest, SubscribeSessionsResponse, UploadRevisionsRequest,
        UploadRevisionsResponse,
        exchange_service_client::ExchangeServiceClient,
        exchange_service_server::{ExchangeService, ExchangeServiceServer},
    },
    headquarters::{
        AddAddressRequest, AddAddressResponse, CreateCustomerRequest, CreateCustomerResponse,
        LookupRequestRequest, LookupRequestResponse, UpdateCustomerRequest, UpdateCustomerResponse,
        realtime_service_client::RealtimeServiceClient,
        realtime_service_server::{RealtimeService, RealtimeServiceServer},
    },
};
use futures::future;
use http::Uri;
use tokio::{net::TcpListener, sync::watch};
use tokio_stream::wrappers::TcpListenerStream;
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::{
    Request, Response, Status,
    transport::{Channel, Endpoint, Server},
};

use super::road::{Road, Streamed};

/// What becomes of a call.
#[derive(Debug, Clone)]
pub enum Passage {
    Pass,
    /// Headquarters never sees it, and this is the answer.
    Refuse(Status),
    /// Headquarters never sees it, and nobody answers.
    Swallow,
    /// Headquarters performs it, and this is the answer.
    LoseAnswer(Status),
    /// Headquarters performs it, and nobody answers.
    SwallowAnswer,
    /// Headquarters performs it when [`Gate::release`] says so.
    Hold,
    /// Headquarters never sees it, and this is the answer when [`Gate::release`] says so.
    HoldRefusal(Status),
    /// Headquarters performs it, and its answer is held until [`Gate::release`].
    HoldAnswer,
    /// Headquarters performs it, and its answer comes without the customer.
    Garbage,
}

/// What somebody on the way says who is no headquarters.
pub fn gone() -> Status {
    Status::unavailable("gone")
}

pub struct Gate {
    pub address: SocketAddr,
    /// What comes from headquarters in pieces.
    pub road: Arc<Road>,
    state: Arc<State>,
    _stop: DropGuard,
}

struct State {
    road: Arc<Road>,
    next: Mutex<VecDeque<Passage>>,
    always: Mutex<Passage>,
    /// Calls of each kind that arrived here.
    writes: watch::Sender<usize>,
    lookups: watch::Sender<usize>,
    registrations: watch::Sender<usize>,
    uploads: watch::Sender<usize>,
    reports: watch::Sender<usize>,
    next_uploads: Mutex<VecDeque<Passage>>,
    next_reports: Mutex<VecDeque<Passage>>,
    /// The answer to all of the exchange but registrations, if not headquarters'.
    exchange: Mutex<Option<Status>>,
    released: watch::Sender<usize>,
}

struct Guarded {
    state: Arc<State>,
    headquarters: Channel,
}

impl Gate {
    /// Before the headquarters at this URL.
    pub async fn before(headquarters: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let channel = Endpoint::from_shared(headquarters.to_owned()).expect("a URL").connect_lazy();
        let road = Arc::<Road>::default();
        let state = Arc::new(State {
            road: Arc::clone(&road),
            next: Mutex::default(),
            always: Mutex::new(Passage::Pass),
            writes: watch::Sender::new(0),
            lookups: watch::Sender::new(0),
            registrations: watch::Sender::new(0),
            uploads: watch::Sender::new(0),
            reports: watch::Sender::new(0),
            next_uploads: Mutex::default(),
            next_reports: Mutex::default(),
            exchange: Mutex::default(),
            released: watch::Sender::new(0),
        });
        let guarded = || Guarded { state: Arc::clone(&state), headquarters: channel.clone() };
        let stop = CancellationToken::new();
        let router = Server::builder()
            .add_service(RealtimeServiceServer::new(guarded()))
            .add_service(ExchangeServiceServer::new(guarded()));
        let stopped = stop.clone().cancelled_owned();
        tokio::spawn(async move {
            let serving = router.serve_with_incoming(TcpListenerStream::new(listener));
            tokio::select! {
                served = serving => served.expect("the gate serves"),
                () = stopped => {}
            }
        });
        Self { address, road, state, _stop: stop.drop_guard() }
    }

    /// Where a unit finds it.
    pub fn url(&self) -> Uri {
        format!("http://{}", self.address).parse().expect("a URL")
    }

    /// Of the next call; several follow each other.
    pub fn next(&self, passage: Passage) {
        self.state.next.lock().unwrap().push_back(passage);
    }

    /// Of every call for which nothing else was said.
    pub fn always(&self, passage: Passage) {
        *self.state.always.lock().unwrap() = passage;
    }

    /// Lets go what is held.
    pub fn release(&self) {
        self.state.released.send_modify(|released| *released += 1);
    }

    /// Writes that headquarters was asked for.
    pub fn writes(&self) -> usize {
        *self.state.writes.borrow()
    }

    /// Look-ups, those of the probes included.
    pub fn lookups(&self) -> usize {
        *self.state.lookups.borrow()
    }

    /// What becomes of the exchange, registrations aside: it is refused so, or passes. A subscription that is there
    /// goes on.
    pub fn exchange(&self, refusal: Option<Status>) {
        *self.state.exchange.lock().unwrap() = refusal;
    }

    /// Of the next upload of revisions, or question how far headquarters is; several follow each other.
    pub fn next_upload(&self, passage: Passage) {
        self.state.next_uploads.lock().unwrap().push_back(passage);
    }

    /// Of the next word about a session; several follow each other.
    pub fn next_report(&self, passage: Passage) {
        self.state.next_reports.lock().unwrap().push_back(passage);
    }

    pub fn reports(&self) -> usize {
        *self.state.reports.borrow()
    }

    pub async fn reports_reached(&self, count: usize) {
        let mut reports = self.state.reports.subscribe();
        reports.wait_for(|reports| *reports >= count).await.expect("the gate lives");
    }

    /// Waits until units have tried to register so often.
    pub async fn registrations_reached(&self, count: usize) {
        let mut registrations = self.state.registrations.subscribe();
        registrations.wait_for(|found| *found >= count).await.expect("the gate lives");
    }

    /// Waits until so many look-ups were asked for.
    pub async fn lookups_reached(&self, count: usize) {
        let mut lookups = self.state.lookups.subscribe();
        lookups.wait_for(|lookups| *lookups >= count).await.expect("the gate lives");
    }

    /// Waits until so many writes were asked for.
    pub async fn writes_reached(&self, count: usize) {
        let mut writes = self.state.writes.subscribe();
        writes.wait_for(|writes| *writes >= count).await.expect("the gate lives");
    }
}

impl State {
    fn exchange_passes(&self) -> Result<(), Status> {
        self.exchange.lock().unwrap().clone().map_or(Ok(()), Err)
    }

    fn passage(&self) -> Passage {
        let next = self.next.lock().unwrap().pop_front();
        next.unwrap_or_else(|| self.always.lock().unwrap().clone())
    }

    async fn released(&self, since: usize) {
        let mut released = self.released.subscribe();
        released.wait_for(|released| *released > since).await.expect("the gate lives");
    }

    /// Lets a call through, or not. In a task of its own, as headquarters does not stop when its caller goes. It is
    /// counted when it is clear what becomes of it: whoever waits for it may let it go at once.
    async fn pass<A: Default + Send + 'static>(
        &self,
        passage: Passage,
        counter: &watch::Sender<usize>,
        call: impl Future<Output = Result<Response<A>, Status>> + Send + 'static,
    ) -> Result<Response<A>, Status> {
        let since = *self.released.borrow();
        counter.send_modify(|count| *count += 1);
        if let Passage::Refuse(status) = &passage {
            return Err(status.clone());
        }
        if let Passage::HoldRefusal(status) = passage {
            self.released(since).await;
            return Err(status);
        }
        if matches!(passage, Passage::Swallow) {
            return future::pending().await;
        }
        if matches!(passage, Passage::Hold) {
            self.released(since).await;
        }
        let answer = tokio::spawn(call).await.expect("the call ends");
        match passage {
            Passage::LoseAnswer(status) => return Err(status),
            Passage::SwallowAnswer => return future::pending().await,
            Passage::HoldAnswer => self.released(since).await,
            Passage::Garbage => return Ok(Response::new(A::default())),
            _ => {}
        }
        answer
    }
}

macro_rules! guarded {
    ($($method:ident: $request:ty => $response:ty, $count:ident;)*) => {
        #[tonic::async_trait]
        impl RealtimeService for Guarded {
            $(async fn $method(
                &self,
                request: Request<$request>,
            ) -> Result<Response<$response>, Status> {
                let mut service = RealtimeServiceClient::new(self.headquarters.clone());
                let request = request.into_inner();
                let call = async move { service.$method(request).await };
                self.state.pass(self.state.passage(), &self.state.$count, call).await
            })*
        }
    };
}

guarded! {
    create_customer: CreateCustomerRequest => CreateCustomerResponse, writes;
    update_customer: UpdateCustomerRequest => UpdateCustomerResponse, writes;
    add_address: AddAddressRequest => AddAddressResponse, writes;
    lookup_request: LookupRequestRequest => LookupRequestResponse, lookups;
}

/// The exchange passes as it is, unless it shall not.
#[tonic::async_trait]
impl ExchangeService for Guarded {
    async fn register_database(
        &self,
        request: Request<RegisterDatabaseRequest>,
    ) -> Result<Response<RegisterDatabaseResponse>, Status> {
        self.state.registrations.send_modify(|count| *count += 1);
        let mut service = ExchangeServiceClient::new(self.headquarters.clone());
        service.register_database(request.into_inner()).await
    }

    type SubscribeSessionsStream = Streamed<SubscribeSessionsResponse>;

    async fn subscribe_sessions(
        &self,
        request: Request<SubscribeSessionsRequest>,
    ) -> Result<Response<Self::SubscribeSessionsStream>, Status> {
        self.state.exchange_passes()?;
        let mut service = ExchangeServiceClient::new(self.headquarters.clone());
        let answer = service.subscribe_sessions(request.into_inner()).await?;
        Ok(Response::new(self.state.road.offers(answer.into_inner())))
    }

    type DownloadPackageStream = Streamed<DownloadPackageResponse>;

    async fn download_package(
        &self,
        request: Request<DownloadPackageRequest>,
    ) -> Result<Response<Self::DownloadPackageStream>, Status> {
        self.state.exchange_passes()?;
        let mut service = ExchangeServiceClient::new(self.headquarters.clone());
        let request = request.into_inner();
        let answer = service.download_package(request.clone()).await?;
        Ok(Response::new(self.state.road.package(request, answer.into_inner()).await))
    }

    async fn report_session(
        &self,
        request: Request<ReportSessionRequest>,
    ) -> Result<Response<ReportSessionResponse>, Status> {
        self.state.exchange_passes()?;
        let mut service = ExchangeServiceClient::new(self.headquarters.clone());
        let request = request.into_inner();
        let call = async move { service.report_session(request).await };
        let passage = self.state.next_reports.lock().unwrap().pop_front();
        self.state.pass(passage.unwrap_or(Passage::Pass), &self.state.reports, call).await
    }

    async fn upload_revisions(
        &self,
        request: Request<UploadRevisionsRequest>,
    ) -> Result<Response<UploadRevisionsResponse>, Status> {
        self.state.exchange_passes()?;
        let mut service = ExchangeServiceClient::new(self.headquarters.clone());
        let request = request.into_inner();
        let call = async move { service.upload_revisions(request).await };
        let passage = self.state.next_uploads.lock().unwrap().pop_front();
        self.state.pass(passage.unwrap_or(Passage::Pass), &self.state.uploads, call).await
    }
}
