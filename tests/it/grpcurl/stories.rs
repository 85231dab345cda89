//! What a newcomer does with grpcurl, on both databases.

use serde_json::{Value, json};

use super::{CHANNEL, CUSTOMERS, Grpcurl, HEALTH, detail, method};
use crate::harness::{Engine, Replica, World, requests};

crate::on_both_engines!(a_customer_is_created_changed_and_found, errors_can_be_read);

/// Ánder Birch at SEATTLE.
fn create(request_id: &str) -> Value {
    json!({
        "request_id": request_id,
        "channel": requests::ASYNC_CHANNEL,
        "customer": {
            "first_name": "Ánder",
            "last_name": "Birch",
            "contacts": [
                { "kind": "CONTACT_KIND_PHONE", "value": "(425) 555-0100" },
                { "kind": "CONTACT_KIND_EMAIL", "value": "ander@example.com" },
            ],
        },
    })
}

fn found(replica: &Replica, criteria: Value) -> Vec<Value> {
    let mut request = criteria;
    request["channel"] = requests::ASYNC_CHANNEL.into();
    let answer = Grpcurl::at(replica).call(&method(CUSTOMERS, "SearchCustomers"), &request);
    answer["customers"].as_array().cloned().unwrap_or_default()
}

async fn a_customer_is_created_changed_and_found(engine: Engine) {
    let world = World::new(engine).await;
    let grpcurl = Grpcurl::at(world.replica());
    let request_id = requests::request_id();
    let created = grpcurl.call(&method(CUSTOMERS, "CreateCustomer"), &create(&request_id));
    let customer = &created["customer"];
    assert_eq!(customer["displayName"], "Ánder Birch");
    assert_eq!(customer["accountNumberDisplay"], "Pending sync");
    assert_eq!(customer["syncState"], "SYNC_STATE_PENDING_UPLOAD");
    assert_eq!(customer["contacts"][0]["value"], "+14255550100");
    assert_eq!(created["execution"]["mode"], "EXECUTION_MODE_ASYNC");
    assert_eq!(created["execution"]["reason"], "PROFILE_ASYNC_CREATE");

    let name = customer["name"].as_str().expect("a name");
    let address = json!({
        "request_id": requests::request_id(),
        "channel": requests::ASYNC_CHANNEL,
        "customer": name,
        "address": { "street": "1 Pike Place", "city": "Seattle", "state": "WA", "postal_code": "98101" },
    });
    let added = grpcurl.call(&method(CUSTOMERS, "AddAddress"), &address);
    assert_eq!(added["customer"]["addresses"][0]["id"], added["addressId"]);
    assert_eq!(added["execution"]["reason"], "ASYNC_ADDRESS");

    let update = json!({
        "request_id": requests::request_id(),
        "channel": requests::ASYNC_CHANNEL,
        "customer": { "name": name, "last_name": "Birch-Nyman" },
        "update_mask": { "paths": ["last_name"] },
        "etag": customer["etag"],
    });
    let updated = grpcurl.call(&method(CUSTOMERS, "UpdateCustomer"), &update);
    assert_eq!(updated["customer"]["displayName"], "Ánder Birch-Nyman");
    assert_eq!(updated["execution"]["reason"], "ASYNC_EDIT");

    let now = std::slice::from_ref(&updated["customer"]);
    for criteria in [
        json!({ "phone": "425 555 0100" }),
        json!({ "phone": "+14255550100" }),
        json!({ "email": "Ander@Example.com" }),
        json!({ "name": "nym AND" }),
        json!({ "name": "ánder", "email": "ander@example.com" }),
    ] {
        assert_eq!(found(world.replica(), criteria), now);
    }
    assert_eq!(found(world.replica(), json!({ "name": "ander rossi" })), [Value::Null; 0]);

    let repeated = grpcurl.call(&method(CUSTOMERS, "CreateCustomer"), &create(&request_id));
    assert_eq!(repeated, created, "the first answer, word for word");
    let looked_up =
        grpcurl.call(&method(CUSTOMERS, "LookupRequest"), &json!({ "request_id": request_id }));
    assert_eq!(looked_up["createCustomer"], created);
    world.close().await;
}

