//! Values that two databases have written without knowing each other.

use std::time::Duration;

use csu::proto::exchange::Origin;

use crate::{
    harness::{
        Engine, Headquarters, revisions,
        uploads::{captured, exchange, outcomes},
    },
    headquarters::add_database,
};

crate::on_both_engines!(
    the_later_of_two_values_stays,
    what_comes_late_may_be_the_later_one,
    a_clock_that_is_ahead_does_not_win_for_ever,
);

async fn two_databases(engine: Engine) -> (Headquarters, Origin, Origin) {
    let headquarters = Headquarters::new(engine).await;
    let first = headquarters.registered("store-1").await;
    add_database(&headquarters, "store-2").await;
    let second = headquarters.registered("store-2").await;
    (headquarters, first, second)
}

async fn last_name(headquarters: &Headquarters) -> String {
    let store = &headquarters.serving().headquarters.store;
    let record = store.changes(0, i64::MAX, 1).await.unwrap().remove(0);
    let field = csu::domain::field::CustomerField::LastName;
    record.base.customer.fields.get(field).to_owned()
}

async fn the_later_of_two_values_stays(engine: Engine) {
    let (headquarters, first, second) = two_databases(engine).await;
    let seen = headquarters.created(&first, "Berg").await;
    headquarters.clock.advance(Duration::from_mins(1));
    let later = captured(1, 20, revisions::rename(&seen, "Dahl"));
    let earlier = captured(1, 10, revisions::rename(&seen, "Falk"));
    exchange(&headquarters, &first, &[later]).await;
    let done = exchange(&headquarters, &second, &[earlier]).await;
    assert_eq!(done.synchronized, 1, "it is in force where it was not overtaken");
    assert_eq!(last_name(&headquarters).await, "Dahl");
    let lost = "SELECT superseded FROM revision WHERE superseded IS NOT NULL";
    let both = r#"[{"field":"last_name","lost":"Falk","kept":"Dahl"}]"#;
    assert_eq!(headquarters.database.texts(lost).await, [both]);
    let outcome = outcomes(&headquarters, &second).await.pop().unwrap();
    assert!(outcome.superseded);
    assert_eq!(
        (outcome.version, outcome.contained_in),
        (3, Some(2)),
        "the customer stays as it was"
    );
    headquarters.close().await;
}

async fn what_comes_late_may_be_the_later_one(engine: Engine) {
    let (headquarters, first, second) = two_databases(engine).await;
    let seen = headquarters.created(&first, "Berg").await;
    headquarters.clock.advance(Duration::from_mins(1));
    let earlier = captured(1, 10, revisions::rename(&seen, "Dahl"));
    let later = captured(1, 20, revisions::rename(&seen, "Falk"));
    exchange(&headquarters, &first, &[earlier]).await;
    exchange(&headquarters, &second, &[later]).await;
    assert_eq!(last_name(&headquarters).await, "Falk");
    assert!(!outcomes(&headquarters, &second).await.pop().unwrap().superseded);
    headquarters.close().await;
}

/// No write is later than headquarters has received it.
async fn a_clock_that_is_ahead_does_not_win_for_ever(engine: Engine) {
    let (headquarters, first, second) = two_databases(engine).await;
    let seen = headquarters.created(&first, "Berg").await;
    headquarters.clock.advance(Duration::from_mins(1));
    let ahead = captured(1, 1_000_000, revisions::rename(&seen, "Dahl"));
    exchange(&headquarters, &first, &[ahead]).await;
    headquarters.clock.advance(Duration::from_mins(1));
    let right = captured(1, 100, revisions::rename(&seen, "Falk"));
    exchange(&headquarters, &second, &[right]).await;
    assert_eq!(last_name(&headquarters).await, "Falk");
    headquarters.close().await;
}
