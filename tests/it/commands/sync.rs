//! `csu sync`

use csu::proto::exchange::CustomerRow;
use serde_json::{Value, json};

use super::{NOT_FOUND, Operator, REFUSED, USAGE, has_row};
use crate::harness::{Engine, Headquarters, revisions, uploads};

crate::on_both_engines!(
    operations_are_listed_by_what_became_of_them,
    operations_are_read_page_by_page,
    one_operation_says_all_that_is_known,
    bad_filters_are_named_at_once,
);

/// A headquarters with three operations of one database, of two customers: one create that is in order, one for a
/// customer group that there is not, and an edit that comes after it.
async fn uploaded(engine: Engine) -> (Headquarters, Operator) {
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    let good = revisions::create("Birch");
    let mut bad = revisions::create("Berg");
    revisions::set_group(&mut bad, "31");
    let id = bad.customer_id.clone();
    let edit = revisions::rename(&CustomerRow { id, ..CustomerRow::default() }, "Dahl");
    let all = uploads::numbered([good, bad, edit]);
    uploads::upload(&headquarters, &unit, &all).await.expect("it is taken");
    let operator = Operator(headquarters.url());
    (headquarters, operator)
}

/// Counters of the operations that a line lists.
async fn listed(operator: &Operator, filters: &str) -> Vec<String> {
    let found = operator.json(&format!("sync list {filters}")).await;
    counters(&found)
}

fn counters(found: &Value) -> Vec<String> {
    let operations = found["operations"].as_array().unwrap().iter();
    operations.map(|operation| operation["counter"].as_str().unwrap().to_owned()).collect()
}

async fn operations_are_listed_by_what_became_of_them(engine: Engine) {
    let (headquarters, operator) = uploaded(engine).await;
    assert_eq!(listed(&operator, "--status pending").await, ["3", "2", "1"]);
    assert_eq!(listed(&operator, "--status synchronized,failed").await, [""; 0]);
    operator.done("job run synchronize").await;

    let table = operator.done("sync list").await;
    for words in [
        &["OPERATION", "METHOD", "STATUS", "DATABASE", "CHANNEL", "ACCOUNT", "CAPTURED", "ERROR"][..],
        &[".1.1", "CreateCustomer", "synchronized", "store-1", "SEATTLE", "C-0000001"],
        &[".1.2", "CreateCustomer", "failed", "store-1", "CUSTOMER_GROUP_NOT_FOUND"],
        &[".1.3", "UpdateCustomer", "parked", "store-1", "EARLIER_REVISION_FAILED"],
    ] {
        assert!(has_row(&table, words), "{words:?}: {table}");
    }
    let everything = operator.json("sync list").await;
    let customer = everything["operations"][0]["customer"].as_str().unwrap();
    let uuid = customer.strip_prefix("customers/").unwrap();
    for (filters, expected) in [
        ("--status pending", &[][..]),
        ("--status synchronized", &["1"]),
        ("--status failed --status parked", &["3", "2"]),
        ("--status superseded", &[]),
        ("--status superseded,failed", &["2"]),
        ("--status superseded,synchronized", &["1"]),
        ("--database store-1", &["3", "2", "1"]),
        ("--channel SEATTLE --status parked", &["3"]),
        ("--channel HOUSTON", &[]),
        (&format!("--customer {customer}"), &["3", "2"]),
        (&format!("--customer {uuid} --status failed"), &["2"]),
    ] {
        assert_eq!(listed(&operator, filters).await, expected, "{filters}");
    }
    let none = operator.run(0, "sync list --channel HOUSTON").await;
    assert!(none.stdout.is_empty() && none.stderr.contains("No operation found"), "{none:?}");
    let said = operator.fails(NOT_FOUND, "sync list --database store-9").await;
    assert!(said.contains("DATABASE_NOT_FOUND") && said.contains("store-9"), "{said}");
    for name in ["Birch", "Berg", "Dahl", "Karen", "555"] {
        assert!(!format!("{table}{everything}").contains(name), "{name} is nobody's business");
    }
    headquarters.close().await;
}

async fn operations_are_read_page_by_page(engine: Engine) {
    let (headquarters, operator) = uploaded(engine).await;
    let first = operator.json("sync list --database store-1 --limit 2").await;
    assert_eq!(counters(&first), ["3", "2"]);
    let token = first["next_page_token"].as_str().unwrap();
    let line = format!("sync list --limit 2 --page-token {token}");
    let second = operator.json(&format!("{line} --database store-1")).await;
    assert_eq!(counters(&second), ["1"]);
    assert_eq!(second["next_page_token"], "");
    for filters in ["", "--database store-1 --status pending", "--channel SEATTLE"] {
        let said = operator.fails(REFUSED, &format!("{line} {filters}")).await;
        assert!(said.contains("INVALID_PAGE_TOKEN"), "{filters}: {said}");
    }
    headquarters.close().await;
}

async fn one_operation_says_all_that_is_known(engine: Engine) {
    let (headquarters, operator) = uploaded(engine).await;
    operator.done("job run synchronize").await;
    let failed = operator.json("sync list --status failed").await;
    let failed = &failed["operations"][0];
    let name = failed["name"].as_str().unwrap();
    let (_, short) = name.split_once('/').unwrap();
    for name in [name, short] {
        assert_eq!(operator.json(&format!("sync show {name}")).await["operation"], *failed);
    }
    assert_eq!(failed["status"], "OPERATION_STATUS_FAILED");
    assert_eq!((&failed["account_number"], &failed["deliver_time"]), (&json!(""), &Value::Null));
    for time in ["capture_time", "upload_time", "process_time"] {
        assert!(failed[time].is_string(), "{time}: {failed}");
    }
    let shown = operator.done(&format!("sync show {name}")).await;
    for words in [
        &["Operation", name][..],
        &["Method", "CreateCustomer"],
        &["Status", "failed"],
        &["Error", "CUSTOMER_GROUP_NOT_FOUND: ", "\"31\""],
        &["Database", "store-1"],
        &["Counter", "2"],
        &["Request id", failed["request_id"].as_str().unwrap()],
        &["Customer", failed["customer"].as_str().unwrap()],
    ] {
        assert!(has_row(&shown, words), "{words:?}: {shown}");
    }
    let error = operator.json_error(NOT_FOUND, &format!("sync show {name}9")).await;
    assert_eq!(error["reason"], "OPERATION_NOT_FOUND");
    for other in ["operations/1", "customers/1", "17"] {
        let error = operator.json_error(REFUSED, &format!("sync show {other}")).await;
        assert_eq!(error["field_violations"][0]["field"], "name", "{other}: {error}");
    }
    headquarters.close().await;
}

async fn bad_filters_are_named_at_once(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let operator = Operator(headquarters.url());
    let line = "sync list --customer C-0000001 --channel '\u{7}' --database '\u{7}'";
    let error = operator.json_error(REFUSED, line).await;
    let fields = error["field_violations"].as_array().unwrap().iter();
    let fields: Vec<_> = fields.map(|it| (&it["field"], &it["reason"])).collect();
    let (name, control) = (json!("INVALID_NAME"), json!("CONTROL_CHARACTER"));
    assert_eq!(
        fields,
        [
            (&json!("database"), &control),
            (&json!("channel"), &control),
            (&json!("customer"), &name)
        ]
    );
    operator.fails(USAGE, "sync list --status done").await;
    headquarters.close().await;
}
