//! Commits without an answer: they are looked up before anyone is told anything.

use std::time::Duration;

use csu::domain::error::{Error, Unavailable};

use super::Unit;
use crate::harness::{Engine, faulty_store::Fault, wrapped_store::Mode, writes};

crate::on_both_engines!(
    one_thread:
    one_that_happened_is_answered_and_not_repeated,
    one_that_did_not_happen_is_said_and_its_repetition_performs_it,
    a_batch_in_doubt_is_answered_write_by_write,
    one_that_hangs_is_given_up_and_looked_up,
    one_that_can_t_be_looked_up_is_said,
    a_retried_conflict_may_end_in_doubt,
);

const NO_ANSWER: Error = Error::Unavailable(Unavailable::Store);

async fn one_that_happened_is_answered_and_not_repeated(engine: Engine) {
    let unit = Unit::new(engine).await;
    let write = writes::create("Berg");
    unit.faults.next(Fault::NoAnswerPerformed);
    let answer = unit.writer.write(write.clone()).await.unwrap();
    assert_eq!(unit.read(write.customer_id).await, Some(answer.known.clone()));
    assert_eq!(unit.writer.write(write).await, Ok(answer));
    assert_eq!(unit.database.number("SELECT count(*) FROM revision").await, 1);
    unit.close().await;
}

async fn one_that_did_not_happen_is_said_and_its_repetition_performs_it(engine: Engine) {
    let unit = Unit::new(engine).await;
    let write = writes::create("Berg");
    unit.faults.next(Fault::NoAnswerNotPerformed);
    assert_eq!(unit.writer.write(write.clone()).await, Err(NO_ANSWER));
    assert_eq!(unit.read(write.customer_id).await, None);
    let answer = unit.writer.write(write.clone()).await.unwrap();
    assert_eq!(unit.writer.write(write).await, Ok(answer));
    assert_eq!(unit.database.number("SELECT count(*) FROM revision").await, 1);
    unit.close().await;
}

async fn a_batch_in_doubt_is_answered_write_by_write(engine: Engine) {
    for (fault, happened) in
        [(Fault::NoAnswerPerformed, true), (Fault::NoAnswerNotPerformed, false)]
    {
        let unit = Unit::new(engine).await;
        let known = writes::create("Known");
        let known_answer = unit.writer.write(known.clone()).await.unwrap();
        let taken = writes::create("Taken");
        unit.writer.write(taken.clone()).await.unwrap();
        let first = unit.held_up().await;

        let mut batch: Vec<_> = (0..10).map(|number| writes::create(&number.to_string())).collect();
        // One repeats what was performed before, and one has the request id of another.
        batch.push(known);
        batch.push(writes::create("Reused"));
        batch[11].request_id = taken.request_id;
        let waiting = unit.queue(batch.clone());
        unit.faults.next(None);
        unit.faults.next(fault);
        unit.go_on();
        first.await.unwrap();
        let answers = unit.answers(waiting).await;
        for (write, answer) in batch.iter().zip(&answers).take(10) {
            assert_eq!(answer.is_ok(), happened, "{answer:?}");
            assert_eq!(unit.was_performed(write).await, happened);
        }
        assert_eq!(answers[10], Ok(known_answer), "what was so before stays so");
        assert!(answers[11].is_err(), "another's record is no answer");
        assert_eq!(unit.read(batch[11].customer_id).await, None);
        unit.close().await;
    }
}

async fn one_that_hangs_is_given_up_and_looked_up(engine: Engine) {
    let unit = Unit::new(engine).await;
    let write = writes::create("Berg");
    unit.faults.next(Fault::Hang);
    let commits = unit.faults.commit.count();
    let mut waiting = unit.queue([write.clone()]);
    unit.faults.commit.reached(commits + 1).await;
    // The last of the limits is the writer's own: 20 s.
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(21)).await;
    tokio::time::resume();
    assert_eq!(waiting.remove(0).await, Err(NO_ANSWER));
    assert_eq!(unit.read(write.customer_id).await, None);
    unit.writer.write(write).await.unwrap();
    assert_eq!(unit.database.number("SELECT count(*) FROM revision").await, 1);
    unit.close().await;
}

async fn one_that_can_t_be_looked_up_is_said(engine: Engine) {
    let unit = Unit::new(engine).await;
    let write = writes::create("Berg");
    let commits = unit.faults.commit.count();
    unit.faults.commit.set(Mode::Hold);
    unit.faults.next(Fault::NoAnswerNotPerformed);
    let mut waiting = unit.queue([write.clone()]);
    unit.faults.commit.reached(commits + 1).await;
    unit.store.begin.set(Mode::Fail);
    let begun = unit.store.begin.count();
    unit.faults.commit.set(Mode::Pass);
    // Nothing here waits for anything but time.
    tokio::time::pause();
    assert_eq!(waiting.remove(0).await, Err(NO_ANSWER));
    tokio::time::resume();
    assert_eq!(unit.store.begin.count() - begun, 8, "it was tried a few times");
    unit.store.begin.set(Mode::Pass);
    unit.writer.write(write).await.unwrap();
    assert_eq!(unit.database.number("SELECT count(*) FROM revision").await, 1);
    unit.close().await;
}

async fn a_retried_conflict_may_end_in_doubt(engine: Engine) {
    for (fault, happened) in
        [(Fault::NoAnswerPerformed, true), (Fault::NoAnswerNotPerformed, false)]
    {
        let unit = Unit::new(engine).await;
        let write = writes::create("Berg");
        unit.faults.next(Fault::Fail(|| csu::storage::StoreError::Conflict));
        unit.faults.next(fault);
        assert_eq!(unit.writer.write(write.clone()).await.is_ok(), happened);
        assert_eq!(unit.was_performed(&write).await, happened);
        unit.writer.write(write).await.unwrap();
        assert_eq!(unit.database.number("SELECT count(*) FROM revision").await, 1);
        unit.close().await;
    }
}
