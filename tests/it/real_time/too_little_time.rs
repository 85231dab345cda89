//! A call to headquarters that could not be answered in time is not begun.

use std::time::Duration;

use csu::{
    channel::operations::CallBudget,
    proto::channel::{CreateCustomerRequest, SyncState, UpdateCustomerRequest},
    roles::channel::ChannelSettings,
};
use tonic::{Code, Request, Response, Status};

use super::stage::{company, connection, create, rename, steadfast, way};
use crate::harness::{Chain, Engine, Footprint, Passage, replica::Clients, requests::reason};

crate::on_both_engines!(
    a_caller_in_a_hurry,
    a_caller_without_a_deadline_has_ten_seconds,
    a_budget_that_nobody_has,
    callers_in_a_hurry_do_not_cut_headquarters_off,
);

/// Less than a call with its commits may need, enough for one commit.
const LITTLE: Duration = Duration::from_millis(150);

fn within<M>(message: M, limit: Duration) -> Request<M> {
    let mut request = Request::new(message);
    request.set_timeout(limit);
    request
}

/// What is answered in time. A machine may be too slow even for that, and the same request may be repeated.
async fn at_last<A>(
    mut call: impl AsyncFnMut() -> Result<Response<A>, Status>,
) -> Result<A, Status> {
    for _ in 0..50 {
        match call().await {
            Err(late) if csu::server::status::reason(&late) != "TOO_LITTLE_TIME" => {
                assert!(
                    matches!(late.code(), Code::DeadlineExceeded | Code::Cancelled),
                    "{late:?}"
                );
            }
            answer => return answer.map(Response::into_inner),
        }
    }
    panic!("never within {LITTLE:?}");
}

async fn created(
    unit: &Clients,
    request: &CreateCustomerRequest,
    limit: Duration,
) -> Result<Response<csu::proto::channel::CreateCustomerResponse>, Status> {
    unit.customers().create_customer(within(request.clone(), limit)).await
}

async fn updated(
    unit: &Clients,
    request: &UpdateCustomerRequest,
    limit: Duration,
) -> Result<Response<csu::proto::channel::UpdateCustomerResponse>, Status> {
    unit.customers().update_customer(within(request.clone(), limit)).await
}

async fn a_caller_in_a_hurry(engine: Engine) {
    let chain = Chain::with_features(engine, &[]).await;
    let unit = chain.unit();
    let name = unit.created(create()).await.name;
    let request = create();
    let answer = at_last(async || created(unit, &request, LITTLE).await).await.unwrap();
    assert_eq!(answer.execution.as_ref().unwrap().headquarters_duration, None);
    assert_eq!(way(answer.execution), "async TOO_LITTLE_TIME");
    let customer = answer.customer.unwrap();
    assert_eq!(customer.sync_state(), SyncState::PendingUpload);
    assert_eq!(unit.read(&customer.name).await, customer);

    let before = Footprint::of(&chain.world.database).await;
    let request = rename(&name, "Maria");
    let refused = at_last(async || updated(unit, &request, LITTLE).await).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::DeadlineExceeded, "TOO_LITTLE_TIME".to_owned()));
    assert_eq!(Footprint::of(&chain.world.database).await, before);
    assert_eq!(chain.gate.writes(), 1, "only the first create");
    let connection = connection(unit).await;
    assert_eq!(
        (connection.reachable, connection.failures),
        (true, 0),
        "headquarters is not to blame"
    );

    // The same request by a caller with more of it.
    let answer = unit.update(request).await.unwrap();
    assert_eq!(way(answer.execution), "real-time ASYNC_EDIT_OFF");
    chain.close().await;
}

/// A chain whose unit calls headquarters only if there is so much time for it.
async fn with_minimum(engine: Engine, minimum: Duration) -> Chain {
    let headquarters_timeout = Duration::from_mins(1);
    let call_budget = CallBudget { headquarters_timeout, minimum, ..CallBudget::default() };
    let settings = ChannelSettings { call_budget, ..ChannelSettings::default() };
    Chain::with(engine, company(&[]), settings).await
}

async fn a_caller_without_a_deadline_has_ten_seconds(engine: Engine) {
    let chain = with_minimum(engine, Duration::from_secs(8)).await;
    let unit = chain.unit();
    let answer = unit.create(create()).await.unwrap();
    assert_eq!(way(answer.execution), "real-time PROFILE_REAL_TIME");
    let answer = created(unit, &create(), Duration::from_secs(8)).await.unwrap().into_inner();
    assert_eq!(way(answer.execution), "async TOO_LITTLE_TIME");
    let answer = created(unit, &create(), Duration::from_mins(1)).await.unwrap().into_inner();
    assert_eq!(way(answer.execution), "real-time PROFILE_REAL_TIME");
    chain.close().await;

    // Ten seconds with what the commits need.
    let chain = with_minimum(engine, Duration::from_millis(9_951)).await;
    let unit = chain.unit();
    let answer = unit.create(create()).await.unwrap();
    assert_eq!(way(answer.execution), "async TOO_LITTLE_TIME");
    let answer = created(unit, &create(), Duration::from_mins(1)).await.unwrap().into_inner();
    assert_eq!(way(answer.execution), "real-time PROFILE_REAL_TIME");
    assert_eq!(chain.gate.writes(), 1);
    chain.close().await;
}

/// No call is longer than headquarters' timeout, so one below the minimum means none.
async fn a_budget_that_nobody_has(engine: Engine) {
    let mut chain = steadfast(engine, &[]).await;
    let name = chain.unit().created(create()).await.name;
    chain.world.settings.call_budget.headquarters_timeout = Duration::from_millis(99);
    chain.world.restart(Vec::new()).await;
    let unit = chain.unit();
    let answer = created(unit, &create(), Duration::from_mins(1)).await.unwrap().into_inner();
    assert_eq!(way(answer.execution), "async TOO_LITTLE_TIME");
    let refused = updated(unit, &rename(&name, "Maria"), Duration::from_mins(1)).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::DeadlineExceeded, "TOO_LITTLE_TIME".to_owned()));
    assert_eq!(chain.gate.writes(), 1, "the first create");
    chain.close().await;
}

/// A headquarters that is too slow for some callers is not away for the others.
async fn callers_in_a_hurry_do_not_cut_headquarters_off(engine: Engine) {
    let settings = ChannelSettings { breaker_failures: 1, ..ChannelSettings::default() };
    let chain = Chain::with(engine, company(&[]), settings).await;
    let unit = chain.unit();
    chain.gate.next(Passage::Swallow);
    let request = create();
    // Whether it is answered in time depends on the machine; that headquarters was too slow does not.
    let _ = created(unit, &request, Duration::from_millis(700)).await;
    chain.gate.writes_reached(1).await;
    assert!(connection(unit).await.reachable);
    let next = unit.create(create()).await.unwrap();
    assert_eq!(way(next.execution), "real-time PROFILE_REAL_TIME");
    chain.close().await;
}
