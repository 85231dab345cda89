//! Headquarters killed under load: every customer is created, once, whichever way.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::atomic::{AtomicUsize, Ordering},
};

use csu::proto::channel::ExecutionMode;
use futures::future::join_all;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    process::Command,
};

use super::call::{self, Answer, Call};
use crate::harness::{
    Database, Engine, headquarters, invariants,
    process::{self, Process},
    replica::Clients,
    requests::REAL_TIME_CHANNEL,
    wait,
};

crate::on_both_engines!(headquarters_killed_in_the_middle_of_two_hundred_creates);

const ROUNDS: usize = 3;
/// They call all at once …
const TILLS: usize = 20;
/// … and so often.
const CREATES: usize = 10;

/// A headquarters that is at this address whenever it runs.
fn serve_headquarters_at(database: &Database, address: &str) -> Command {
    let mut command = process::csu();
    command.args(["serve", "--role", "headquarters", "--demo", "true", "--jobs", "manual"]);
    command.args(["--headquarters-database", &database.url, "--headquarters-listen", address]);
    command.args(["--headquarters-http-listen", "127.0.0.1:0"]);
    command
}

/// Every write with its answer.
type Answered = Vec<(Call, Answer)>;

/// Sends all creates, and kills headquarters when some are answered.
async fn killed_under_load(unit: &Process, headquarters: Process, round: usize) -> Answered {
    let answered = AtomicUsize::new(0);
    let till = async || {
        let clients = unit.connect().await;
        let mut answers = Vec::new();
        for _ in 0..CREATES {
            let create = call::create();
            let answer = create.sent(&clients).await;
            answered.fetch_add(1, Ordering::Relaxed);
            answers.push((create, answer));
        }
        answers
    };
    let tills = join_all((0..TILLS).map(|_| till()));
    let (answers, ()) = tokio::join!(wait::bounded("all answers", tills), async {
        let middle = TILLS * CREATES * (round + 1) / (ROUNDS + 2);
        let reached = async || answered.load(Ordering::Relaxed) >= middle;
        wait::until("some are answered", reached).await;
        headquarters.kill().await;
    });
    answers.into_iter().flatten().collect()
}

async fn reachable(unit: &Clients) -> bool {
    let shown = unit.configuration(REAL_TIME_CHANNEL).await.expect("the configuration");
    shown.headquarters.expect("the way to headquarters").reachable
}

/// Calls to headquarters of whatever outcome, and whether it counts as reachable, as a scraper sees it.
async fn scraped(at: SocketAddr) -> (u64, u64) {
    let mut stream = TcpStream::connect(at).await.expect("the port of the metrics");
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("sent");
    let mut metrics = String::new();
    let reading = stream.read_to_string(&mut metrics);
    wait::bounded("an answer", reading).await.expect("an answer");
    let sum = |name: &str| {
        let lines = metrics.lines().filter(|line| line.starts_with(name));
        lines.filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok()).sum::<u64>()
    };
    (sum("csu_headquarters_calls_total"), sum("csu_headquarters_reachable"))
}

/// With headquarters away nobody calls it, and everyone is served.
async fn nobody_calls(unit: &Process, clients: &Clients) -> Answered {
    let is_open = async || !reachable(clients).await;
    wait::until("the unit knows", is_open).await;
    let before = scraped(unit.http).await;
    assert!(before.0 > 0 && before.1 == 0, "{before:?}");
    let creating = (0..20).map(async |_| {
        let create = call::create();
        let answer = create.sent(clients).await;
        assert_eq!(answer.execution.reason, "HQ_UNREACHABLE");
        assert!(answer.execution.headquarters_duration.is_none());
        (create, answer)
    });
    let answers = join_all(creating).await;
    assert!(!reachable(clients).await);
    assert_eq!(scraped(unit.http).await, before);
    answers
}

/// What headquarters has once of each.
async fn check(database: &Database, answers: &Answered) {
    let performed = "SELECT count(*) FROM revision";
    let requests = "SELECT count(DISTINCT request_id) FROM revision";
    let customers = "SELECT count(*) FROM customer";
    let count = database.number(customers).await;
    assert_eq!(database.number(performed).await, count, "each customer is of one request");
    assert_eq!(database.number(requests).await, count);
    let there = database.texts("SELECT account_number FROM customer").await;
    let there: BTreeSet<_> = there.into_iter().collect();
    let mut told = BTreeSet::new();
    for (_, Answer { customer, execution, .. }) in answers {
        if execution.mode() == ExecutionMode::RealTime {
            assert!(there.contains(&customer.account_number), "{}", customer.account_number);
            assert!(told.insert(&customer.account_number), "a number is one customer's");
        } else {
            assert_eq!(execution.reason, "HQ_UNREACHABLE");
            assert_eq!(customer.account_number_display, "Pending sync");
        }
    }
}

async fn headquarters_killed_in_the_middle_of_two_hundred_creates(engine: Engine) {
    let company = Database::new_headquarters(engine).await;
    let channel = Database::new(engine).await;
    let mut hq = Process::start(serve_headquarters_at(&company, "127.0.0.1:0")).await;
    let address = hq.grpc.to_string();
    let unit = Process::start(process::serve_with(&channel.url, &hq)).await;
    let clients = unit.connect().await;
    let mut all = Vec::new();
    for round in 0..ROUNDS {
        let answers = killed_under_load(&unit, hq, round).await;
        let real_time =
            |(_, answer): &&(Call, Answer)| answer.execution.mode() == ExecutionMode::RealTime;
        let count = answers.iter().filter(real_time).count();
        assert!(count > 0 && count < answers.len(), "{count} of {} in real time", answers.len());
        all.extend(answers);
        all.extend(nobody_calls(&unit, &clients).await);

        hq = Process::start(serve_headquarters_at(&company, &address)).await;
        wait::until("headquarters is back", async || reachable(&clients).await).await;
        check(&company, &all).await;
        let customers = company.number("SELECT count(*) FROM customer").await;
        for chunk in all.chunks(50) {
            let repeating = chunk.iter().map(async |(create, answer)| {
                assert_eq!(&create.sent(&clients).await, answer, "word for word");
            });
            join_all(repeating).await;
        }
        assert_eq!(company.number("SELECT count(*) FROM customer").await, customers);
    }
    assert_eq!(scraped(unit.http).await.1, 1, "reachable");
    unit.stop().await;
    hq.stop().await;
    let names: BTreeSet<_> = all.iter().map(|(_, answer)| &answer.customer.name).collect();
    assert_eq!(names.len(), ROUNDS * (TILLS * CREATES + 20));
    let customers = channel.number("SELECT count(*) FROM customer").await;
    assert_eq!(usize::try_from(customers), Ok(names.len()), "every create made one customer");
    invariants::check(&channel).await;
    invariants::bases_are_headquarters(&channel, &company).await;
    headquarters::check(&company).await;
    channel.remove().await;
    company.remove().await;
}
