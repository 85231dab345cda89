//! SIGTERM: nobody new is taken, who is being served is served to the end, and the process ends, whoever holds a
//! connection open.

use std::time::Duration;

use csu::runtime::clock::monotonic;
use sqlx::{Connection as _, PgConnection, SqliteConnection};
use tokio::net::TcpStream;
use tokio_stream::StreamExt as _;
use tonic::transport::Endpoint;
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

use crate::harness::{
    Database, Engine,
    process::{Process, serve, stocked},
    requests, wait,
};

crate::on_both_engines!(
    running_calls_end_and_idle_peers_do_not_matter,
    a_call_that_does_not_end_is_cut_at_the_limit,
    a_second_signal_is_obeyed_at_once,
);

/// How long it may take with nobody to wait for.
const SOON: Duration = Duration::from_secs(5);

/// Somebody else's transaction, which every write of the unit has to wait for.
enum Holder {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Holder {
    async fn of(database: &Database) -> Self {
        match database.engine {
            Engine::Sqlite => {
                let mut connection = SqliteConnection::connect(&database.url).await.unwrap();
                sqlx::query("BEGIN IMMEDIATE").execute(&mut connection).await.unwrap();
                Self::Sqlite(connection)
            }
            Engine::Postgres => {
                let mut connection = PgConnection::connect(&database.url).await.unwrap();
                sqlx::query("BEGIN").execute(&mut connection).await.unwrap();
                let lock = "SELECT revision FROM counter FOR UPDATE";
                sqlx::query(lock).execute(&mut connection).await.unwrap();
                Self::Postgres(connection)
            }
        }
    }

    async fn release(self) {
        match self {
            Self::Sqlite(mut connection) => {
                sqlx::query("ROLLBACK").execute(&mut connection).await.unwrap();
            }
            Self::Postgres(mut connection) => {
                sqlx::query("ROLLBACK").execute(&mut connection).await.unwrap();
            }
        }
    }
}

/// Until the metrics say that a create is under way.
async fn begun(unit: &Process) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    wait::until("the call is under way", async || {
        let mut stream = TcpStream::connect(unit.http).await.unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer.lines().any(|line| {
            line.starts_with("csu_rpc_in_flight")
                && line.contains("CreateCustomer")
                && line.ends_with(" 1")
        })
    })
    .await;
}

async fn running_calls_end_and_idle_peers_do_not_matter(engine: Engine) {
    let database = stocked(engine).await;
    let unit = Process::start(serve(&database.url)).await;
    let clients = unit.connect().await;
    clients.created(requests::create()).await;

    // Those who hold a connection and say nothing: over gRPC, over TCP, and to the metrics.
    let _idle = unit.connect().await;
    let _silent = TcpStream::connect(unit.grpc).await.unwrap();
    let _silent_too = TcpStream::connect(unit.http).await.unwrap();
    let endpoint = Endpoint::from_shared(format!("http://{}", unit.grpc)).unwrap();
    let mut health = HealthClient::new(endpoint.connect().await.unwrap());
    let watched = HealthCheckRequest { service: "commerce.channel.v1.CustomerService".to_owned() };
    let mut watching = health.watch(watched).await.unwrap().into_inner();
    let mut next = async || wait::bounded("the health", watching.next()).await;
    assert_eq!(next().await.unwrap().unwrap().status(), ServingStatus::Serving);

    let holder = Holder::of(&database).await;
    let running = requests::create();
    let (answered, ended) = tokio::join!(clients.create(running.clone()), async {
        begun(&unit).await;
        unit.signal("TERM");
        let told = next().await.expect("the watchers are told").expect("in order").status();
        assert_eq!(told, ServingStatus::NotServing);
        holder.release().await;
        let started = monotonic();
        let ended = unit.ended().await;
        (ended, started.elapsed())
    });
    let customer = answered.expect("a running call is served to its end").customer.unwrap();
    let (ended, took) = ended;
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert!(took < SOON, "it took {took:?}: {ended:?}");

    let unit = Process::start(serve(&database.url)).await;
    assert_eq!(unit.connect().await.read(&customer.name).await, customer);
    unit.stop().await;
    database.remove().await;
}

async fn a_call_that_does_not_end_is_cut_at_the_limit(engine: Engine) {
    let database = stocked(engine).await;
    let mut command = serve(&database.url);
    command.env("CSU__CHANNEL__DRAIN_LIMIT", "200ms");
    let unit = Process::start(command).await;
    let clients = unit.connect().await;
    let holder = Holder::of(&database).await;
    let calling = async { (clients.create(requests::create()).await, monotonic()) };
    let ((answered, cut), (asked, ended)) = tokio::join!(calling, async {
        begun(&unit).await;
        let asked = monotonic();
        unit.signal("TERM");
        (asked, unit.ended().await)
    });
    answered.expect_err("it was cut");
    assert!(cut - asked < SOON, "after {:?}", cut - asked);
    // What is left then is the writer, which waits for the database as long as the limits of both allow.
    assert!(ended.status.code().is_some(), "it ends by itself: {ended:?}");
    holder.release().await;
    database.remove().await;
}

async fn a_second_signal_is_obeyed_at_once(engine: Engine) {
    let database = stocked(engine).await;
    let unit = Process::start(serve(&database.url)).await;
    let clients = unit.connect().await;
    let holder = Holder::of(&database).await;
    let (answered, ended) = tokio::join!(clients.create(requests::create()), async {
        begun(&unit).await;
        unit.signal("TERM");
        let logged = async || unit.output().stderr().contains("once more to stop at once");
        wait::until("the first signal is heard", logged).await;
        let started = monotonic();
        unit.signal("INT");
        (unit.ended().await, started.elapsed())
    });
    answered.expect_err("it was cut");
    let (ended, took) = ended;
    assert_eq!(ended.status.code(), Some(1), "not everything came to its end: {ended:?}");
    assert!(took < SOON, "it took {took:?}: {ended:?}");
    holder.release().await;
    database.remove().await;
}
