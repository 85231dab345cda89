//! Races with another replica, and writes that the database does not take: each for itself.

use csu::{
    domain::error::{Error, Unavailable},
    storage::StoreError,
};

use super::Unit;
use crate::harness::{Engine, faulty_store::Fault, wrapped_store::Mode, writes};

crate::on_both_engines!(
    one_bad_write_fails_alone_among_twenty,
    a_conflict_is_tried_again,
    a_batch_that_conflicts_is_tried_again_in_parts,
    a_conflict_that_does_not_end_is_said,
    a_database_that_does_not_answer_is_said_and_nothing_is_written,
);

async fn one_bad_write_fails_alone_among_twenty(engine: Engine) {
    for error in [
        || StoreError::Refused("code 22P05".to_owned()),
        || StoreError::inconsistent("customer", "view", 5, "column 3"),
    ] {
        let unit = Unit::new(engine).await;
        let created: Vec<_> = (0..20).map(|number| writes::create(&number.to_string())).collect();
        let bad = &created[7];
        unit.faults.refuse(bad.customer_id, error);
        let first = unit.held_up().await;
        let waiting = unit.queue(created.clone());
        unit.go_on();
        first.await.unwrap();
        for (write, answer) in created.iter().zip(unit.answers(waiting).await) {
            if write.request_id == bad.request_id {
                assert_eq!(answer, Err(Error::Internal));
                assert_eq!(unit.read(write.customer_id).await, None);
                assert!(!unit.was_performed(write).await);
            } else {
                let known = answer.unwrap().known;
                assert_eq!(unit.read(write.customer_id).await, Some(known));
            }
        }
        let commits = unit.faults.committed().len();
        assert!(commits <= 1 + 5, "halves, not one by one: {commits} commits");

        // Nothing of it stands in the way of its repetition.
        unit.faults.accept(bad.customer_id);
        unit.writer.write(bad.clone()).await.unwrap();
        unit.close().await;
    }
}

async fn a_conflict_is_tried_again(engine: Engine) {
    let unit = Unit::new(engine).await;
    for conflicts in 1..=3 {
        for _ in 0..conflicts {
            unit.faults.next(Fault::Fail(|| StoreError::Conflict));
        }
        unit.writer.write(writes::create("Berg")).await.unwrap();
    }
    assert_eq!(unit.database.number("SELECT count(*) FROM revision").await, 3);
    assert_eq!(unit.faults.committed().len(), 3);
    unit.close().await;
}

async fn a_batch_that_conflicts_is_tried_again_in_parts(engine: Engine) {
    let unit = Unit::new(engine).await;
    let first = unit.held_up().await;
    let waiting = unit.queue((0..20).map(|number| writes::create(&number.to_string())));
    // After the first write: the whole batch, its first half, and the first half of that.
    unit.faults.next(None);
    for _ in 0..3 {
        unit.faults.next(Fault::Fail(|| StoreError::Conflict));
    }
    unit.go_on();
    first.await.unwrap();
    assert!(unit.answers(waiting).await.iter().all(Result::is_ok));
    assert_eq!(unit.database.number("SELECT count(*) FROM revision").await, 21);
    unit.close().await;
}

async fn a_conflict_that_does_not_end_is_said(engine: Engine) {
    let unit = Unit::new(engine).await;
    let bad = writes::create("Bad");
    unit.faults.refuse(bad.customer_id, || StoreError::Conflict);
    let first = unit.held_up().await;
    let waiting = unit.queue([bad.clone(), writes::create("Good")]);
    unit.go_on();
    first.await.unwrap();
    let answers = unit.answers(waiting).await;
    assert_eq!(answers[0], Err(Error::StoreConflict));
    assert!(answers[1].is_ok());
    assert!(!unit.was_performed(&bad).await);
    unit.faults.accept(bad.customer_id);
    unit.writer.write(bad).await.unwrap();
    unit.close().await;
}

async fn a_database_that_does_not_answer_is_said_and_nothing_is_written(engine: Engine) {
    let unit = Unit::new(engine).await;
    let first = unit.held_up().await;
    let created: Vec<_> = (0..5).map(|number| writes::create(&number.to_string())).collect();
    let waiting = unit.queue(created.clone());
    unit.store.begin.set(Mode::Fail);
    assert_eq!(first.await, Err(Error::Unavailable(Unavailable::Store)));
    for answer in unit.answers(waiting).await {
        assert_eq!(answer, Err(Error::Unavailable(Unavailable::Store)));
    }
    unit.store.begin.set(Mode::Pass);
    for write in created {
        assert!(!unit.was_performed(&write).await);
        unit.writer.write(write).await.unwrap();
    }
    unit.close().await;
}
