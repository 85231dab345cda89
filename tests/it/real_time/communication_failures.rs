//! Whatever is not headquarters' own word: a create goes async in the same request, everything else is refused.

use std::time::Duration;

use csu::{
    channel::operations::CallBudget,
    domain::{
        error::{Error, Unavailable},
        id::CustomerId,
    },
    proto::channel::{CreateCustomerResponse, SyncState},
    server::status::Domain,
};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::stage::{add_address, bare, connection, create, refusal, rename, steadfast, way};
use crate::harness::{Chain, Engine, Footprint, Passage, requests::reason};

crate::on_both_engines!(
    scenario_4_whatever_is_not_headquarters_word,
    scenario_4_nobody_answers,
    scenario_4_nobody_is_there,
    edits_are_refused_and_leave_nothing,
    edits_that_nobody_answers_are_refused,
);

/// Each kind, and what is shown of it.
fn failures() -> Vec<(Passage, &'static str)> {
    let refused = |status: Status| Passage::Refuse(status);
    let own = |error: &Error| refused(refusal(Domain::Headquarters, error));
    let exists = Error::CustomerExists(CustomerId(uuid::Uuid::nil()));
    let of_a_unit = refusal(Domain::Channel, &exists);
    vec![
        (refused(bare(Code::Unavailable)), "not reachable: UNAVAILABLE"),
        (own(&Error::Unavailable(Unavailable::Stopping)), "not reachable: STOPPING"),
        (own(&Error::Unavailable(Unavailable::Store)), "not reachable: STORE_UNAVAILABLE"),
        (refused(bare(Code::Internal)), "internal error"),
        (own(&Error::Internal), "internal error"),
        (own(&Error::StoreConflict), "internal error"),
        (refused(bare(Code::Unknown)), "internal error"),
        (refused(bare(Code::DataLoss)), "internal error"),
        (own(&Error::Overloaded), "overloaded"),
        (refused(bare(Code::ResourceExhausted)), "overloaded"),
        (refused(bare(Code::DeadlineExceeded)), "no answer in time"),
        (own(&Error::DeadlineExceeded), "no answer in time"),
        (refused(bare(Code::Cancelled)), "no answer in time"),
        (refused(bare(Code::Unauthenticated)), "refuses this unit: UNAUTHENTICATED"),
        (refused(bare(Code::PermissionDenied)), "refuses this unit: PERMISSION_DENIED"),
        (own(&Error::DatabaseNotRegistered), "refuses this unit: DATABASE_NOT_REGISTERED"),
        (refused(bare(Code::AlreadyExists)), "no headquarters for this unit: ALREADY_EXISTS"),
        (refused(bare(Code::InvalidArgument)), "no headquarters for this unit: INVALID_ARGUMENT"),
        (refused(bare(Code::Unimplemented)), "no headquarters for this unit: UNIMPLEMENTED"),
        (refused(of_a_unit), "no headquarters for this unit: ALREADY_EXISTS"),
        (Passage::Garbage, "its answer makes no sense: customer"),
    ]
}

/// That a create was taken here after headquarters was called.
fn assert_fell_back(answer: &CreateCustomerResponse) {
    let execution = answer.execution.clone().unwrap();
    assert!(execution.headquarters_duration.is_some(), "headquarters was called");
    assert_eq!(way(Some(execution)), "async HQ_UNREACHABLE");
    let customer = answer.customer.as_ref().unwrap();
    assert_eq!(customer.account_number_display, "Pending sync");
    assert_eq!(customer.sync_state(), SyncState::PendingUpload);
    assert!(customer.addresses.iter().all(|it| it.sync_state() == SyncState::PendingUpload));
}

fn assert_refused(refused: &Status) {
    assert_eq!(reason(refused), (Code::Unavailable, "HQ_UNREACHABLE".to_owned()));
    assert!(refused.get_details_retry_info().unwrap().retry_delay.is_some());
    assert!(!refused.message().contains("somebody"), "nobody's text is handed on");
}

