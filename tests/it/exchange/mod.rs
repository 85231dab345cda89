//! Sessions and what is wrong with them: whatever a unit, headquarters or the way between them does, nothing is half
//! applied and nothing lost.

mod failures;
mod jobs;
mod leases;
mod lies;
mod offers;
mod packages;

use std::{collections::BTreeMap, time::Duration};

use csu::headquarters::store::RunQuery;
use csu::proto::{
    exchange::{
        DownloadPackageRequest, OfferedSession, Origin, SessionResult, SubscribeSessionsResponse,
    },
    headquarters::{
        CancelSessionRequest, Database as ConfiguredDatabase, ListSessionsRequest,
        RetrySessionRequest, Run, RunJobRequest, SaveDatabaseRequest, Session, SessionStatus,
    },
};
use tonic::Status;

use crate::harness::{Chain, Database, Engine, Headquarters, jobs::Fetched, wait};

/// A unit that a story plays. It is connected only while it is offered something.
struct Played {
    origin: Origin,
    /// What it has applied, by job.
    has: BTreeMap<&'static str, i64>,
}

impl Played {
    /// One that has nothing yet.
    async fn new(headquarters: &Headquarters, name: &str) -> Self {
        add_database(headquarters, name).await;
        Self { origin: headquarters.registered(name).await, has: BTreeMap::new() }
    }

    /// One that has all that there is.
    async fn current(headquarters: &Headquarters, name: &str) -> Self {
        let mut played = Self::new(headquarters, name).await;
        let told = headquarters.subscribe(&played.origin, &[]).await;
        let mut told = told.expect("it is registered");
        for job in ["1010", "1070", "1110"] {
            let session = told.offered(job).await;
            played.apply(headquarters, job, &session).await;
        }
        drop(told);
        away(headquarters).await;
        played
    }

    fn applied(&self) -> Vec<(&'static str, i64)> {
        self.has.iter().map(|(job, version)| (*job, *version)).collect()
    }

    /// What headquarters tells it when it comes.
    async fn told(&self, headquarters: &Headquarters) -> SubscribeSessionsResponse {
        let told = headquarters.subscribe(&self.origin, &self.applied()).await;
        told.expect("it is registered").next().await.expect("an answer")
    }

    /// The session of the job that is its turn, if there is one.
    async fn turn(&self, headquarters: &Headquarters, job: &str) -> Option<OfferedSession> {
        self.told(headquarters).await.sessions.into_iter().find(|it| it.job == job)
    }

    /// The session of the job that is its turn, or becomes it.
    async fn offered(&self, headquarters: &Headquarters, job: &str) -> OfferedSession {
        let told = headquarters.subscribe(&self.origin, &self.applied()).await;
        told.expect("it is registered").offered(job).await
    }

    /// Applies the session of the job that is its turn, or becomes it.
    async fn take(&mut self, headquarters: &Headquarters, job: &'static str) -> OfferedSession {
        let session = self.offered(headquarters, job).await;
        self.apply(headquarters, job, &session).await;
        session
    }

    async fn apply(
        &mut self,
        headquarters: &Headquarters,
        job: &'static str,
        session: &OfferedSession,
    ) {
        for package in 0..u32::try_from(session.packages.len()).unwrap() {
            let fetched = self.fetch(headquarters, session.id, package).await.unwrap();
            assert_eq!(fetched.label.to, session.to_version);
        }
        self.says(headquarters, session.id, SessionResult::Downloaded).await.unwrap();
        self.has.insert(job, session.to_version);
        self.says(headquarters, session.id, SessionResult::Applied).await.unwrap();
    }

    async fn fetch(
        &self,
        headquarters: &Headquarters,
        session: i64,
        package: u32,
    ) -> Result<Fetched, Status> {
        headquarters.fetch(&self.origin, session, package).await
    }

    /// Begins to download a session, and is not heard of again.
    async fn begins(&self, headquarters: &Headquarters, session: i64) {
        let origin = Some(self.origin.clone());
        let request = DownloadPackageRequest { origin, session, package: 0, first_chunk: 0 };
        let mut parts =
            headquarters.exchange().download_package(request).await.unwrap().into_inner();
        parts.message().await.unwrap().expect("a header");
    }

    async fn says(
        &self,
        headquarters: &Headquarters,
        session: i64,
        result: SessionResult,
    ) -> Result<(), Status> {
        headquarters.report(&self.origin, session, result, &self.applied()).await
    }

