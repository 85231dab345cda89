//! Whoever uploads is told of each revision that is committed: not before, and always.

use csu::{domain::revision::Counter, storage::StoreError};

use super::Unit;
use crate::harness::{Engine, faulty_store::Fault, wait, wrapped_store::Mode, writes};

crate::on_both_engines!(
    one_thread:
    it_grows_after_the_commit,
    what_appends_nothing_says_nothing,
    what_was_refused_is_not_told_of,
    a_commit_in_doubt_is_told_of_when_it_is_known,
    one_that_could_not_be_looked_up_is_told_of_with_the_next,
);

fn refused() -> StoreError {
    StoreError::Unavailable("a test says so".to_owned())
}

async fn it_grows_after_the_commit(engine: Engine) {
    let unit = Unit::new(engine).await;
    let mut captured = unit.writer.captured();
    assert_eq!(*captured.borrow(), Counter(0));
    let first = unit.held_up().await;
    let waiting = unit.queue((0..3).map(|number| writes::create(&number.to_string())));
    unit.faults.commit.set(Mode::Hold);
    unit.go_on();
    unit.faults.commit.reached(1).await;
    assert!(!captured.has_changed().unwrap(), "nothing is committed");
    unit.faults.commit.set(Mode::Pass);
    first.await.unwrap();
    unit.answers(waiting).await;
    let last = wait::bounded("the last", captured.wait_for(|last| *last == Counter(4))).await;
    drop(last.unwrap());
    assert_eq!(*unit.writer.clone().captured().borrow(), Counter(4));
    drop(captured);
    unit.close().await;
}

async fn what_appends_nothing_says_nothing(engine: Engine) {
    let unit = Unit::new(engine).await;
    let write = writes::create("Berg");
    unit.writer.write(write.clone()).await.unwrap();
    let captured = unit.writer.captured();
    unit.writer.write(write.clone()).await.unwrap();
    // Everything is as it asks already.
    unit.writer.write(writes::rename(write.customer_id, "Berg")).await.unwrap();
    unit.writer.mark_uploaded(Counter(1), None).await.unwrap();
    assert!(!captured.has_changed().unwrap());
    assert_eq!(*captured.borrow(), Counter(1));
    drop(captured);
    unit.close().await;
}

async fn what_was_refused_is_not_told_of(engine: Engine) {
    let unit = Unit::new(engine).await;
    let captured = unit.writer.captured();
    unit.faults.next(Fault::Fail(refused));
    unit.writer.write(writes::create("Berg")).await.unwrap_err();
    unit.faults.next(Fault::NoAnswerNotPerformed);
    unit.writer.write(writes::create("Roth")).await.unwrap_err();
    assert_eq!(*captured.borrow(), Counter(0));
    unit.writer.write(writes::create("Rossi")).await.unwrap();
    assert_eq!(*captured.borrow(), Counter(1));
    drop(captured);
    unit.close().await;
}

async fn a_commit_in_doubt_is_told_of_when_it_is_known(engine: Engine) {
    let unit = Unit::new(engine).await;
    let captured = unit.writer.captured();
    unit.customer("First").await;
    unit.faults.next(Fault::NoAnswerPerformed);
    unit.writer.write(writes::create("Berg")).await.unwrap();
    assert_eq!(*captured.borrow(), Counter(2));
    drop(captured);
    unit.close().await;
}

/// Its caller repeats it, which appends nothing.
async fn one_that_could_not_be_looked_up_is_told_of_with_the_next(engine: Engine) {
    let unit = Unit::new(engine).await;
    let captured = unit.writer.captured();
    let write = writes::create("Berg");
    let commits = unit.faults.commit.count();
    unit.faults.commit.set(Mode::Hold);
    unit.faults.next(Fault::NoAnswerPerformed);
    let mut waiting = unit.queue([write.clone()]);
    unit.faults.commit.reached(commits + 1).await;
    unit.store.begin.set(Mode::Fail);
    unit.faults.commit.set(Mode::Pass);
    // Nothing here waits for anything but time.
    tokio::time::pause();
    waiting.remove(0).await.unwrap_err();
    tokio::time::resume();
    assert_eq!(*captured.borrow(), Counter(0), "nobody knows");
    unit.store.begin.set(Mode::Pass);
    unit.writer.write(write).await.unwrap();
    assert_eq!(*captured.borrow(), Counter(1));
    drop(captured);
    unit.close().await;
}
