//! What fails at headquarters waits there with its reason, and parks what depends on it and nothing else.

use csu::{
    domain::conclusion::RevisionStatus,
    headquarters::jobs::Synchronized,
    proto::exchange::{CustomerFields, CustomerRow},
};

use super::batch::pending;
use crate::{
    harness::{
        Engine, Headquarters, revisions,
        uploads::{captured, exchange, numbered, outcomes, statuses, synchronize},
    },
    headquarters::add_database,
};

crate::on_both_engines!(
    a_failed_create_parks_what_depends_on_it,
    other_origins_are_not_parked,
    what_headquarters_does_not_know_fails,
    what_comes_after_a_failure_is_parked_too,
);

async fn a_failed_create_parks_what_depends_on_it(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    let (mut bad, good) = (revisions::create("Berg"), revisions::create("Dahl"));
    revisions::set_group(&mut bad, "31");
    let all = numbered([
        bad.clone(),
        good.clone(),
        revisions::rename(&pending(&bad), "Falk"),
        revisions::rename(&pending(&good), "Lund"),
        revisions::add_address(&pending(&bad), "2 Pine Street"),
    ]);
    let done = exchange(&headquarters, &unit, &all).await;
    assert_eq!(done, Synchronized { customers: 2, synchronized: 2, failed: 1, parked: 2 });
    let outcomes = outcomes(&headquarters, &unit).await;
    let reasons = |counter: i64| {
        let outcome = outcomes.iter().find(|it| it.counter.unwrap().0 == counter).unwrap();
        (outcome.status, outcome.error_reason.as_deref(), outcome.contained_in.is_some())
    };
    assert_eq!(reasons(1), (RevisionStatus::Failed, Some("CUSTOMER_GROUP_NOT_FOUND"), false));
    assert_eq!(reasons(2), (RevisionStatus::Synchronized, None, true));
    assert_eq!(reasons(3), (RevisionStatus::Parked, Some("EARLIER_REVISION_FAILED"), false));
    assert_eq!(reasons(4), (RevisionStatus::Synchronized, None, true));
    assert_eq!(reasons(5), (RevisionStatus::Parked, Some("EARLIER_REVISION_FAILED"), false));
    let versions: Vec<_> = outcomes.iter().map(|it| it.version).collect();
    assert_eq!(versions, [1, 2, 3, 4, 5], "each outcome is a change");
    let texts = "SELECT error_text FROM revision WHERE error_text IS NOT NULL ORDER BY counter";
    assert_eq!(
        headquarters.database.texts(texts).await,
        [
            "headquarters has no customer group \"31\"",
            "waits for revision 1 of the same customer",
            "waits for revision 3 of the same customer"
        ]
    );
    let numbers = "SELECT last FROM number_sequence";
    assert_eq!(headquarters.database.number(numbers).await, 1, "what fails takes no number");
    assert_eq!(synchronize(&headquarters).await, Synchronized::default(), "it is not tried again");
    headquarters.close().await;
}

async fn other_origins_are_not_parked(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let first = headquarters.registered("store-1").await;
    let created = headquarters.created(&first, "Berg").await;
    add_database(&headquarters, "store-2").await;
    let second = headquarters.registered("store-2").await;
    let group = CustomerFields { customer_group: Some("31".to_owned()), ..Default::default() };
    let bad = revisions::update(&created, group);
    let all = numbered([bad, revisions::rename(&created, "Dahl")]);
    let done = exchange(&headquarters, &first, &all).await;
    assert_eq!((done.customers, done.failed, done.parked), (1, 1, 1));
    let other = captured(1, 9, revisions::rename(&created, "Falk"));
    assert_eq!(exchange(&headquarters, &second, &[other]).await.synchronized, 1);
    // And real-time writes neither.
    headquarters.update(&first, revisions::rename(&created, "Lund")).await.unwrap();
    headquarters.close().await;
}

async fn what_headquarters_does_not_know_fails(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    let existing = headquarters.created(&unit, "Berg").await;
    let unknown = || pending(&revisions::create("Dahl"));
    let mut again = revisions::create("Falk");
    again.customer_id = existing.id.clone();
    let all = numbered([
        revisions::rename(&unknown(), "Lund"),
        revisions::add_address(&unknown(), "2 Pine Street"),
        again,
    ]);
    let done = exchange(&headquarters, &unit, &all).await;
    assert_eq!((done.customers, done.failed), (3, 3));
    let mut found = statuses(&headquarters.database).await;
    for status in &mut found {
        let (start, end) = status.split_once(" FAILED ").unwrap();
        *status = format!("{start} {}", end.split_once(' ').unwrap().1);
    }
    let expected = ["1 CUSTOMER_NOT_FOUND", "2 CUSTOMER_NOT_FOUND", "3 CUSTOMER_EXISTS"];
    assert_eq!(found, expected);
    headquarters.close().await;
}

async fn what_comes_after_a_failure_is_parked_too(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    let mut bad = revisions::create("Berg");
    revisions::set_group(&mut bad, "31");
    let seen: CustomerRow = pending(&bad);
    let all = numbered([bad, revisions::rename(&seen, "Dahl")]);
    assert_eq!(exchange(&headquarters, &unit, &all[..1]).await.failed, 1);
    assert_eq!(exchange(&headquarters, &unit, &all).await.parked, 1);
    let expected = ["1 FAILED 1 CUSTOMER_GROUP_NOT_FOUND", "2 PARKED 2 EARLIER_REVISION_FAILED"];
    assert_eq!(statuses(&headquarters.database).await, expected);
    headquarters.close().await;
}
