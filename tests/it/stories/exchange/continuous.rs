//! Jobs that run as soon as there is something to do: nobody runs one, and nothing is due by any clock.

use csu::{
    domain::{
        error::{Error, Unavailable},
        feature,
        job::JobMode,
    },
    proto::{
        channel::{CreateCustomerRequest, Customer, SyncState},
        headquarters::{
            DisableFeatureRequest, FunctionalityProfile, ListJobsRequest,
            SaveFunctionalityProfileRequest, Trigger,
        },
    },
    server::status::{Domain, status_of},
};
use futures::future;

use super::{numbered, rename, staged};
use crate::harness::{
    Chain, Engine,
    requests::{ASYNC_CHANNEL, REAL_TIME_CHANNEL, create, create_named},
    wait,
};

crate::on_both_engines!(
    pending_sync_ends_by_itself,
    a_burst_of_creates_and_edits_is_numbered,
    setup_reaches_the_unit_by_itself,
    headquarters_that_was_away_catches_up,
    an_exchange_that_fails_for_a_while_catches_up,
);

async fn chain(engine: Engine) -> Chain {
    let mut chain = Chain::new(engine).await;
    chain.headquarters.restart_with(JobMode::Continuous).await;
    chain.headquarters.connected().await;
    chain
}

/// Waits until nothing of these customers waits anywhere.
async fn all_synced(chain: &Chain, names: &[String]) -> Vec<Customer> {
    let unit = chain.unit();
    let waiting = "SELECT count(*) FROM revision WHERE resolved_at IS NULL";
    let done = async || chain.world.database.number(waiting).await == 0;
    wait::until("all have their numbers", done).await;
    let shown = future::join_all(names.iter().map(|name| unit.read(name))).await;
    assert!(shown.iter().all(is_synced), "{shown:?}");
    shown
}

fn is_synced(customer: &Customer) -> bool {
    customer.sync_state() == SyncState::Synced
        && customer.addresses.iter().all(|address| address.sync_state() == SyncState::Synced)
}

/// Time stands still: whatever happens was woken. Each run of a continuous job had something to do.
async fn pending_sync_ends_by_itself(engine: Engine) {
    let chain = chain(engine).await;
    let created = chain.unit().created(create()).await;
    assert_eq!(created.account_number_display, "Pending sync");
    let [synced] = all_synced(&chain, &[created.name]).await.try_into().expect("one");
    assert_eq!(synced.account_number, "C-0000001");
    let told = async || {
        let operations = chain.headquarters.operations().await;
        operations.iter().all(|operation| operation.deliver_time.is_some())
    };
    wait::until("headquarters knows that the unit has it", told).await;

    let jobs = chain.headquarters.scheduler().list_jobs(ListJobsRequest {}).await;
    let jobs = jobs.expect("an answer").into_inner();
    assert_eq!(jobs.mode, "continuous");
    assert!(jobs.jobs.iter().all(|job| job.next_run_time.is_none()), "nothing is due by a clock");
    for (job, rows) in [("P-0001", 1), ("synchronize", 1), ("1010", 2)] {
        let listed = async || !chain.headquarters.runs(job).await.is_empty();
        wait::until("the history has it", listed).await;
        let runs = chain.headquarters.runs(job).await;
        let continuous: Vec<_> =
            runs.iter().filter(|run| run.trigger() == Trigger::Continuous).collect();
        let [run] = continuous.as_slice() else { panic!("{job}: {runs:?}") };
        assert_eq!((run.rows, run.count), (rows, 1), "{job}: {run:?}");
        let others = runs.iter().filter(|run| run.trigger() != Trigger::Continuous);
        assert!(others.clone().all(|run| run.trigger() == Trigger::Initial), "{job}: {runs:?}");
    }
    chain.close().await;
}

/// A hundred tills, each of which creates a customer and corrects it while it may be on its way already.
async fn a_burst_of_creates_and_edits_is_numbered(engine: Engine) {
    let chain = chain(engine).await;
    let unit = chain.unit();
    let till = async |number: usize| {
        let name = unit.created(create_named("Karen", &format!("Berg {number}"))).await.name;
        for edit in 1..=2 {
            let first_name = format!("Maria {number} {edit}");
            let edited = unit.update(rename(&name, &first_name)).await.expect("edited");
            assert_eq!(edited.customer.expect("a customer").first_name, first_name);
        }
        assert_eq!(unit.read(&name).await.first_name, format!("Maria {number} 2"));
        name
    };
    let names = future::join_all((0..100).map(till)).await;
    let mut numbers: Vec<_> = Vec::new();
    for (number, shown) in all_synced(&chain, &names).await.into_iter().enumerate() {
        assert_eq!(shown.display_name, format!("Maria {number} 2 Berg {number}"));
        numbers.push(shown.account_number);
    }
    numbers.sort();
    let expected: Vec<_> = (1..=100).map(|number| format!("C-{number:07}")).collect();
    assert_eq!(numbers, expected);
    assert_eq!(chain.performed().await, (100, 300));
    assert_eq!(staged(&chain.world.database).await.0, 0);
    chain.close().await;
}

