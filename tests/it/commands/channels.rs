//! `csu channels`

use serde_json::json;

use super::{Headquarters, NOT_FOUND, REFUSED, has_row};
use crate::harness::{
    Database, Engine,
    process::{Process, serve_with},
};

crate::on_both_engines!(
    channels_are_listed_and_shown,
    a_channel_is_added_once,
    what_is_wrong_with_a_new_channel_is_said,
    a_database_that_has_registered_is_shown,
);

async fn channels_are_listed_and_shown(engine: Engine) {
    let headquarters = Headquarters::start(engine).await;
    let table = headquarters.done("channels list").await;
    assert!(has_row(&table, &["CHANNEL", "COUNTRY", "PROFILE", "DATABASE"]), "{table}");
    assert!(has_row(&table, &["HOUSTON", "US", "real-time", "default", "store-1"]), "{table}");
    let shown = headquarters.done("channels show SEATTLE").await;
    for row in [
        ["Profile", "async (Create customers in async mode)"],
        ["(F0)", "on"],
        ["currency", "USD"],
        ["group", "default"],
        ["(X)", "off"],
        ["registered as", "not registered yet"],
    ] {
        assert!(has_row(&shown, &row), "{row:?} is not in: {shown}");
    }
    let shown = headquarters.json("channels show SEATTLE").await;
    let listed = headquarters.json("channels list").await;
    assert_eq!(listed["channels"][1], shown["channel"]);
    assert_eq!(shown["default_customer"]["receipt_option"], "STANDARD");
    let group = json!({ "code": "default", "filter_shared_customer_data_tables": false });
    assert_eq!(shown["database_group"], group);
    assert_eq!(shown["database"]["last_seen_time"], json!(null));
    let said = headquarters.fails(NOT_FOUND, "channels show BERLIN").await;
    assert!(said.contains("\"BERLIN\"") && said.contains("HOUSTON,SEATTLE"), "{said}");
    headquarters.stop().await;
}

async fn a_channel_is_added_once(engine: Engine) {
    let headquarters = Headquarters::start(engine).await;
    let add = "channels add BERLIN --database store-2 --country DE --profile async";
    let added = headquarters.run(0, add).await;
    assert!(has_row(&added.stdout, &["Database", "store-2"]), "{added:?}");
    for part in ["job 1070", "csu serve --role channel --database-name store-2"] {
        assert!(added.stderr.contains(part), "{part} is not in: {added:?}");
    }
    let shown = headquarters.json("channels show BERLIN").await;
    let channel = json!({
        "operating_unit_number": "BERLIN",
        "country": "DE",
        "functionality_profile": "async",
        "default_customer": "default",
        "database": "store-2",
    });
    assert_eq!(shown["channel"], channel);
    assert_eq!(shown["database"]["group"], "default");

    // Save would replace it: the command does not.
    let again = "channels add BERLIN --database store-3";
    let said = headquarters.fails(REFUSED, again).await;
    for part in ["BERLIN", "store-2", "ALREADY_EXISTS"] {
        assert!(said.contains(part), "{part} is not in: {said}");
    }
    let error = headquarters.json_error(REFUSED, again).await;
    assert_eq!(error["reason"], "CHANNEL_EXISTS");
    assert_eq!(error["metadata"]["channel"], "BERLIN");
    assert_eq!(headquarters.json("channels show BERLIN").await["channel"], channel);
    let added = headquarters.json("channels add DALLAS --database store-2").await;
    assert_eq!(added["channel"]["country"], "US");
    assert_eq!(added["channel"]["functionality_profile"], "real-time");
    headquarters.stop().await;
}

async fn what_is_wrong_with_a_new_channel_is_said(engine: Engine) {
    let headquarters = Headquarters::start(engine).await;
    let add = "channels add BERLIN --database store-2 --country Germany --profile quick";
    let said = headquarters.fails(REFUSED, add).await;
    for part in [
        "INVALID_FIELD",
        "channel.country:",
        "INVALID_COUNTRY",
        "channel.functionality_profile:",
        "async, real-time",
    ] {
        assert!(said.contains(part), "{part} is not in: {said}");
    }
    let error = headquarters.json_error(REFUSED, add).await;
    assert_eq!(error["field_violations"].as_array().unwrap().len(), 2);
    headquarters.fails(NOT_FOUND, "channels show BERLIN").await;
    headquarters.stop().await;
}

async fn a_database_that_has_registered_is_shown(engine: Engine) {
    let headquarters = Headquarters::start(engine).await;
    let database = Database::new(engine).await;
    let unit = Process::start(serve_with(&database.url, &headquarters.process)).await;
    let shown = headquarters.json("channels show HOUSTON").await;
    assert_eq!(shown["database"]["program_version"], env!("CARGO_PKG_VERSION"));
    assert!(shown["database"]["last_seen_time"].as_str().unwrap().ends_with('Z'), "{shown}");
    let id = shown["database"]["database_id"].as_str().unwrap();
    let table = headquarters.done("channels show SEATTLE").await;
    assert!(has_row(&table, &["registered as", id]), "{table}");
    unit.stop().await;
    headquarters.stop().await;
    database.remove().await;
}
