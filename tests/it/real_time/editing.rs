//! Changing customers where the features leave it to headquarters, and where they don't.

use csu::proto::channel::{SyncState, UpdateCustomerRequest};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::stage::{
    Boston, F1, F2, F3, add_address, at_headquarters, create, disable, rename, steadfast, way,
};
use crate::harness::{
    Engine, Footprint,
    requests::{self, reason},
};

crate::on_both_engines!(
    scenario_19_an_edit_goes_real_time,
    scenario_25_a_pending_customer_without_async_editing,
    scenario_27_a_synced_customer_edited_async,
    scenario_29_this_unit_sees_that_the_etag_is_stale,
    edits_that_wait_come_first,
    an_edit_brings_what_others_have_written,
    what_is_only_checked_calls_nobody,
);

/// Addresses async, edits not.
async fn scenario_19_an_edit_goes_real_time(engine: Engine) {
    let chain = steadfast(engine, &[F1, F2]).await;
    let unit = chain.unit();
    let create = create();
    let created = unit.created(create.clone()).await;
    let request =
        UpdateCustomerRequest { etag: created.etag.clone(), ..rename(&created.name, "Maria") };
    let answer = unit.update(request.clone()).await.unwrap();
    assert_eq!(way(answer.execution.clone()), "real-time ASYNC_EDIT_OFF");
    let customer = answer.customer.as_ref().unwrap();
    assert_eq!(customer.display_name, "Maria Berg");
    assert_eq!(customer.account_number, "C-0000001");
    assert_eq!(customer.sync_state(), SyncState::Synced);
    assert_ne!(customer.etag, created.etag);
    assert_eq!(&unit.read(&created.name).await, customer);
    assert_eq!(unit.update(request).await.unwrap(), answer, "word for word");
    assert_eq!(chain.gate.writes(), 2, "a repetition is answered here");

    let there = at_headquarters(&chain.headquarters, &create.request_id).await;
    assert_eq!((there.version, there.fields.unwrap().first_name.unwrap().as_str()), (2, "Maria"));
    let staged = "SELECT count(*) FROM revision";
    assert_eq!(chain.world.database.number(staged).await, 0, "nothing waits here");
    chain.close().await;
}

async fn scenario_25_a_pending_customer_without_async_editing(engine: Engine) {
    let chain = steadfast(engine, &[F1, F2]).await;
    let name = chain.unit().created(requests::create()).await.name;
    let before = Footprint::of(&chain.world.database).await;
    let refused = chain.unit().update(rename(&name, "Maria")).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::FailedPrecondition, "CUSTOMER_PENDING_SYNC".to_owned()));
    let precondition = refused.get_details_precondition_failure().unwrap();
    assert_eq!(precondition.violations[0].subject, "customer");
    assert_eq!(chain.gate.writes(), 0);
    assert_eq!(Footprint::of(&chain.world.database).await, before);
    chain.close().await;
}

async fn scenario_27_a_synced_customer_edited_async(engine: Engine) {
    let chain = steadfast(engine, &[F1, F2, F3]).await;
    let unit = chain.unit();
    let created = unit.created(create()).await;
    let answer = unit.update(rename(&created.name, "Maria")).await.unwrap();
    assert_eq!(answer.execution.as_ref().unwrap().headquarters_duration, None);
    assert_eq!(way(answer.execution), "async ASYNC_EDIT");
    let customer = answer.customer.unwrap();
    assert_eq!(customer.account_number_display, "C-0000001", "it keeps its number");
    assert_eq!(customer.sync_state(), SyncState::PendingUpload);
    assert_eq!(unit.read(&created.name).await, customer);
    assert_eq!((chain.gate.writes(), chain.gate.lookups()), (1, 0), "only the create");
    let staged = "SELECT custaccount || ' ' || operation || ' ' || firstname || ' ' || base_version
                  FROM retailasynccustomerv2 JOIN revision r ON counter = replicationcounterfromorigin
                  WHERE lastname IS NULL";
    assert_eq!(chain.world.database.texts(staged).await, ["C-0000001 2 Maria 1"]);
    chain.close().await;
}

