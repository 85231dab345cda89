//! What a scraper and a prober see of a running process.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::harness::{
    Engine,
    process::{Process, serve, stocked},
    requests, wait,
};

crate::on_both_engines!(calls_are_counted_from_the_first_one);

/// Head and body of an answer.
async fn get(unit: &Process, path: &str) -> (String, String) {
    let mut stream = TcpStream::connect(unit.http).await.expect("the port of the metrics");
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    let reading = stream.read_to_string(&mut answer);
    wait::bounded("an answer", reading).await.expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    (head.to_owned(), body.to_owned())
}

/// Value of the line that begins so and has all of these labels.
fn value(metrics: &str, name: &str, labels: &[&str]) -> Option<f64> {
    let line = metrics
        .lines()
        .find(|line| line.starts_with(name) && labels.iter().all(|label| line.contains(label)))?;
    line.rsplit_once(' ')?.1.parse().ok()
}

async fn calls_are_counted_from_the_first_one(engine: Engine) {
    let database = stocked(engine).await;
    let unit = Process::start(serve(&database.url)).await;
    let calls = |metrics: &str, code: &str| {
        let labels = ["method=\"CreateCustomer\"", code];
        value(metrics, "csu_rpc_requests_total", &labels).unwrap_or(0.0)
    };
    // They are there before anything happens, so that the first one is an increase.
    let there = async || get(&unit, "/metrics").await.1.contains("method=\"CreateCustomer\"");
    wait::until("the methods have their metrics", there).await;
    let (head, metrics) = get(&unit, "/metrics").await;
    assert!(
        head.starts_with("HTTP/1.1 200") && head.contains("text/plain; version=0.0.4"),
        "{head}"
    );
    for code in ["OK", "INTERNAL", "UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED"] {
        let labels = ["method=\"CreateCustomer\"", &format!("code=\"{code}\"")];
        assert_eq!(value(&metrics, "csu_rpc_requests_total", &labels), Some(0.0), "{metrics}");
    }
    assert!(value(&metrics, "csu_build_info", &[]).is_some(), "{metrics}");

    let clients = unit.connect().await;
    for _ in 0..3 {
        clients.created(requests::create()).await;
    }
    let mut bad = requests::create();
    bad.customer = None;
    clients.create(bad).await.expect_err("refused");
    let counted = async || {
        let (_, metrics) = get(&unit, "/metrics").await;
        (calls(&metrics, "code=\"OK\""), calls(&metrics, "code=\"INVALID_ARGUMENT\"")) == (3.0, 1.0)
    };
    wait::until("the calls are counted", counted).await;
    let (_, metrics) = get(&unit, "/metrics").await;
    let labels = ["method=\"CreateCustomer\""];
    assert_eq!(value(&metrics, "csu_rpc_duration_seconds_count", &labels), Some(4.0), "{metrics}");
    assert_eq!(value(&metrics, "csu_rpc_in_flight", &labels), Some(0.0), "{metrics}");
    assert!(!metrics.contains("Karen"), "{metrics}");

    for path in ["/livez", "/readyz"] {
        assert!(get(&unit, path).await.0.starts_with("HTTP/1.1 200"), "{path}");
    }
    assert!(get(&unit, "/customers").await.0.starts_with("HTTP/1.1 404"));
    unit.stop().await;
    database.remove().await;
}
