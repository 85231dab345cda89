//! `ExplainRoute` says before each operation what then happens, with headquarters there, away, or too far for the
//! time that is left.

use std::time::Duration;

use csu::{
    proto::channel::{Customer, Execution, ExecutionMode, ExplainRouteRequest, Operation},
    roles::channel::ChannelSettings,
};
use tonic::{Code, Status};

use super::stage::{
    F1, F2, F3, add_address, bare, company, connection, create, disable, rename, way,
};
use crate::harness::{
    Chain, Engine, Passage,
    requests::{self, REAL_TIME_CHANNEL, reason, request_id},
};

crate::on_both_engines!(what_it_says_is_what_happens, it_explains_what_is_not_built_yet_too);

fn question(operation: Operation, customer: &Customer) -> ExplainRouteRequest {
    let customer = match operation {
        Operation::CreateCustomer => String::new(),
        _ => customer.name.clone(),
    };
    ExplainRouteRequest {
        channel: REAL_TIME_CHANNEL.to_owned(),
        operation: operation.into(),
        customer,
        ..ExplainRouteRequest::default()
    }
}

/// The refusals with the codes that they have.
fn code(reason: &str) -> Code {
    match reason {
        "HQ_UNREACHABLE" => Code::Unavailable,
        "TOO_LITTLE_TIME" => Code::DeadlineExceeded,
        _ => Code::FailedPrecondition,
    }
}

/// Performs what was explained, and holds the one against the other. How it went: `MODE REASON` or
/// `refused REASON`.
async fn performed(chain: &Chain, operation: Operation, customer: &Customer) -> String {
    let unit = chain.unit();
    let explained = unit.explain(question(operation, customer)).await.unwrap();
    assert!(explained.caller_online);
    assert_eq!(explained.headquarters_reachable, connection(unit).await.reachable);
    let calls = chain.gate.writes();
    let answer: Result<Option<Execution>, Status> = match operation {
        Operation::CreateCustomer => unit.create(create()).await.map(|it| it.execution),
        Operation::UpdateCustomer => {
            let request = rename(&customer.name, &request_id());
            unit.update(request).await.map(|it| it.execution)
        }
        _ => {
            let request = add_address(&customer.name, "1 Pike Place");
            unit.add_address(request).await.map(|it| it.execution)
        }
    };
    let called = chain.gate.writes() - calls;
    match answer {
        Ok(execution) => {
            let way = way(execution.clone());
            let execution = execution.unwrap();
            assert_eq!((explained.mode, &explained.reason), (execution.mode, &execution.reason));
            assert_eq!(explained.configuration_version, execution.configuration_version);
            assert_eq!(explained.configuration_age, execution.configuration_age);
            assert!(!explained.refused);
            let real_time = execution.mode() == ExecutionMode::RealTime;
            assert_eq!(called, usize::from(real_time), "{way}");
            assert_eq!(execution.headquarters_duration.is_some(), real_time, "{way}");
            way
        }
        Err(refused) => {
            assert_eq!(reason(&refused), (code(&explained.reason), explained.reason.clone()));
            assert_eq!(refused.message(), explained.explanation);
            assert!(explained.refused && explained.mode() == ExecutionMode::Unspecified);
            assert_eq!(called, 0);
            format!("refused {}", explained.reason)
        }
    }
}

/// How the unit gets to headquarters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Headquarters {
    There,
    Away,
    TooFar,
}

/// A pending customer, a synced one with an edit that waits, and one where nothing waits.
struct Customers {
    pending: Customer,
    edited: Customer,
    synced: Customer,
}

/// Every operation's way with these features, in words.
fn expected(f2: bool, f3: bool, headquarters: Headquarters) -> [String; 7] {
    let asynchronous = |reason: &str| format!("async {reason}");
    let refused = |reason: &str| format!("refused {reason}");
    let no_way = match headquarters {
        Headquarters::There => None,
        Headquarters::Away => Some("HQ_UNREACHABLE"),
        Headquarters::TooFar => Some("TOO_LITTLE_TIME"),
    };
    let called = |reason: &str| no_way.map_or(format!("real-time {reason}"), refused);
    let edit = |off: String| if f3 { asynchronous("ASYNC_EDIT") } else { off };
    let address = |off: String| if f2 { asynchronous("ASYNC_ADDRESS") } else { off };
    [
        no_way.map_or("real-time PROFILE_REAL_TIME".to_owned(), asynchronous),
        edit(refused("CUSTOMER_PENDING_SYNC")),
        edit(refused("EDITS_WAITING")),
        edit(called("ASYNC_EDIT_OFF")),
        address(refused("CUSTOMER_PENDING_SYNC")),
        address(called("ASYNC_ADDRESS_OFF")),
        address(called("ASYNC_ADDRESS_OFF")),
    ]
}

