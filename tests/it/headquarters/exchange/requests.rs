//! One request that comes more than once, on either way.

use csu::domain::conclusion::RevisionStatus;
use tonic::Code;

use crate::harness::{
    Engine, Headquarters,
    requests::reason,
    revisions,
    uploads::{captured, exchange, numbered, outcomes, statuses, upload},
};

crate::on_both_engines!(
    performed_in_real_time_and_then_uploaded,
    uploaded_and_then_asked_for_in_real_time,
    asked_for_in_real_time_before_the_batch,
    another_content_under_the_request_id_fails,
    another_content_in_real_time_is_refused,
    one_request_at_two_databases,
);

/// Its answer was lost, and the unit took it async.
async fn performed_in_real_time_and_then_uploaded(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    let create = revisions::create("Berg");
    let created = headquarters.create(&unit, create.clone()).await.unwrap();
    headquarters.created(&unit, "Dahl").await;
    let done = exchange(&headquarters, &unit, &numbered([create.clone()])).await;
    assert_eq!((done.customers, done.synchronized), (1, 1));
    let outcomes = outcomes(&headquarters, &unit).await;
    let last = outcomes.last().unwrap();
    assert_eq!((last.counter.unwrap().0, last.status), (1, RevisionStatus::Synchronized));
    assert_eq!((last.version, last.contained_in), (3, Some(created.version)));
    assert_eq!(headquarters.create(&unit, create).await.unwrap(), created);
    assert_eq!(headquarters.database.number("SELECT count(*) FROM customer").await, 2);
    headquarters.close().await;
}

async fn uploaded_and_then_asked_for_in_real_time(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    let create = revisions::create("Berg");
    exchange(&headquarters, &unit, &numbered([create.clone()])).await;
    let again = headquarters.create(&unit, create).await.unwrap();
    assert_eq!((again.account_number.as_str(), again.version), ("C-0000001", 1));
    assert_eq!(outcomes(&headquarters, &unit).await.len(), 1);
    headquarters.close().await;
}

async fn asked_for_in_real_time_before_the_batch(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    let create = revisions::create("Berg");
    upload(&headquarters, &unit, &numbered([create.clone()])).await.unwrap();
    let created = headquarters.create(&unit, create.clone()).await.unwrap();
    assert_eq!((created.account_number.as_str(), created.version), ("C-0000001", 1));
    let done = exchange(&headquarters, &unit, &numbered([create])).await;
    assert_eq!(done.synchronized, 1);
    assert_eq!(statuses(&headquarters.database).await, ["1 SYNCHRONIZED 2"]);
    assert_eq!(headquarters.database.number("SELECT count(*) FROM customer").await, 1);
    headquarters.close().await;
}

async fn another_content_under_the_request_id_fails(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    let create = revisions::create("Berg");
    let created = headquarters.create(&unit, create.clone()).await.unwrap();
    let mut other = revisions::rename(&created, "Dahl");
    other.request_id.clone_from(&create.request_id);
    assert_eq!(exchange(&headquarters, &unit, &numbered([other])).await.failed, 1);
    assert_eq!(statuses(&headquarters.database).await, ["1 FAILED 2 REQUEST_ID_REUSED"]);
    assert_eq!(headquarters.create(&unit, create).await.unwrap(), created);
    headquarters.close().await;
}

async fn another_content_in_real_time_is_refused(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    let create = revisions::create("Berg");
    exchange(&headquarters, &unit, &numbered([create.clone()])).await;
    let mut other = create;
    other.request_hash[0] ^= 1;
    let refused = headquarters.create(&unit, other).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::AlreadyExists, "REQUEST_ID_REUSED".to_owned()));
    headquarters.close().await;
}

/// A caller may repeat at another unit.
async fn one_request_at_two_databases(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let mut first = headquarters.registered("store-1").await;
    let create = revisions::create("Berg");
    upload(&headquarters, &first, &numbered([create.clone()])).await.unwrap();
    first.incarnation = 2;
    let second = first;
    headquarters.register("store-1", &second).await.unwrap();
    let again = [captured(1, 1, revisions::create("Dahl")), captured(2, 2, create)];
    let done = exchange(&headquarters, &second, &again).await;
    assert_eq!((done.customers, done.synchronized), (2, 3));
    assert_eq!(headquarters.database.number("SELECT count(*) FROM customer").await, 2);
    let performed = "SELECT count(*) FROM revision WHERE performed = 1";
    assert_eq!(headquarters.database.number(performed).await, 2);
    headquarters.close().await;
}
