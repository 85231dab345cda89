//! Each role: that it starts, says what it is, serves and stops.

use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    process::Command,
};

use csu::proto::channel::{CreateCustomerRequest, ExecutionMode};

use crate::harness::{
    Database, Engine,
    process::{self, Process, Served, serve_as, serve_headquarters, serve_with},
    requests, wait,
};

crate::on_both_engines!(
    all_is_a_headquarters_and_its_unit,
    a_unit_and_headquarters_apart,
    an_offline_unit_calls_nobody,
    a_unit_waits_until_headquarters_knows_its_database,
);

/// Databases of one process that has both parts.
struct Databases {
    channel: Database,
    headquarters: Database,
}

impl Databases {
    async fn new(engine: Engine) -> Self {
        let headquarters = Database::new_headquarters(engine).await;
        Self { channel: Database::new(engine).await, headquarters }
    }

    fn serve_all(&self) -> Command {
        self.name(serve_as("all"))
    }

    fn name(&self, mut command: Command) -> Command {
        command.args(["--channel-database", &self.channel.url]);
        command.args(["--headquarters-database", &self.headquarters.url]);
        command
    }

    async fn remove(&self) {
        self.channel.remove().await;
        self.headquarters.remove().await;
    }
}

fn at_houston() -> CreateCustomerRequest {
    let channel = requests::REAL_TIME_CHANNEL.to_owned();
    CreateCustomerRequest { channel, ..requests::create() }
}

async fn metrics(at: std::net::SocketAddr) -> String {
    let mut stream = TcpStream::connect(at).await.expect("the port of the metrics");
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("sent");
    let mut answer = String::new();
    let reading = stream.read_to_string(&mut answer);
    wait::bounded("an answer", reading).await.expect("an answer");
    answer
}

/// That the greeting has all of this.
fn assert_greets(process: &Process, parts: &[&str]) {
    let greeting = process.output().stdout();
    for part in parts {
        assert!(greeting.contains(part), "{part} is not in: {greeting}");
    }
}

async fn all_is_a_headquarters_and_its_unit(engine: Engine) {
    let databases = Databases::new(engine).await;
    let process = Process::start(databases.serve_all()).await;
    let url = process.headquarters_url();
    let grpc = process.grpc.to_string();
    let wanted = [
        "(role all)",
        &databases.channel.url_shown(),
        &databases.headquarters.url_shown(),
        &url,
        "HOUSTON, real-time profile",
        "SEATTLE, async profile",
        "grpcurl",
        &grpc,
    ];
    assert_greets(&process, &wanted);
    // The unit calls the headquarters beside it.
    let clients = process.connect().await;
    let answer = clients.create(at_houston()).await.expect("created");
    assert_eq!(answer.execution.unwrap().mode(), ExecutionMode::RealTime);
    assert_eq!(answer.customer.unwrap().account_number, "C-0000001");
    // One registry for both: each port tells of the calls of either part.
    let Served { http, .. } = process.headquarters.unwrap();
    for port in [process.http, http] {
        let metrics = metrics(port).await;
        for service in
            ["commerce.channel.v1.CustomerService", "commerce.headquarters.v1.RealtimeService"]
        {
            assert!(metrics.contains(service), "{service} is not in: {metrics}");
        }
    }
    process.stop().await;
    // It is found again, as it was, and the demo company is not made twice.
    let again = Process::start(databases.serve_all()).await;
    let answer = again.connect().await.create(at_houston()).await.expect("created");
    assert_eq!(answer.customer.unwrap().account_number, "C-0000002");
    again.signal("INT");
    let ended = again.ended().await;
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    databases.remove().await;
}

async fn a_unit_and_headquarters_apart(engine: Engine) {
    let Databases { channel, headquarters } = Databases::new(engine).await;
    let hq = Process::start(serve_headquarters(&headquarters.url)).await;
    let url = hq.headquarters_url();
    let list = format!("csu channels list --headquarters {url}");
    assert_greets(&hq, &["(role headquarters)", &headquarters.url_shown(), &list]);
    assert!(!hq.output().stdout().contains("scale unit"));
    let unit = Process::start(serve_with(&channel.url, &hq)).await;
    assert_greets(&unit, &["(role channel)", &channel.url_shown(), &url, "HOUSTON", "SEATTLE"]);
    assert!(unit.headquarters.is_none());
    let clients = unit.connect().await;
    let answer = clients.create(at_houston()).await.expect("created");
    assert_eq!(answer.execution.unwrap().reason, "PROFILE_REAL_TIME");

    // Headquarters first: the unit goes on without.
    hq.stop().await;
    let answer = clients.create(at_houston()).await.expect("created");
    assert_eq!(answer.execution.unwrap().mode(), ExecutionMode::Async);
    unit.stop().await;
    channel.remove().await;
    headquarters.remove().await;
}