    /// Fails with a session as often as that takes it to wait for somebody.
    async fn fails(&self, headquarters: &Headquarters, session: i64, result: SessionResult) {
        for _ in 0..3 {
            self.says(headquarters, session, result).await.unwrap();
        }
        assert_eq!(status(headquarters, session).await, SessionStatus::Suspended);
    }
}

/// Headquarters when no unit is connected any more, as far as it knows, and nothing runs.
async fn away(headquarters: &Headquarters) -> &Headquarters {
    let serving = &headquarters.serving().headquarters;
    let running = RunQuery { running: true, limit: 1, ..RunQuery::default() };
    wait::until("nobody is there", async || {
        let databases = serving.store.databases().await.expect("a read");
        let is_there = |id| serving.signals.is_connected(id);
        let gone = !databases.iter().any(|it| is_there(it.origin.database_id));
        // Who has reported something counts as connected for a while.
        headquarters.clock.advance(Duration::from_secs(26));
        gone && serving.store.runs(&running).await.expect("a read").is_empty()
    })
    .await;
    headquarters
}

/// Adds a database that may register.
async fn add_database(headquarters: &Headquarters, name: &str) {
    let database = ConfiguredDatabase { name: name.to_owned(), ..ConfiguredDatabase::default() };
    let request = SaveDatabaseRequest { database: Some(database) };
    headquarters.setup().save_database(request).await.expect("a database");
}

/// Sessions of a job, the earliest first; of all databases if `database` is empty.
async fn sessions(headquarters: &Headquarters, job: &str, database: &str) -> Vec<Session> {
    let (job, database) = (job.to_owned(), database.to_owned());
    let request = ListSessionsRequest { job, database, page_size: 500, ..Default::default() };
    let mut sessions = headquarters
        .scheduler()
        .list_sessions(request)
        .await
        .expect("a list")
        .into_inner()
        .sessions;
    sessions.reverse();
    sessions
}

async fn statuses(headquarters: &Headquarters, job: &str, database: &str) -> Vec<SessionStatus> {
    sessions(headquarters, job, database).await.iter().map(Session::status).collect()
}

async fn session(headquarters: &Headquarters, id: i64) -> Session {
    let all = sessions(headquarters, "", "").await;
    all.into_iter().find(|session| session.id == id).expect("the session")
}

async fn status(headquarters: &Headquarters, id: i64) -> SessionStatus {
    session(headquarters, id).await.status()
}

async fn retry(headquarters: &Headquarters, session: i64) -> Result<Session, Status> {
    let answer = headquarters.scheduler().retry_session(RetrySessionRequest { session }).await?;
    Ok(answer.into_inner().session.expect("a session"))
}

async fn cancel(headquarters: &Headquarters, session: i64) -> Result<Session, Status> {
    let answer = headquarters.scheduler().cancel_session(CancelSessionRequest { session }).await?;
    Ok(answer.into_inner().session.expect("a session"))
}

/// Runs a job for one database.
async fn run_for(headquarters: &Headquarters, job: &str, database: &str, full: bool) -> Run {
    let (job, database) = (job.to_owned(), database.to_owned());
    headquarters.run_job(RunJobRequest { job, database, full }).await.expect("it runs")
}

/// Whether the customer has no final number yet at the chain's unit.
async fn is_pending(chain: &Chain, customer: &str) -> bool {
    chain.unit().read(customer).await.account_number_display == "Pending sync"
}

/// All rows that a database has, leases aside. Two of them are equal if nothing was done between them.
async fn contents(database: &Database) -> Vec<String> {
    let tables = match database.engine {
        Engine::Sqlite => {
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        }
        Engine::Postgres => {
            "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()"
        }
    };
    let mut found = Vec::new();
    for table in database.texts(tables).await {
        let row = match database.engine {
            Engine::Sqlite => {
                let columns =
                    format!("SELECT 'quote(' || name || ')' FROM pragma_table_info('{table}')");
                database.texts(&columns).await.join(" || ',' || ")
            }
            Engine::Postgres => "to_jsonb(t)::text".to_owned(),
        };
        if table != "job_lease" {
            let rows = format!("SELECT '{table} ' || {row} FROM {table} t");
            found.extend(database.texts(&rows).await);
        }
    }
    assert!(found.len() > 5, "there are rows: {found:?}");
    found.sort();
    found
}
