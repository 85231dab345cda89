//! `csu feature`

use serde_json::json;

use super::{Headquarters, NOT_FOUND, REFUSED, has_row, run_first};
use crate::harness::Engine;

crate::on_both_engines!(
    features_are_listed,
    what_is_missing_is_said_with_the_command_to_run_first,
    several_are_switched_in_the_order_that_they_allow,
    a_slip_of_the_pen_changes_nothing,
);

const PERFORMANCE: &str = "order-performance-improvements";
const CREATION: &str = "enhanced-async-customer-creation";
const ADDRESSES: &str = "async-address-creation";
const EDITING: &str = "async-customer-editing";

/// Those that are on and could be off.
async fn enabled(headquarters: &Headquarters) -> Vec<String> {
    let features = headquarters.json("feature list").await;
    let features = features["features"].as_array().unwrap().iter();
    features
        .filter(|feature| feature["enabled"] == true && feature["mandatory"] == false)
        .map(|feature| feature["key"].as_str().unwrap().to_owned())
        .collect()
}

async fn features_are_listed(engine: Engine) {
    let headquarters = Headquarters::start(engine).await;
    let table = headquarters.done("feature list").await;
    assert!(has_row(&table, &["KEY", "STATE", "NEEDS", "NAME"]), "{table}");
    assert!(has_row(&table, &[PERFORMANCE, "always on"]), "{table}");
    assert!(has_row(&table, &[EDITING, " on ", CREATION, ADDRESSES, "Enable editing"]), "{table}");
    let listed = headquarters.json("feature list").await;
    let editing = &listed["features"][3];
    assert_eq!(editing["key"], EDITING);
    assert_eq!(editing["prerequisites"], json!([PERFORMANCE, CREATION, ADDRESSES]));
    assert_eq!((&editing["enabled"], &editing["mandatory"]), (&json!(true), &json!(false)));
    assert!(editing["display_name"].is_string() && editing["description"].is_string());
    headquarters.stop().await;
}

async fn what_is_missing_is_said_with_the_command_to_run_first(engine: Engine) {
    let headquarters = Headquarters::start(engine).await;
    let disable = format!("feature disable {CREATION}");
    let said = headquarters.fails(REFUSED, &disable).await;
    assert!(said.contains("FEATURE_REQUIRED_BY_OTHERS") && said.contains(EDITING), "{said}");
    assert_eq!(run_first(&said), [format!("feature disable {EDITING}")]);
    let done = headquarters.run(0, run_first(&said)[0]).await;
    assert!(has_row(&done.stdout, &[EDITING, "off"]), "{done:?}");
    assert!(done.stderr.contains("job 1110") && done.stderr.contains("expired"), "{done:?}");
    headquarters.done(&disable).await;
    headquarters.done(&format!("feature disable {ADDRESSES}")).await;
    assert_eq!(enabled(&headquarters).await, [""; 0]);

    let enable = format!("feature enable {EDITING}");
    let error = headquarters.json_error(REFUSED, &enable).await;
    assert_eq!(error["reason"], "FEATURE_PREREQUISITES_MISSING");
    assert_eq!(error["domain"], "headquarters.commerce.csu");
    assert_eq!(error["metadata"]["missing"], format!("{CREATION},{ADDRESSES}"));
    let said = headquarters.fails(REFUSED, &enable).await;
    for part in ["FAILED_PRECONDITION, FEATURE_PREREQUISITES_MISSING", CREATION, ADDRESSES] {
        assert!(said.contains(part), "{part} is not in: {said}");
    }
    assert_eq!(run_first(&said), [format!("feature enable {CREATION} {ADDRESSES}")]);
    assert_eq!(error["run_first"], json!([format!("csu {}", run_first(&said)[0])]));
    headquarters.done(run_first(&said)[0]).await;
    let enabled_now = headquarters.json(&enable).await;
    assert_eq!(enabled_now["features"][0]["enabled"], true);
    assert_eq!(enabled(&headquarters).await, [CREATION, ADDRESSES, EDITING]);

    // Whoever named headquarters by a flag goes on with it.
    let url = headquarters.process.headquarters_url();
    let said = headquarters.fails(REFUSED, &format!("{disable} --headquarters {url}")).await;
    assert_eq!(run_first(&said), [format!("feature disable {EDITING} --headquarters {url}")]);
    headquarters.stop().await;
}

async fn several_are_switched_in_the_order_that_they_allow(engine: Engine) {
    let headquarters = Headquarters::start(engine).await;
    let keys = format!("{ADDRESSES} {EDITING} {CREATION} {EDITING}");
    let off = headquarters.json(&format!("feature disable {keys}")).await;
    assert_eq!(off["features"].as_array().unwrap().len(), 3, "each once");
    assert_eq!(enabled(&headquarters).await, [""; 0]);
    headquarters.done(&format!("feature enable {keys}")).await;
    assert_eq!(enabled(&headquarters).await, [CREATION, ADDRESSES, EDITING]);

    // What was done before one is refused is done, and shown.
    let ended =
        headquarters.run(REFUSED, &format!("feature disable {EDITING} {PERFORMANCE}")).await;
    assert!(has_row(&ended.stdout, &[EDITING, "off"]), "{ended:?}");
    assert!(ended.stderr.contains("FEATURE_MANDATORY"), "{ended:?}");
    headquarters.stop().await;
}

async fn a_slip_of_the_pen_changes_nothing(engine: Engine) {
    let headquarters = Headquarters::start(engine).await;
    let line = format!("feature disable {EDITING} shoes");
    let said = headquarters.fails(NOT_FOUND, &line).await;
    for part in ["\"shoes\"", "FEATURE_NOT_FOUND", CREATION] {
        assert!(said.contains(part), "{part} is not in: {said}");
    }
    let error = headquarters.json_error(NOT_FOUND, &line).await;
    assert_eq!(
        (&error["code"], &error["reason"]),
        (&json!("NOT_FOUND"), &json!("FEATURE_NOT_FOUND"))
    );
    assert_eq!(enabled(&headquarters).await, [CREATION, ADDRESSES, EDITING]);
    headquarters.stop().await;
}
