//! The batch.

use csu::{
    domain::{conclusion::RevisionStatus, field::CustomerField, time::Timestamp},
    headquarters::jobs::{self, Synchronized},
    proto::exchange::{CustomerRow, Revision},
};
use tokio_util::sync::CancellationToken;

use crate::harness::{
    Engine, Headquarters, START, revisions,
    uploads::{captured, exchange, numbered, outcomes, statuses, synchronize, upload},
};

crate::on_both_engines!(
    a_customer_gets_one_number_and_all_that_was_written_of_it,
    there_may_be_nothing_to_do,
    what_comes_later_is_taken_by_the_next_run,
    many_customers_at_once,
    a_run_that_is_stopped_goes_on_later,
    real_time_and_async_writes_follow_each_other,
);

/// The customer as its unit has it, which headquarters does not know.
pub(super) fn pending(create: &Revision) -> CustomerRow {
    CustomerRow { id: create.customer_id.clone(), version: 0, ..CustomerRow::default() }
}

async fn a_customer_gets_one_number_and_all_that_was_written_of_it(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    let create = revisions::create("Berg");
    let seen = pending(&create);
    let (rename, address) =
        (revisions::rename(&seen, "Dahl"), revisions::add_address(&seen, "2 Pine Street"));
    let all = numbered([create.clone(), rename, address]);
    headquarters.clock.advance(std::time::Duration::from_mins(1));
    let done = exchange(&headquarters, &unit, &all).await;
    assert_eq!(done, Synchronized { customers: 1, synchronized: 3, failed: 0, parked: 0 });

    let found = headquarters.looked_up(&create.request_id).await.unwrap().customer.unwrap();
    assert_eq!((found.account_number.as_str(), found.version), ("C-0000001", 3));
    assert_eq!(found.fields.as_ref().unwrap().last_name.as_deref(), Some("Dahl"));
    assert_eq!(found.addresses.len(), 2);
    let second =
        |seconds: i64| Some(csu::wire::timestamp(Timestamp(START.millis() + seconds * 1_000)));
    assert_eq!(
        (found.create_time, found.update_time),
        (second(1), second(2)),
        "as a create and a rename change it"
    );

    let outcomes = outcomes(&headquarters, &unit).await;
    for (outcome, (uploaded, version)) in outcomes.iter().zip(all.iter().zip(1..)) {
        assert_eq!(outcome.revision_id.to_string(), uploaded.id);
        assert_eq!(outcome.counter.unwrap().0, uploaded.counter);
        assert_eq!(outcome.status, RevisionStatus::Synchronized);
        assert_eq!((outcome.version, outcome.contained_in), (version, Some(version)));
        assert!(!outcome.superseded && outcome.error_reason.is_none());
    }
    assert_eq!(outcomes.len(), 3);
    assert_eq!(synchronize(&headquarters).await, Synchronized::default());
    headquarters.close().await;
}

/// In whatever order they are run.
async fn there_may_be_nothing_to_do(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    assert_eq!(synchronize(&headquarters).await, Synchronized::default());
    let unit = headquarters.registered("store-1").await;
    headquarters.created(&unit, "Berg").await;
    assert_eq!(synchronize(&headquarters).await, Synchronized::default());
    assert_eq!(headquarters.database.number("SELECT change FROM counter").await, 1);
    headquarters.close().await;
}

async fn what_comes_later_is_taken_by_the_next_run(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    let create = revisions::create("Berg");
    let seen = pending(&create);
    let all = numbered([create, revisions::rename(&seen, "Dahl")]);
    assert_eq!(exchange(&headquarters, &unit, &all[..1]).await.synchronized, 1);
    assert_eq!(exchange(&headquarters, &unit, &all).await.synchronized, 1);
    let expected = ["1 SYNCHRONIZED 1", "2 SYNCHRONIZED 2"];
    assert_eq!(statuses(&headquarters.database).await, expected);
    headquarters.close().await;
}

async fn many_customers_at_once(engine: Engine) {
    const MANY: usize = 300;
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    let creates: Vec<_> = (0..MANY).map(|_| revisions::create("Berg")).collect();
    let renames: Vec<_> =
        creates.iter().map(|create| revisions::rename(&pending(create), "Dahl")).collect();
    let all = numbered(creates.into_iter().chain(renames));
    for some in all.chunks(100) {
        upload(&headquarters, &unit, some).await.unwrap();
    }
    let done = synchronize(&headquarters).await;
    assert_eq!((done.customers, done.synchronized), (MANY, 2 * MANY));
    let store = &headquarters.serving().headquarters.store;
    let changed = store.changes(0, 600, 1_000).await.unwrap();
    assert_eq!(changed.len(), MANY);
    for record in changed {
        assert_eq!(record.base.customer.fields.get(CustomerField::LastName), "Dahl");
    }
    headquarters.close().await;
}

async fn a_run_that_is_stopped_goes_on_later(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    let all = numbered((0..100).map(|_| revisions::create("Berg")));
    upload(&headquarters, &unit, &all).await.unwrap();
    let stop = CancellationToken::new();
    stop.cancel();
    let operations = &headquarters.serving().headquarters;
    let done = jobs::synchronize(operations, stop).await.unwrap();
    assert_eq!(done, Synchronized::default());
    assert_eq!(synchronize(&headquarters).await.synchronized, 100);
    headquarters.close().await;
}

async fn real_time_and_async_writes_follow_each_other(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    let created = headquarters.created(&unit, "Berg").await;
    let first = captured(1, 1, revisions::rename(&created, "Dahl"));
    headquarters.clock.advance(std::time::Duration::from_mins(1));
    exchange(&headquarters, &unit, &[first]).await;
    let mut seen = created;
    seen.version = 2;
    let now = headquarters.update_unchanged(&unit, revisions::rename(&seen, "Falk")).await.unwrap();
    assert_eq!((now.version, now.fields.unwrap().last_name.as_deref()), (3, Some("Falk")));
    let counters: Vec<_> =
        outcomes(&headquarters, &unit).await.iter().map(|it| it.counter.map(|it| it.0)).collect();
    assert_eq!(counters, [None, Some(1), None]);
    headquarters.close().await;
}