async fn scenario_4_whatever_is_not_headquarters_word(engine: Engine) {
    let mut chain = steadfast(engine, &[]).await;
    let mut taken = Vec::new();
    for (passage, shown) in failures() {
        let unit = chain.unit();
        chain.gate.next(passage);
        let request = create();
        let answer = unit.create(request.clone()).await.unwrap();
        assert_fell_back(&answer);
        assert_eq!(unit.create(request).await.unwrap(), answer, "word for word: {shown}");
        assert_eq!(
            &unit.read(&answer.customer.as_ref().unwrap().name).await,
            answer.customer.as_ref().unwrap()
        );
        taken.push(answer.customer.unwrap());
        assert_eq!(chain.gate.writes(), taken.len(), "one call for each request: {shown}");
        let connection = connection(unit).await;
        assert!(connection.reachable && connection.last_failure.ends_with(shown), "{connection:?}");
        assert_eq!(usize::try_from(connection.failures), Ok(taken.len()));
        assert_eq!(usize::try_from(connection.real_time_calls), Ok(taken.len()));
    }
    // They are durable, and wait for their upload.
    chain.world.restart(Vec::new()).await;
    for customer in &taken {
        assert_eq!(&chain.unit().read(&customer.name).await, customer);
    }
    let staged =
        "SELECT count(*) FROM retailasynccustomerv2 WHERE operation = 1 AND custaccount IS NULL";
    assert_eq!(usize::try_from(chain.world.database.number(staged).await), Ok(taken.len()));
    chain.close().await;
}

/// How long a call may take here.
const PATIENCE: Duration = Duration::from_millis(50);

/// Starts the unit anew, so that it waits no longer than that.
async fn impatient(chain: &mut Chain) {
    let minimum = Duration::from_millis(1);
    chain.world.settings.call_budget =
        CallBudget { headquarters_timeout: PATIENCE, minimum, ..CallBudget::default() };
    chain.world.restart(Vec::new()).await;
}

async fn scenario_4_nobody_answers(engine: Engine) {
    let mut chain = steadfast(engine, &[]).await;
    impatient(&mut chain).await;
    let unit = chain.unit();
    chain.gate.next(Passage::Swallow);
    let answer = unit.create(create()).await.unwrap();
    assert_fell_back(&answer);
    let waited = answer.execution.unwrap().headquarters_duration.unwrap();
    assert!(Duration::try_from(waited).unwrap() >= PATIENCE, "all of its time");
    assert_eq!(connection(unit).await.last_failure, "no answer in time");
    assert_eq!(chain.gate.writes(), 1);
    chain.close().await;
}

async fn scenario_4_nobody_is_there(engine: Engine) {
    let mut chain = steadfast(engine, &[]).await;
    chain.headquarters.stop().await;
    let answer = chain.unit().create(create()).await.unwrap();
    assert_fell_back(&answer);
    // The next one is performed, as soon as somebody is there.
    chain.headquarters.start().await;
    let answer = chain.unit().create(create()).await.unwrap();
    assert_eq!(way(answer.execution), "real-time PROFILE_REAL_TIME");
    assert_eq!(connection(chain.unit()).await.failures, 0);
    chain.close().await;
}

async fn edits_are_refused_and_leave_nothing(engine: Engine) {
    let chain = steadfast(engine, &[]).await;
    let unit = chain.unit();
    let name = unit.created(create()).await.name;
    let before = Footprint::of(&chain.world.database).await;
    for (calls, (passage, shown)) in failures().into_iter().enumerate() {
        chain.gate.next(passage.clone());
        assert_refused(&unit.update(rename(&name, "Maria")).await.unwrap_err());
        chain.gate.next(passage);
        assert_refused(&unit.add_address(add_address(&name, "2 Pine")).await.unwrap_err());
        assert_eq!(Footprint::of(&chain.world.database).await, before, "{shown}");
        assert_eq!(chain.gate.writes(), 2 * calls + 3, "one call for each request: {shown}");
        assert!(connection(unit).await.last_failure.ends_with(shown));
    }
    // The customer is edited as soon as it can be.
    let answer = unit.update(rename(&name, "Giulia")).await.unwrap();
    assert_eq!(way(answer.execution), "real-time ASYNC_EDIT_OFF");
    assert_eq!(answer.customer.unwrap().first_name, "Giulia");
    chain.close().await;
}

async fn edits_that_nobody_answers_are_refused(engine: Engine) {
    let mut chain = steadfast(engine, &[]).await;
    let name = chain.unit().created(create()).await.name;
    impatient(&mut chain).await;
    let unit = chain.unit();
    let before = Footprint::of(&chain.world.database).await;
    chain.gate.always(Passage::Swallow);
    assert_refused(&unit.update(rename(&name, "Maria")).await.unwrap_err());
    assert_refused(&unit.add_address(add_address(&name, "2 Pine")).await.unwrap_err());
    assert_eq!(Footprint::of(&chain.world.database).await, before);
    assert_eq!(chain.gate.writes(), 3);
    chain.gate.always(Passage::Pass);
    chain.close().await;
}