async fn an_offline_unit_calls_nobody(engine: Engine) {
    let Databases { channel, headquarters } = Databases::new(engine).await;
    let hq = Process::start(serve_headquarters(&headquarters.url)).await;
    let url = hq.headquarters_url();
    let mut command = serve_as("offline");
    command.args(["--channel-database", &channel.url, "--headquarters", &url]);
    let till = Process::start(command).await;
    assert_greets(&till, &["(role offline)", &url, "for configuration only"]);
    let answer = till.connect().await.create(at_houston()).await.expect("created");
    assert_eq!(answer.execution.unwrap().mode(), ExecutionMode::Async);
    let customers = "SELECT count(*) FROM customer";
    assert_eq!(headquarters.number(customers).await, 0);
    till.stop().await;
    hq.stop().await;
    channel.remove().await;
    headquarters.remove().await;
}

/// In one process too: without the demo company there is no channel, and nothing to serve.
async fn a_unit_waits_until_headquarters_knows_its_database(engine: Engine) {
    let databases = Databases::new(engine).await;
    let listen = format!("127.0.0.1:{}", process::free_port());
    let serve = || {
        let mut command = process::csu();
        command.args(["serve", "--demo", "false", "--database-name", "store-9"]);
        command.args(["--headquarters-listen", &listen, "--channel-listen", "127.0.0.1:0"]);
        for flag in ["--headquarters-http-listen", "--channel-http-listen"] {
            command.args([flag, "127.0.0.1:0"]);
        }
        databases.name(command)
    };
    // Whoever is tired of waiting can stop it.
    let waiting = Process::spawn(serve());
    waits(&waiting).await;
    waiting.signal("TERM");
    let ended = waiting.ended().await;
    assert_eq!((ended.status.code(), ended.stdout.as_str()), (Some(0), ""), "{ended:?}");

    let waiting = Process::spawn(serve());
    waits(&waiting).await;
    let mut add = process::csu();
    add.args(["channels", "add", "BERLIN", "--database", "store-9", "--country", "DE"]);
    add.args(["--headquarters", &format!("http://{listen}")]);
    let added = process::run(add).await;
    assert!(added.status.success(), "{added:?}");
    let process = waiting.serving().await;
    assert_greets(&process, &["(store-9)", "BERLIN, real-time profile"]);
    process.stop().await;
    databases.remove().await;
}

/// Until it has said what it waits for.
async fn waits(process: &process::Starting) {
    let command = "csu channels add CHANNEL --database store-9";
    let told = async || process.output().stderr().contains(command);
    wait::until("it says what to run", told).await;
}

#[tokio::test]
async fn a_unit_without_headquarters_can_be_stopped() {
    let database = Database::new(Engine::Sqlite).await;
    let waiting = Process::spawn(process::serve(&database.url));
    let told = async || waiting.output().stderr().contains("not registered yet");
    wait::until("it says why it waits", told).await;
    waiting.signal("INT");
    let ended = waiting.ended().await;
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
}

#[tokio::test]
async fn the_defaults_are_a_demo_company_in_the_data_folder() {
    let folder = TempDir::new().unwrap();
    let serve = |role: &str| {
        let mut command = serve_as(role);
        command.arg("--data").arg(folder.path());
        command
    };
    let all = Process::start(serve("all")).await;
    let url = all.headquarters_url();
    assert_greets(&all, &["channel.db (store-1)", "headquarters.db", "HOUSTON", "SEATTLE"]);
    let mut till = serve("offline");
    till.args(["--database-name", "till-1", "--headquarters", &url]);
    let waiting = Process::spawn(till);
    let told = async || waiting.output().stderr().contains("DATABASE_NOT_CONFIGURED");
    wait::until("it waits for a channel", told).await;
    assert!(folder.path().join("offline.db").exists());
    waiting.signal("TERM");
    assert!(waiting.ended().await.status.success());
    all.stop().await;
}