/// A unit that has just started, with all the time that it needs, and a customer where nothing waits.
async fn fresh(chain: &mut Chain) -> Customer {
    chain.gate.always(Passage::Pass);
    chain.world.settings = ChannelSettings::default();
    chain.world.restart(Vec::new()).await;
    chain.unit().created(create()).await
}

async fn bring(chain: &mut Chain, headquarters: Headquarters) {
    match headquarters {
        Headquarters::There => {}
        Headquarters::Away => {
            chain.gate.always(Passage::Refuse(bare(Code::Unavailable)));
            while connection(chain.unit()).await.reachable {
                chain.unit().created(create()).await;
            }
        }
        Headquarters::TooFar => {
            chain.world.settings.call_budget.minimum = Duration::from_mins(1);
            chain.world.restart(Vec::new()).await;
        }
    }
}

async fn what_it_says_is_what_happens(engine: Engine) {
    let mut chain = Chain::with(engine, company(&[F1, F2, F3]), ChannelSettings::default()).await;
    let pending = chain.unit().created(requests::create()).await;
    let edited = chain.unit().created(create()).await;
    chain.unit().update(rename(&edited.name, "Maria")).await.unwrap();
    let synced = edited.clone();
    let mut customers = Customers { pending, edited, synced };
    for (f2, f3, off) in [(true, true, None), (true, false, Some(F3)), (false, false, Some(F2))] {
        if let Some(key) = off {
            disable(&chain.headquarters, key).await;
            chain.bring_configuration().await;
        }
        for headquarters in [Headquarters::There, Headquarters::Away, Headquarters::TooFar] {
            customers.synced = fresh(&mut chain).await;
            bring(&mut chain, headquarters).await;
            let found = [
                performed(&chain, Operation::CreateCustomer, &customers.pending).await,
                performed(&chain, Operation::UpdateCustomer, &customers.pending).await,
                performed(&chain, Operation::UpdateCustomer, &customers.edited).await,
                performed(&chain, Operation::UpdateCustomer, &customers.synced).await,
                performed(&chain, Operation::AddAddress, &customers.pending).await,
                performed(&chain, Operation::AddAddress, &customers.edited).await,
                performed(&chain, Operation::AddAddress, &customers.synced).await,
            ];
            let expected = expected(f2, f3, headquarters);
            assert_eq!(found, expected, "F2 {f2} F3 {f3} {headquarters:?}");
        }
    }
    chain.close().await;
}

async fn it_explains_what_is_not_built_yet_too(engine: Engine) {
    let chain = Chain::with_features(engine, &[]).await;
    let unit = chain.unit();
    let (pending, synced) = (unit.created(requests::create()).await, unit.created(create()).await);
    let ask = async |operation, customer: &Customer| {
        let address_id = match operation {
            Operation::IssueLoyaltyCard => String::new(),
            _ => customer.addresses[0].id.clone(),
        };
        let request = ExplainRouteRequest { address_id, ..question(operation, customer) };
        let explained = unit.explain(request).await.unwrap();
        (explained.mode(), explained.reason)
    };
    let real_time = |reason: &str| (ExecutionMode::RealTime, reason.to_owned());
    let refused = |reason: &str| (ExecutionMode::Unspecified, reason.to_owned());
    for operation in [Operation::EditAddress, Operation::RemoveAddress] {
        assert_eq!(ask(operation, &synced).await, real_time("ASYNC_EDIT_OFF"));
        assert_eq!(ask(operation, &pending).await, refused("CUSTOMER_PENDING_SYNC"));
    }
    let card = Operation::IssueLoyaltyCard;
    assert_eq!(ask(card, &synced).await, real_time("LOYALTY_REAL_TIME"));
    assert_eq!(ask(card, &pending).await, refused("LOYALTY_REQUIRES_SYNCED_CUSTOMER"));
    chain.close().await;
}
