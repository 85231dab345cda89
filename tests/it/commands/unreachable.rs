//! Nobody there, or somebody else.

use serde_json::{Value, json};

use super::{Headquarters, NOT_REACHABLE};
use crate::harness::{
    Engine,
    process::{csu, free_port, run},
};

const COMMANDS: [&str; 9] = [
    "feature list",
    "feature enable async-address-creation",
    "profile list",
    "profile set async --create-customer-in-async-mode on",
    "channels list",
    "channels show HOUSTON",
    "channels add BERLIN --database store-2",
    "job run 1010",
    "sync list",
];

#[tokio::test]
async fn nobody_is_there() {
    let url = format!("http://127.0.0.1:{}", free_port());
    for line in COMMANDS {
        let mut command = csu();
        command.args(line.split(' ')).args(["--headquarters", &url]);
        let ended = run(command).await;
        assert_eq!(ended.status.code(), Some(NOT_REACHABLE), "{line}: {ended:?}");
        for part in [url.as_str(), "csu serve --role headquarters", "--headquarters"] {
            assert!(ended.stderr.contains(part), "{line}: {part} is not in: {ended:?}");
        }
        assert_eq!(ended.stdout, "", "{line}");
    }
    let mut command = csu();
    command.args(["feature", "list", "--output", "json", "--headquarters", &url]);
    let ended = run(command).await;
    let said: Value = serde_json::from_str(&ended.stderr).expect("JSON");
    assert_eq!(said["error"]["code"], json!("UNAVAILABLE"));
}

/// The ports of headquarters and of units are easily mixed up.
#[tokio::test]
async fn headquarters_is_no_unit() {
    let headquarters = Headquarters::start(Engine::Sqlite).await;
    let mut command = csu();
    command.args(["customer", "get", "C-0000001", "--server"]);
    command.arg(headquarters.process.headquarters_url());
    let ended = run(command).await;
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    assert!(ended.stderr.contains("UNIMPLEMENTED"), "{ended:?}");
    headquarters.stop().await;
}