async fn errors_can_be_read(engine: Engine) {
    let world = World::new(engine).await;
    let grpcurl = Grpcurl::at(world.replica());
    let invalid = json!({
        "channel": requests::ASYNC_CHANNEL,
        "customer": { "first_name": "x".repeat(101), "receipt_email": "nobody", "currency": "EURO" },
    });
    let status = grpcurl.fail(&[], &method(CUSTOMERS, "CreateCustomer"), &invalid);
    assert_eq!(status["code"], 3, "{status:#}");
    assert_eq!(detail(&status, "ErrorInfo")["reason"], "INVALID_FIELD");
    assert_eq!(detail(&status, "ErrorInfo")["domain"], "channel.commerce.csu");
    let violations = detail(&status, "BadRequest")["fieldViolations"].as_array().expect("a list");
    let mut reasons: Vec<_> =
        violations.iter().map(|it| (it["field"].as_str(), it["reason"].as_str())).collect();
    reasons.sort_unstable();
    assert_eq!(
        reasons,
        [
            (Some("customer.currency"), Some("INVALID_CURRENCY")),
            (Some("customer.first_name"), Some("TOO_LONG")),
            (Some("customer.receipt_email"), Some("INVALID_EMAIL")),
            (Some("request_id"), Some("REQUIRED")),
        ]
    );

    // As it is printed for people: types that reflection doesn't know would be base64 under "@value".
    let request = invalid.to_string();
    let printed = grpcurl.run(&["-d", &request], &[&method(CUSTOMERS, "CreateCustomer")]);
    let printed = String::from_utf8(printed.stderr).expect("text");
    assert!(printed.contains("Code: InvalidArgument"), "{printed}");
    assert!(printed.contains(r#""reason": "INVALID_CURRENCY""#), "{printed}");
    assert!(!printed.contains("@value") && !printed.contains("not recognized"), "{printed}");

    let missing = json!({ "name": format!("customers/{}", requests::request_id()) });
    let status = grpcurl.fail(&[], &method(CUSTOMERS, "GetCustomer"), &missing);
    assert_eq!(status["code"], 5, "{status:#}");
    assert_eq!(detail(&status, "ErrorInfo")["reason"], "CUSTOMER_NOT_FOUND");
    assert_eq!(detail(&status, "ErrorInfo")["metadata"]["customers_applied_time"], "never");
    let unconfigured = json!({ "channel": "ATLANTIS" });
    let status = grpcurl.fail(&[], &method(CHANNEL, "GetChannelConfiguration"), &unconfigured);
    assert_eq!(status["code"], 9, "{status:#}");
    assert_eq!(detail(&status, "ErrorInfo")["reason"], "CHANNEL_NOT_CONFIGURED");
    world.close().await;
}

/// Of a caller whose protos are newer than the unit.
const NEWER_PROTO: &str = r#"
syntax = "proto3";
package commerce.channel.v1;
message IssueLoyaltyCardRequest {}
message IssueLoyaltyCardResponse {}
service CustomerService {
  rpc IssueLoyaltyCard(IssueLoyaltyCardRequest) returns (IssueLoyaltyCardResponse);
}
service LoyaltyService {
  rpc IssueLoyaltyCard(IssueLoyaltyCardRequest) returns (IssueLoyaltyCardResponse);
}
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_there_is_unimplemented_by_name() {
    let world = World::new(Engine::Sqlite).await;
    let grpcurl = Grpcurl::at(world.replica());
    let folder = world.database.folder().to_string_lossy().into_owned();
    std::fs::write(world.database.folder().join("newer.proto"), NEWER_PROTO).expect("written");
    let newer = ["-import-path", &folder, "-proto", "newer.proto"];
    let status = grpcurl.fail(&newer, &method(CUSTOMERS, "IssueLoyaltyCard"), &json!({}));
    assert_eq!(status["code"], 12, "{status:#}");
    let message = "no such method is served here; reflection lists those that are";
    assert_eq!(status["message"], message);

    // With reflection too, which knows the details but would hide the method above.
    let newer = [&newer[..], &["-use-reflection"]].concat();
    let loyalty = "commerce.channel.v1.LoyaltyService/IssueLoyaltyCard";
    let status = grpcurl.fail(&newer, loyalty, &json!({}));
    assert_eq!(status["code"], 12, "{status:#}");
    assert_eq!(detail(&status, "ErrorInfo")["reason"], "METHOD_NOT_FOUND");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_unit_and_each_service_tell_their_health() {
    let world = World::new(Engine::Sqlite).await;
    let grpcurl = Grpcurl::at(world.replica());
    for service in ["", CUSTOMERS, CHANNEL, HEALTH, "liveness"] {
        let health = grpcurl.call(&method(HEALTH, "Check"), &json!({ "service": service }));
        assert_eq!(health, json!({ "status": "SERVING" }), "{service:?}");
    }
    let unknown = json!({ "service": "commerce.channel.v1.LoyaltyService" });
    let status = grpcurl.fail(&[], &method(HEALTH, "Check"), &unknown);
    assert_eq!(status["code"], 5, "{status:#}");
    assert_eq!(detail(&status, "ErrorInfo")["reason"], "SERVICE_NOT_REGISTERED");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_replica_creates_the_other_finds_at_once() {
    let mut world = World::new(Engine::Postgres).await;
    world.add_replica().await;
    let [one, other] = world.replicas() else { panic!("two replicas") };
    let request_id = requests::request_id();
    let create_customer = method(CUSTOMERS, "CreateCustomer");
    let created = Grpcurl::at(one).call(&create_customer, &create(&request_id));

    let customer = std::slice::from_ref(&created["customer"]);
    for criteria in [
        json!({ "name": "birch" }),
        json!({ "phone": "(425) 555-0100" }),
        json!({ "email": "ander@example.com" }),
    ] {
        assert_eq!(found(other, criteria), customer);
    }
    let by_name = json!({ "name": created["customer"]["name"] });
    let read = Grpcurl::at(other).call(&method(CUSTOMERS, "GetCustomer"), &by_name);
    assert_eq!(read["customer"], created["customer"]);
    let repeated = Grpcurl::at(other).call(&create_customer, &create(&request_id));
    assert_eq!(repeated, created, "the same request is the same write everywhere");
    world.close().await;
}
