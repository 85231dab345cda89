//! A unit that stops answers everyone who waits.

use csu::{
    channel::store::Applied,
    domain::{
        configuration::{ConfigurationRows, GlobalConfigurationRows},
        error::{Error, Unavailable},
    },
};
use futures::FutureExt as _;

use super::Unit;
use crate::harness::{Engine, START, wait, writes};

crate::on_both_engines!(
    what_is_queued_is_written_and_nothing_new_is_taken,
    writes_and_maintenance_take_turns,
);

async fn what_is_queued_is_written_and_nothing_new_is_taken(engine: Engine) {
    let unit = Unit::new(engine).await;
    let anna = unit.customer("Anna").await;
    let first = unit.held_up().await;
    let mut waiting = unit.queue((0..5).map(|number| writes::create(&number.to_string())));
    // More than one batch of them, as they are of one customer.
    waiting.extend(unit.queue((0..5).map(|number| writes::rename(anna, &number.to_string()))));
    unit.tasks.shut_down();
    unit.go_on();
    first.await.unwrap();
    assert!(unit.answers(waiting).await.iter().all(Result::is_ok));
    let late = writes::create("Late");
    let refused = unit.writer.write(late.clone()).now_or_never();
    assert_eq!(refused, Some(Err(Error::Unavailable(Unavailable::Stopping))));
    assert!(!unit.was_performed(&late).await);
    assert_eq!(unit.tasks.failure(), None);
    unit.close().await;
}

async fn writes_and_maintenance_take_turns(engine: Engine) {
    let unit = Unit::new(engine).await;
    let first = unit.held_up().await;
    let one = unit.queue([writes::create("One")]);
    let package = ConfigurationRows::Global(GlobalConfigurationRows::default());
    let applied = Applied { version: 1, at: START };
    let mut applying = Box::pin(unit.writer.apply_configuration(package, applied, None));
    assert!((&mut applying).now_or_never().is_none());
    let later = START.plus(std::time::Duration::from_secs(1));
    let mut pruning = Box::pin(unit.writer.prune_request_records(later, 10));
    assert!((&mut pruning).now_or_never().is_none());
    let two = unit.queue([writes::create("Two")]);
    unit.go_on();
    first.await.unwrap();
    assert!(wait::bounded("the package", applying).await.unwrap());
    assert!(wait::bounded("the records", pruning).await.unwrap() > 0);
    assert!(unit.answers(one).await[0].is_ok());
    assert!(unit.answers(two).await[0].is_ok());
    unit.close().await;
}
