//! `ExplainRoute` says before each operation what then happens.

use std::time::Duration;

use csu::{
    domain::routing::Connectivity,
    proto::channel::{
        ConfigurationVersion, Customer, Execution, ExecutionMode, ExplainRouteRequest,
        ExplainRouteResponse, Operation,
    },
    roles::channel::ChannelSettings,
};
use tonic::{Code, Status};

use crate::harness::{
    Company, Engine, Replica, World,
    requests::{ASYNC_CHANNEL, add_address, create_named, reason, request_id, update, violations},
    synced::{self, Synced},
};

crate::on_both_engines!(
    what_it_says_is_what_happens,
    it_explains_what_is_not_built_yet_too,
    it_names_what_is_wrong_with_the_question,
);

fn question(operation: Operation, customer: &str) -> ExplainRouteRequest {
    ExplainRouteRequest {
        channel: ASYNC_CHANNEL.to_owned(),
        operation: operation.into(),
        customer: customer.to_owned(),
        ..ExplainRouteRequest::default()
    }
}

/// The refusals with the codes that they have.
fn code(reason: &str) -> Code {
    match reason {
        "POS_OFFLINE" | "HQ_UNREACHABLE" => Code::Unavailable,
        _ => Code::FailedPrecondition,
    }
}

/// Performs what was explained, and holds the one against the other. How it went: `async REASON` or
/// `refused REASON`.
async fn performed(replica: &Replica, operation: Operation, customer: &str) -> String {
    let explained = replica.explain(question(operation, customer)).await.unwrap();
    let named = Customer { name: customer.to_owned(), ..Customer::default() };
    let answer: Result<Option<Execution>, Status> = match operation {
        Operation::CreateCustomer => {
            let answer = replica.create(create_named("Karen", "Berg")).await;
            answer.map(|answer| answer.execution)
        }
        Operation::UpdateCustomer => {
            let first_name = request_id();
            let request = update(Customer { first_name, ..named }, &["first_name"]);
            replica.update(request).await.map(|answer| answer.execution)
        }
        _ => {
            let answer = replica.add_address(add_address(customer, "1 Pike Place")).await;
            answer.map(|answer| answer.execution)
        }
    };
    match answer {
        Ok(execution) => {
            let execution = execution.unwrap();
            assert_eq!((explained.mode, &explained.reason), (execution.mode, &execution.reason));
            assert_eq!(explained.configuration_version, execution.configuration_version);
            assert_eq!(explained.configuration_age, execution.configuration_age);
            assert!(!explained.refused);
            assert_eq!(execution.mode(), ExecutionMode::Async);
            format!("async {}", execution.reason)
        }
        Err(refused) => {
            assert_eq!(reason(&refused), (code(&explained.reason), explained.reason.clone()));
            assert_eq!(refused.message(), explained.explanation);
            assert!(explained.refused && explained.mode() == ExecutionMode::Unspecified);
            format!("refused {}", explained.reason)
        }
    }
}

/// A pending customer, a synced one, and a synced one with an edit that waits.
struct Customers {
    pending: String,
    synced: String,
    edited: String,
}

impl Customers {
    async fn of(world: &World) -> Self {
        let replica = world.replica();
        let pending = replica.created(create_named("Karen", "Berg")).await.name;
        let synced = synced::plant(&world.database, "C-0000001", "Anna", "Rossi").await.name;
        let edited = synced::plant(&world.database, "C-0000002", "Anna", "Rossi").await.name;
        let customer =
            Customer { name: edited.clone(), first_name: "Li".to_owned(), ..Customer::default() };
        replica.update(update(customer, &["first_name"])).await.unwrap();
        Self { pending, synced, edited }
    }
}

/// For all of F0, F2 and F3, at a unit that can't reach headquarters and at an offline one.
async fn what_it_says_is_what_happens(engine: Engine) {
    for connectivity in [Connectivity::Online, Connectivity::Offline] {
        let settings = ChannelSettings { connectivity, ..ChannelSettings::default() };
        let world = World::with(engine, settings, Company::new().packages()).await;
        let (replica, customers) = (world.replica(), Customers::of(&world).await);
        let no_way = match connectivity {
            Connectivity::Online => "HQ_UNREACHABLE",
            Connectivity::Offline => "POS_OFFLINE",
        };
        for combination in 0..8 {
            let [f0, f2, f3] = [1, 2, 4].map(|bit| combination & bit != 0);
            let company = Company::new().version(combination + 2).f0(f0).f2(f2).f3(f3);
            assert!(world.apply(&company).await);
            world.advance(Duration::from_mins(1));
            let refused = |way: &str| format!("refused {way}");
            let expected = [
                format!("async {}", if f0 { "PROFILE_ASYNC_CREATE" } else { no_way }),
                if f3 { "async ASYNC_EDIT".to_owned() } else { refused("CUSTOMER_PENDING_SYNC") },
                if f3 { "async ASYNC_EDIT".to_owned() } else { refused("EDITS_WAITING") },
                if f2 {
                    "async ASYNC_ADDRESS".to_owned()
                } else {
                    refused("CUSTOMER_PENDING_SYNC")
                },
                if f2 { "async ASYNC_ADDRESS".to_owned() } else { refused(no_way) },
                if f2 { "async ASYNC_ADDRESS".to_owned() } else { refused(no_way) },
            ];
            let Customers { pending, synced, edited } = &customers;
            let found = [
                performed(replica, Operation::CreateCustomer, "").await,
                performed(replica, Operation::UpdateCustomer, pending).await,
                performed(replica, Operation::UpdateCustomer, edited).await,
                performed(replica, Operation::AddAddress, pending).await,
                performed(replica, Operation::AddAddress, synced).await,
                performed(replica, Operation::AddAddress, edited).await,
            ];
            assert_eq!(found, expected, "{connectivity:?} F0 {f0} F2 {f2} F3 {f3}");
            if !f3 {
                let update = performed(replica, Operation::UpdateCustomer, synced).await;
                assert_eq!(update, refused(no_way), "addresses that wait don't matter");
            }
        }
        world.close().await;
    }
}

