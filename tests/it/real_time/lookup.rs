//! `LookupRequest` where headquarters may know what this unit does not.

use csu::proto::channel::{
    LookupRequestResponse, RequestState, SyncState, lookup_request_response::Answer,
};
use tonic::Code;
use tonic_types::StatusExt as _;

use super::stage::{Boston, add_address, bare, connection, create, rename, steadfast, way};
use crate::harness::{
    Chain, Engine, Passage,
    requests::{reason, request_id},
    wait,
};

crate::on_both_engines!(
    what_was_completed_here_needs_no_headquarters,
    what_only_headquarters_knows,
    what_nobody_has_seen,
    without_headquarters_nobody_can_say,
    what_is_under_way,
);

async fn what_was_completed_here_needs_no_headquarters(engine: Engine) {
    let mut chain = steadfast(engine, &[]).await;
    let create = create();
    let created = chain.unit().create(create.clone()).await.unwrap();
    let name = created.customer.as_ref().unwrap().name.clone();
    let rename = rename(&name, "Maria");
    let updated = chain.unit().update(rename.clone()).await.unwrap();
    let add = add_address(&name, "2 Pine");
    let added = chain.unit().add_address(add.clone()).await.unwrap();
    let completed = |method: &str, execution, answer| LookupRequestResponse {
        state: RequestState::Completed.into(),
        method: method.to_owned(),
        resource: name.clone(),
        execution,
        answer: Some(answer),
        headquarters_asked: false,
    };
    let execution = created.execution.clone();
    let create_completed = completed("CreateCustomer", execution, Answer::CreateCustomer(created));
    let execution = updated.execution.clone();
    let update_completed = completed("UpdateCustomer", execution, Answer::UpdateCustomer(updated));
    let execution = added.execution.clone();
    let add_completed = completed("AddAddress", execution, Answer::AddAddress(added));
    // Also when headquarters has gone.
    for _ in 0..2 {
        let unit = chain.unit();
        assert_eq!(unit.lookup(&create.request_id).await.unwrap(), create_completed);
        assert_eq!(unit.lookup(&rename.request_id).await.unwrap(), update_completed);
        assert_eq!(unit.lookup(&add.request_id).await.unwrap(), add_completed);
        assert_eq!(chain.gate.lookups(), 0);
        if chain.headquarters.is_serving() {
            chain.headquarters.stop().await;
        }
    }
    chain.close().await;
}

async fn what_only_headquarters_knows(engine: Engine) {
    let chain = steadfast(engine, &[]).await;
    let unit = chain.unit();
    // Another unit's customer.
    let (theirs, request_id) = Boston::of(&chain.headquarters).await.created("Rossi").await;
    let found = unit.lookup(&request_id).await.unwrap();
    assert_eq!((found.state(), found.headquarters_asked), (RequestState::Completed, true));
    assert_eq!(found.method, "CreateCustomer");
    assert_eq!(found.resource, format!("customers/{}", theirs.id));
    let Some(Answer::CreateCustomer(answer)) = found.answer else { panic!("a create") };
    assert_eq!(answer.execution, found.execution);
    let customer = answer.customer.unwrap();
    assert_eq!((customer.name, customer.last_name), (found.resource, "Rossi".to_owned()));
    assert_eq!(customer.account_number_display, theirs.account_number);
    assert_eq!(customer.sync_state, i32::from(SyncState::Synced));

    // A write of this unit, whose answer was lost.
    let name = unit.created(create()).await.name;
    let lost = rename(&name, "Maria");
    let add = add_address(&name, "2 Pine");
    chain.gate.next(Passage::LoseAnswer(bare(Code::Unavailable)));
    assert!(unit.update(lost.clone()).await.is_err());
    chain.gate.next(Passage::LoseAnswer(bare(Code::Unavailable)));
    assert!(unit.add_address(add.clone()).await.is_err());
    assert_eq!(unit.read(&name).await.first_name, "Karen", "here it is not seen");
    let found = unit.lookup(&lost.request_id).await.unwrap();
    assert_eq!((found.state(), found.headquarters_asked), (RequestState::Completed, true));
    assert_eq!(found.execution.as_ref().unwrap().reason, "ASYNC_EDIT_OFF");
    let Some(Answer::UpdateCustomer(answer)) = found.answer else { panic!("an update") };
    assert_eq!(answer.customer.unwrap().first_name, "Maria");
    let found = unit.lookup(&add.request_id).await.unwrap();
    let Some(Answer::AddAddress(answer)) = found.answer else { panic!("an address") };
    let addresses = answer.customer.unwrap().addresses;
    assert!(addresses.iter().any(|it| it.id == answer.address_id && it.street == "2 Pine"));
    assert_eq!(unit.read(&name).await.first_name, "Karen", "a question writes nothing");

    // Repeated, it is completed here, and headquarters performs nothing twice.
    let answer = unit.update(lost.clone()).await.unwrap();
    assert_eq!(way(answer.execution), "real-time ASYNC_EDIT_OFF");
    let found = unit.lookup(&lost.request_id).await.unwrap();
    assert_eq!((found.state(), found.headquarters_asked), (RequestState::Completed, false));
    chain.close().await;
}

async fn what_nobody_has_seen(engine: Engine) {
    let chain = steadfast(engine, &[]).await;
    let not_seen = LookupRequestResponse {
        state: RequestState::NotSeen.into(),
        headquarters_asked: true,
        ..LookupRequestResponse::default()
    };
    assert_eq!(chain.unit().lookup(&request_id()).await.unwrap(), not_seen);
    assert_eq!(chain.gate.lookups(), 1);
    chain.close().await;
}

async fn without_headquarters_nobody_can_say(engine: Engine) {
    let chain = Chain::with_features(engine, &[]).await;
    let unit = chain.unit();
    chain.gate.always(Passage::Refuse(bare(Code::Unavailable)));
    // One after the other opens the breaker, and then nobody is asked any more.
    for failures in 1..=7 {
        let refused = unit.lookup(&request_id()).await.unwrap_err();
        assert_eq!(reason(&refused), (Code::Unavailable, "HQ_UNREACHABLE".to_owned()));
        assert!(refused.get_details_retry_info().is_some());
        assert_eq!(connection(unit).await.failures, failures.min(5));
    }
    assert_eq!(connection(unit).await.real_time_calls, 0, "a question is no write");
    // What is here is known all the same.
    let create = create();
    unit.create(create.clone()).await.unwrap();
    let found = unit.lookup(&create.request_id).await.unwrap();
    assert_eq!((found.state(), found.headquarters_asked), (RequestState::Completed, false));
    assert_eq!(way(found.execution), "async HQ_UNREACHABLE");
    chain.gate.always(Passage::Pass);
    chain.close().await;
}

async fn what_is_under_way(engine: Engine) {
    let chain = steadfast(engine, &[]).await;
    let unit = chain.unit();
    let create = create();
    chain.gate.next(Passage::Hold);
    let watching = async {
        wait::bounded("the call", chain.gate.writes_reached(1)).await;
        let found = unit.lookup(&create.request_id).await.unwrap();
        assert_eq!((found.state(), found.headquarters_asked), (RequestState::InProgress, false));
        assert_eq!(chain.gate.lookups(), 0);
        chain.gate.release();
    };
    let (answer, ()) = tokio::join!(unit.create(create.clone()), watching);
    let found = unit.lookup(&create.request_id).await.unwrap();
    assert_eq!(found.answer, Some(Answer::CreateCustomer(answer.unwrap())));
    chain.close().await;
}
