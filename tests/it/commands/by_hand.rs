//! The README's walk-through by hand, where headquarters and two scale units are processes and databases of their own.

use super::{Operator, has_row};
use crate::harness::{
    Database, Engine,
    process::{Process, serve_headquarters, serve_with},
    wait,
};

crate::on_both_engines!(from_the_profile_to_the_number_at_two_units);

/// Longer than the commands between two looks at a cached configuration take, also on a busy machine.
const TIME_TO_LIVE: &str = "10s";

struct Unit {
    database: Database,
    process: Process,
    channel: &'static str,
}

impl Unit {
    async fn start(engine: Engine, hq: &Process, name: &str, channel: &'static str) -> Self {
        let database = Database::new(engine).await;
        let mut serve = serve_with(&database.url, hq);
        serve.args(["--database-name", name, "--configuration-ttl", TIME_TO_LIVE]);
        Self { database, process: Process::start(serve).await, channel }
    }

    fn server(&self) -> String {
        format!("--server http://{}", self.process.grpc)
    }

    fn create(&self, last_name: &str) -> String {
        let (server, channel) = (self.server(), self.channel);
        format!(
            "customer create {server} --channel {channel} --first-name Uma --last-name {last_name}"
        )
    }

    fn search(&self, name: &str) -> String {
        format!("customer search {} --name {name}", self.server())
    }

    async fn stop(self) {
        self.process.stop().await;
        self.database.remove().await;
    }
}

async fn from_the_profile_to_the_number_at_two_units(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let mut serve = serve_headquarters(&database.url);
    serve.args(["--jobs", "manual"]);
    let hq = Process::start(serve).await;
    let operator = Operator(hq.headquarters_url());
    operator.done("channels add BERLIN --database store-2 --country DE").await;
    let units = [
        Unit::start(engine, &hq, "store-1", "HOUSTON").await,
        Unit::start(engine, &hq, "store-2", "BERLIN").await,
    ];
    let real_time = ["Went", "real-time, PROFILE_REAL_TIME"];
    for unit in &units {
        let created = operator.done(&unit.create("Oak")).await;
        assert!(has_row(&created, &real_time), "{created}");
    }

    operator.done("profile set real-time --create-customer-in-async-mode on").await;
    let brought = operator.done("job run 1070").await;
    for name in ["store-1", "store-2"] {
        assert!(has_row(&brought, &[name, "applied"]), "{brought}");
    }
    for unit in &units {
        let created = operator.done(&unit.create("Fir")).await;
        assert!(has_row(&created, &real_time), "by the cached configuration: {created}");
    }
    let mut pending = Vec::new();
    for (unit, last_name) in units.iter().zip(["Elm", "Ash"]) {
        let clients = unit.process.connect().await;
        wait::until("the cached configuration expires", async || {
            let configuration = clients.configuration(unit.channel).await.expect("shown");
            configuration.cached.is_none_or(|cached| cached.create_customer_in_async_mode)
        })
        .await;
        let created = operator.json(&unit.create(last_name)).await;
        assert_eq!(created["execution"]["reason"], "PROFILE_ASYNC_CREATE", "{created}");
        assert_eq!(created["customer"]["account_number_display"], "Pending sync", "{created}");
        pending.push(created["customer"]["name"].as_str().expect("a name").to_owned());
    }

    let early = operator.done("job run synchronize").await;
    assert!(has_row(&early, &["Summary", "nothing waits in the inbox"]), "{early}");
    let uploaded = operator.done("job run P-0001").await;
    for name in ["store-1", "store-2"] {
        assert!(has_row(&uploaded, &[name, "applied", "0-1"]), "{uploaded}");
    }
    for (unit, name) in units.iter().zip(["elm", "ash"]) {
        let found = operator.done(&unit.search(name)).await;
        assert!(has_row(&found, &["Pending sync", "pending processing"]), "{found}");
    }
    let done = operator.done("job run synchronize").await;
    assert!(has_row(&done, &["Summary", "2 synchronized, 0 failed, 0 parked, of 2"]), "{done}");
    for (unit, name) in units.iter().zip(["elm", "ash"]) {
        let found = operator.done(&unit.search(name)).await;
        assert!(has_row(&found, &["Pending sync", "pending download"]), "{found}");
    }
    let brought = operator.done("job run 1010").await;
    for name in ["store-1", "store-2"] {
        assert!(has_row(&brought, &[name, "applied"]), "{brought}");
    }

    // Both units know both customers: each once, by the old GUID too, and with one number.
    for (customer, name) in pending.iter().zip(["elm", "ash"]) {
        let mut numbers = Vec::new();
        for unit in &units {
            let found = operator.json(&unit.search(name)).await;
            assert_eq!(found["customers"].as_array().map(Vec::len), Some(1), "{found}");
            assert_eq!(found["customers"][0]["name"], customer.as_str());
            let (_, guid) = customer.split_once('/').expect("a resource name");
            let by_guid = format!("customer get {guid} {}", unit.server());
            let shown = operator.json(&by_guid).await;
            assert_eq!(shown["customer"]["sync_state"], "SYNC_STATE_SYNCED", "{shown}");
            numbers
                .push(shown["customer"]["account_number"].as_str().expect("a number").to_owned());
        }
        assert!(numbers[0].starts_with("C-0") && numbers[0] == numbers[1], "{numbers:?}");
    }
    for unit in units {
        unit.stop().await;
    }
    hq.stop().await;
    database.remove().await;
}