async fn it_explains_what_is_not_built_yet_too(engine: Engine) {
    let world = World::of(engine, &Company::new().f3(false)).await;
    let replica = world.replica();
    let Synced { name, address_id } =
        synced::plant(&world.database, "C-0000001", "Anna", "Rossi").await;
    let pending_address = replica.add_address(add_address(&name, "2")).await.unwrap().address_id;
    let pending = replica.created(create_named("Karen", "Berg")).await.name;
    let ask = async |operation, customer: &str, address_id: &str| {
        let address_id = address_id.to_owned();
        let request = ExplainRouteRequest { address_id, ..question(operation, customer) };
        replica.explain(request).await
    };
    for operation in [Operation::EditAddress, Operation::RemoveAddress] {
        let waits = ask(operation, &name, &pending_address).await.unwrap();
        assert_eq!(waits.reason, "ADDRESS_PENDING_SYNC");
        let real_time = ask(operation, &name, &address_id).await.unwrap();
        let version = ConfigurationVersion { channel_configuration: 1, global_configuration: 1 };
        let expected = ExplainRouteResponse {
            mode: ExecutionMode::Unspecified.into(),
            refused: true,
            reason: "HQ_UNREACHABLE".to_owned(),
            explanation: "this needs headquarters, which can't be reached; repeat it later"
                .to_owned(),
            configuration_version: Some(version),
            configuration_age: Some(prost_types::Duration::default()),
            caller_online: true,
            headquarters_reachable: false,
        };
        assert_eq!(real_time, expected);
        let missing = ask(operation, &name, &request_id()).await.unwrap_err();
        assert_eq!(reason(&missing), (Code::NotFound, "ADDRESS_NOT_FOUND".to_owned()));
    }
    let card = ask(Operation::IssueLoyaltyCard, &pending, "").await.unwrap();
    assert_eq!(card.reason, "LOYALTY_REQUIRES_SYNCED_CUSTOMER");
    let card = ask(Operation::IssueLoyaltyCard, &name, "").await.unwrap();
    assert_eq!(card.reason, "HQ_UNREACHABLE");
    world.close().await;
}

async fn it_names_what_is_wrong_with_the_question(engine: Engine) {
    let world = World::new(engine).await;
    let replica = world.replica();
    let fields = async |request| {
        let refused = replica.explain(request).await.unwrap_err();
        assert_eq!(reason(&refused), (Code::InvalidArgument, "INVALID_FIELD".to_owned()));
        violations(&refused)
    };
    let violation = |field: &str, why: &str| (field.to_owned(), why.to_owned());
    let unset = question(Operation::Unspecified, "");
    assert_eq!(fields(unset.clone()).await, [violation("operation", "REQUIRED")]);
    let unknown = ExplainRouteRequest { operation: 77, ..unset };
    assert_eq!(fields(unknown).await, [violation("operation", "INVALID_ENUM_VALUE")]);
    let nothing = question(Operation::EditAddress, "");
    let both = [violation("customer", "REQUIRED"), violation("address_id", "REQUIRED")];
    assert_eq!(fields(nothing.clone()).await, both);
    let malformed =
        ExplainRouteRequest { customer: "karen".to_owned(), address_id: "1".to_owned(), ..nothing };
    let both = [violation("customer", "INVALID_NAME"), violation("address_id", "INVALID_ID")];
    assert_eq!(fields(malformed).await, both);
    let unknown = format!("customers/{}", request_id());
    let missing = replica.explain(question(Operation::UpdateCustomer, &unknown)).await.unwrap_err();
    assert_eq!(reason(&missing), (Code::NotFound, "CUSTOMER_NOT_FOUND".to_owned()));
    world.close().await;
}