async fn scenario_29_this_unit_sees_that_the_etag_is_stale(engine: Engine) {
    let chain = steadfast(engine, &[]).await;
    let unit = chain.unit();
    let read = unit.created(create()).await;
    let changed = unit.update(rename(&read.name, "Maria")).await.unwrap().customer.unwrap();
    let before = Footprint::of(&chain.world.database).await;
    for stale in [read.etag.as_str(), "1-00", "99-ab", "nonsense"] {
        let request =
            UpdateCustomerRequest { etag: stale.to_owned(), ..rename(&read.name, "Giulia") };
        let refused = unit.update(request).await.unwrap_err();
        assert_eq!(reason(&refused), (Code::Aborted, "ETAG_MISMATCH".to_owned()), "{stale}");
        assert_eq!(domain(&refused), "channel.commerce.csu");
        assert!(refused.get_details_retry_info().is_some());
    }
    assert_eq!(chain.gate.writes(), 2, "headquarters is not asked to write");
    assert_eq!(Footprint::of(&chain.world.database).await, before, "nothing is written");
    assert_eq!(unit.read(&read.name).await, changed);
    chain.close().await;
}

fn domain(status: &Status) -> String {
    status.get_details_error_info().unwrap().domain
}

/// Async editing was on, and is off now.
async fn edits_that_wait_come_first(engine: Engine) {
    let mut chain = steadfast(engine, &[F1, F2, F3]).await;
    let name = chain.unit().created(create()).await.name;
    let other = chain.unit().created(create()).await.name;
    chain.unit().update(rename(&name, "Maria")).await.unwrap();
    disable(&chain.headquarters, F3).await;
    disable(&chain.headquarters, F2).await;
    chain.bring_configuration().await;
    chain.world.restart(Vec::new()).await;

    let unit = chain.unit();
    let before = Footprint::of(&chain.world.database).await;
    let refused = unit.update(rename(&name, "Giulia")).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::FailedPrecondition, "EDITS_WAITING".to_owned()));
    assert_eq!(chain.gate.writes(), 2, "the creates");
    assert_eq!(Footprint::of(&chain.world.database).await, before);
    // Others don't wait for it, and its addresses don't either: its edit stays on top of what comes.
    let answer = unit.update(rename(&other, "Giulia")).await.unwrap();
    assert_eq!(way(answer.execution), "real-time ASYNC_EDIT_OFF");
    let answer = unit.add_address(add_address(&name, "2 Pine")).await.unwrap();
    assert_eq!(way(answer.execution), "real-time ASYNC_ADDRESS_OFF");
    let customer = answer.customer.unwrap();
    assert_eq!(customer.first_name, "Maria");
    assert_eq!(customer.sync_state(), SyncState::PendingUpload);
    assert!(customer.addresses.iter().all(|it| it.sync_state() == SyncState::Synced));
    assert_eq!(unit.read(&name).await, customer);
    chain.close().await;
}

async fn an_edit_brings_what_others_have_written(engine: Engine) {
    let chain = steadfast(engine, &[]).await;
    let unit = chain.unit();
    let create = create();
    let name = unit.created(create.clone()).await.name;
    let boston = Boston::of(&chain.headquarters).await;
    boston.add_address(&create.request_id, "2 Pine").await;
    boston.rename(&create.request_id, "Maria").await;
    let answer = unit.add_address(add_address(&name, "3 Pine")).await.unwrap();
    let customer = answer.customer.unwrap();
    assert_eq!(customer.first_name, "Maria");
    let mut streets: Vec<_> = customer.addresses.iter().map(|it| it.street.as_str()).collect();
    streets.sort_unstable();
    assert_eq!(streets, ["1 Pike Place", "2 Pine", "3 Pine"]);
    assert_eq!(unit.read(&name).await, customer);
    chain.close().await;
}

async fn what_is_only_checked_calls_nobody(engine: Engine) {
    let chain = steadfast(engine, &[]).await;
    let unit = chain.unit();
    let name = unit.created(create()).await.name;
    let before = Footprint::of(&chain.world.database).await;
    let mut checked = create();
    checked.validate_only = true;
    let answer = unit.create(checked).await.unwrap();
    assert_eq!(answer.execution.unwrap().reason, "PROFILE_REAL_TIME");
    let checked = UpdateCustomerRequest { validate_only: true, ..rename(&name, "Maria") };
    let answer = unit.update(checked).await.unwrap();
    assert_eq!(answer.execution.unwrap().reason, "ASYNC_EDIT_OFF");
    assert_eq!(answer.customer.unwrap().first_name, "Maria");
    assert_eq!(chain.gate.writes(), 1, "the create");
    assert_eq!(Footprint::of(&chain.world.database).await, before);
    chain.close().await;
}