async fn setup_reaches_the_unit_by_itself(engine: Engine) {
    let chain = chain(engine).await;
    let stored = async || {
        let shown = chain.unit().configuration(REAL_TIME_CHANNEL).await.expect("shown");
        shown.stored.expect("a configuration")
    };
    let before = stored().await;
    assert!(!before.create_customer_in_async_mode && before.async_customer_editing);
    let profile = FunctionalityProfile {
        code: "real-time".to_owned(),
        create_customer_in_async_mode: true,
        ..FunctionalityProfile::default()
    };
    let request = SaveFunctionalityProfileRequest { functionality_profile: Some(profile) };
    chain.headquarters.setup().save_functionality_profile(request).await.expect("saved");
    wait::until("1070 came", async || stored().await.create_customer_in_async_mode).await;

    let key = feature::ASYNC_CUSTOMER_EDITING.to_owned();
    let request = DisableFeatureRequest { key };
    chain.headquarters.features().disable_feature(request).await.expect("disabled");
    wait::until("1110 came", async || !stored().await.async_customer_editing).await;
    for job in ["1070", "1110"] {
        let runs = chain.headquarters.runs(job).await;
        assert!(runs.iter().any(|run| run.trigger() == Trigger::Continuous), "{job}: {runs:?}");
    }
    chain.close().await;
}

async fn headquarters_that_was_away_catches_up(engine: Engine) {
    let mut chain = chain(engine).await;
    let first = chain.unit().created(create()).await.name;
    all_synced(&chain, std::slice::from_ref(&first)).await;

    chain.headquarters.stop().await;
    let mut names = vec![first];
    for number in 0..10 {
        let channel = [ASYNC_CHANNEL, REAL_TIME_CHANNEL][number % 2].to_owned();
        let request = CreateCustomerRequest { channel, ..create() };
        let created = chain.unit().created(request).await;
        assert_eq!(created.sync_state(), SyncState::PendingUpload, "creates go on");
        names.push(created.name);
    }
    chain.unit().update(rename(&names[0], "Maria")).await.expect("edits too");
    chain.headquarters.start().await;
    let shown = all_synced(&chain, &names).await;
    assert_eq!(shown[0].first_name, "Maria");
    for (customer, name) in shown.iter().zip(&names) {
        assert!(customer.account_number.starts_with("C-00000"), "{}", customer.account_number);
        assert_eq!(numbered(chain.unit(), &customer.account_number).await.name, *name);
    }
    assert_eq!(chain.performed().await, (11, 12), "each once");
    chain.close().await;
}

/// Real-time calls pass meanwhile, and what they bring is older than nothing that waits here.
async fn an_exchange_that_fails_for_a_while_catches_up(engine: Engine) {
    let chain = chain(engine).await;
    let stopping = Error::Unavailable(Unavailable::Stopping);
    chain.gate.exchange(Some(status_of(Domain::Channel, &stopping)));
    let pending = chain.unit().created(create()).await.name;
    let request = CreateCustomerRequest { channel: REAL_TIME_CHANNEL.to_owned(), ..create() };
    let numbered = chain.unit().created(request).await;
    assert_eq!(numbered.account_number, "C-0000001");
    chain.unit().update(rename(&numbered.name, "Maria")).await.expect("edited");
    chain.unit().update(rename(&pending, "Anna")).await.expect("edited");
    assert_eq!(chain.unit().read(&pending).await.sync_state(), SyncState::PendingUpload);
    assert_eq!(chain.performed().await, (1, 1));
    chain.gate.exchange(None);
    let shown = all_synced(&chain, &[numbered.name, pending]).await;
    let names: Vec<_> = shown.iter().map(|customer| customer.first_name.as_str()).collect();
    assert_eq!(names, ["Maria", "Anna"]);
    assert_eq!(shown[1].account_number, "C-0000002");
    assert_eq!(chain.performed().await, (2, 4));
    chain.close().await;
}
