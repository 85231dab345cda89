//! `csu profile`

use serde_json::json;

use super::{Headquarters, NOT_FOUND, has_row};
use crate::harness::Engine;

crate::on_both_engines!(profiles_are_shown_and_set, a_new_profile_is_added_when_that_is_said);

async fn profiles_are_shown_and_set(engine: Engine) {
    let headquarters = Headquarters::start(engine).await;
    let table = headquarters.done("profile list").await;
    assert!(has_row(&table, &["async", "on", "Create customers in async mode"]), "{table}");
    assert!(has_row(&table, &["real-time", "off", "Create customers in real time"]), "{table}");
    let shown = headquarters.done("profile show real-time").await;
    assert!(has_row(&shown, &["Create customer in async mode (F0)", "off"]), "{shown}");
    assert!(has_row(&shown, &["Channels", "HOUSTON"]) && !shown.contains("SEATTLE"), "{shown}");

    let set = headquarters.run(0, "profile set real-time --create-customer-in-async-mode on").await;
    assert!(has_row(&set.stdout, &["Create customer in async mode (F0)", "on"]), "{set:?}");
    assert!(set.stderr.contains("job 1070") && set.stderr.contains("expired"), "{set:?}");
    let shown = headquarters.json("profile show real-time").await;
    let expected = json!({
        "code": "real-time",
        "display_name": "Create customers in real time",
        "create_customer_in_async_mode": true,
    });
    assert_eq!(shown["functionality_profile"], expected, "its name stays");
    assert_eq!(shown["channels"][0]["operating_unit_number"], "HOUSTON");
    let set = "profile set real-time --create-customer-in-async-mode off --name Quick";
    let set = headquarters.json(set).await;
    assert_eq!(set["functionality_profile"]["display_name"], "Quick");
    let listed = headquarters.json("profile list").await;
    assert_eq!(listed["functionality_profiles"][1], set["functionality_profile"]);
    headquarters.stop().await;
}

async fn a_new_profile_is_added_when_that_is_said(engine: Engine) {
    let headquarters = Headquarters::start(engine).await;
    let set = "profile set pop-up --create-customer-in-async-mode on";
    for line in [set, "profile show pop-up"] {
        let said = headquarters.fails(NOT_FOUND, line).await;
        assert!(said.contains("\"pop-up\"") && said.contains("async,real-time"), "{said}");
    }
    assert!(headquarters.fails(NOT_FOUND, set).await.contains("--add"));
    let error = headquarters.json_error(NOT_FOUND, set).await;
    assert_eq!(error["reason"], "CODE_NOT_FOUND");
    headquarters.done(&format!("{set} --add")).await;
    let shown = headquarters.done("profile show pop-up").await;
    assert!(has_row(&shown, &["Channels", "none"]), "{shown}");
    headquarters.stop().await;
}
