//! Jobs run by hand, and the exchange as a unit sees it, step by step.

use csu::proto::exchange::package_row::Row;
use csu::{
    domain::{configuration::ConfigurationRows, job::DownloadJob},
    proto::{
        exchange::{
            AppliedVersion, DownloadPackageRequest, OfferedSession, Origin, ReportSessionRequest,
            SessionResult, SubscribeSessionsRequest, SubscribeSessionsResponse,
            download_package_response::Part,
        },
        headquarters::{Run, RunJobRequest, RunStatus},
    },
    wire::package::{self, Label, Verifier, open_chunk},
};
use tonic::{Status, Streaming};

use super::{Chain, Headquarters, wait};

/// A package as a unit has it when it was verified.
pub struct Fetched {
    pub label: Label,
    pub rows: Vec<Row>,
}

/// What headquarters tells a unit.
pub struct Subscription(Streaming<SubscribeSessionsResponse>);

impl Headquarters {
    /// Runs a job for all databases to its end.
    pub async fn run(&self, job: &str) -> Run {
        let request = RunJobRequest { job: job.to_owned(), ..RunJobRequest::default() };
        self.run_job(request).await.expect("it runs")
    }

    /// A run that is to bring everything that there is, to whoever is connected.
    pub async fn run_well(&self, job: &str) -> Run {
        self.connected().await;
        let run = self.run(job).await;
        let ended = [RunStatus::Succeeded, RunStatus::NoData];
        assert!(ended.contains(&run.status()), "{job}: {run:?}");
        run
    }

    /// Waits until every registered database is connected.
    pub async fn connected(&self) {
        let headquarters = &self.serving().headquarters;
        wait::until("all are connected", async || {
            let databases = headquarters.store.databases().await.expect("a read");
            databases.iter().all(|it| headquarters.signals.is_connected(it.origin.database_id))
        })
        .await;
    }

    pub async fn run_job(&self, request: RunJobRequest) -> Result<Run, Status> {
        let mut states = self.scheduler().run_job(request).await?.into_inner();
        let mut last = None;
        while let Some(state) = wait::bounded("a run", states.message()).await? {
            last = state.run;
        }
        Ok(last.expect("a run says how it went"))
    }

    /// What is captured becomes numbered customers in every channel that is connected.
    pub async fn exchange_all(&self) {
        for job in ["P-0001", "synchronize", "1010"] {
            self.run_well(job).await;
        }
    }

    pub async fn subscribe(
        &self,
        origin: &Origin,
        applied: &[(&str, i64)],
    ) -> Result<Subscription, Status> {
        let request =
            SubscribeSessionsRequest { origin: Some(origin.clone()), applied: versions(applied) };
        self.exchange().subscribe_sessions(request).await.map(|it| Subscription(it.into_inner()))
    }

    /// Downloads a package of a session whole.
    pub async fn fetch(
        &self,
        origin: &Origin,
        session: i64,
        package: u32,
    ) -> Result<Fetched, Status> {
        let request = DownloadPackageRequest {
            origin: Some(origin.clone()),
            session,
            package,
            first_chunk: 0,
        };
        let mut parts = self.exchange().download_package(request).await?.into_inner();
        let mut verifier = None;
        let mut rows = Vec::new();
        while let Some(message) = parts.message().await? {
            match message.part.expect("a part") {
                Part::Header(header) => {
                    verifier = Some(Verifier::new(header).expect("a package of ours"));
                }
                Part::Chunk(chunk) => {
                    let verifier = verifier.as_mut().expect("the header is the first part");
                    verifier.chunk(&chunk).expect("a chunk of ours");
                    rows.extend(open_chunk(&chunk).expect("a chunk of ours").rows);
                }
            }
        }
        let label = verifier.expect("a header").finish().expect("a whole package");
        Ok(Fetched { label, rows })
    }

    pub async fn report(
        &self,
        origin: &Origin,
        session: i64,
        result: SessionResult,
        applied: &[(&str, i64)],
    ) -> Result<(), Status> {
        let request = ReportSessionRequest {
            origin: Some(origin.clone()),
            session,
            result: result.into(),
            error: String::new(),
            applied: versions(applied),
            rows: 0,
            bytes: 0,
        };
        self.exchange().report_session(request).await.map(|_| ())
    }

    /// All that a configuration job brings to a registered database now.
    pub async fn configuration(&self, origin: &Origin, job: &str) -> (Label, ConfigurationRows) {
        let databases = self.serving().headquarters.store.databases().await.expect("a read");
        let is_it = |id: &str| id == origin.database_id;
        let of = databases.iter().find(|it| is_it(&it.origin.database_id.to_string()));
        let request = RunJobRequest {
            job: job.to_owned(),
            database: of.expect("it is registered").name.clone(),
            full: true,
        };
        let run = self.run_job(request).await.expect("it runs");
        let session = run.sessions.last().expect("a session").id;
        let mut news = self.subscribe(origin, &[]).await.expect("it is registered");
        news.until(|told| told.sessions.iter().any(|it| it.id == session)).await;
        let Fetched { label, rows } = self.fetch(origin, session, 0).await.expect("it is offered");
        let job = DownloadJob::parse(job).expect("a job");
        (label, package::configuration(job, rows).expect("a configuration"))
    }
}

impl Subscription {
    /// The next thing that headquarters says.
    pub async fn next(&mut self) -> Option<SubscribeSessionsResponse> {
        wait::bounded("news", self.0.message()).await.expect("the stream goes on")
    }

    /// The first thing that headquarters says of which this holds.
    pub async fn until(
        &mut self,
        mut holds: impl FnMut(&SubscribeSessionsResponse) -> bool,
    ) -> SubscribeSessionsResponse {
        loop {
            let told = self.next().await.expect("the stream goes on");
            if holds(&told) {
                return told;
            }
        }
    }

    /// The session of a job that is its turn.
    pub async fn offered(&mut self, job: &str) -> OfferedSession {
        let told = self.until(|told| told.sessions.iter().any(|it| it.job == job)).await;
        told.sessions.into_iter().find(|it| it.job == job).expect("it is offered")
    }
}

impl Chain {
    /// Runs 1070 and 1110: what is set up is stored in the units that are connected.
    pub async fn bring_configuration(&self) {
        for job in ["1070", "1110"] {
            self.headquarters.run_well(job).await;
        }
    }
}

fn versions(applied: &[(&str, i64)]) -> Vec<AppliedVersion> {
    let version =
        |(job, version): &(&str, i64)| AppliedVersion { job: (*job).to_owned(), version: *version };
    applied.iter().map(version).collect()
}
