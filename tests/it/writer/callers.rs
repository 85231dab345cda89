//! Callers: those who are too many, who go away, and who ask whether their write still runs.

use csu::domain::error::Error;
use futures::FutureExt as _;

use super::Unit;
use crate::harness::{Engine, wait, writes};

crate::on_both_engines!(
    a_full_queue_refuses_at_once,
    a_write_is_performed_though_its_caller_has_gone,
    a_write_runs_until_it_is_answered,
    a_repetition_that_runs_beside_the_first_gets_its_answer,
);

async fn a_full_queue_refuses_at_once(engine: Engine) {
    let unit = Unit::with_queue(engine, 3).await;
    let first = unit.held_up().await;
    let waiting = unit.queue((0..3).map(|number| writes::create(&number.to_string())));
    let refused = [writes::create("Fourth"), writes::create("Fifth")];
    for write in &refused {
        let answer = unit.writer.write(write.clone()).now_or_never();
        assert_eq!(answer, Some(Err(Error::Overloaded)), "without waiting");
        assert!(!unit.writer.is_running(write.request_id));
    }
    unit.go_on();
    first.await.unwrap();
    assert!(unit.answers(waiting).await.iter().all(Result::is_ok));
    for write in &refused {
        assert!(!unit.was_performed(write).await);
        assert_eq!(unit.read(write.customer_id).await, None);
        // There is room again, and the same request goes through.
        unit.writer.write(write.clone()).await.unwrap();
    }
    unit.close().await;
}

async fn a_write_is_performed_though_its_caller_has_gone(engine: Engine) {
    let unit = Unit::new(engine).await;
    let first = unit.held_up().await;
    let gone = writes::create("Gone");
    drop(unit.queue([gone.clone()]));
    unit.go_on();
    first.await.unwrap();
    wait::until("the write is performed", async || unit.was_performed(&gone).await).await;
    let answer = unit.writer.write(gone.clone()).await.unwrap();
    assert_eq!(unit.read(gone.customer_id).await, Some(answer.known));
    assert_eq!(unit.database.number("SELECT count(*) FROM revision").await, 2);
    unit.close().await;
}

async fn a_write_runs_until_it_is_answered(engine: Engine) {
    let unit = Unit::new(engine).await;
    let first = unit.held_up().await;
    let write = writes::create("Berg");
    assert!(!unit.writer.is_running(write.request_id));
    let mut waiting = unit.queue([write.clone(), write.clone()]);
    assert!(unit.writer.is_running(write.request_id));
    // Even if one of those who ask for it has gone.
    drop(waiting.pop());
    assert!(unit.writer.is_running(write.request_id));
    unit.go_on();
    first.await.unwrap();
    unit.answers(waiting).await.remove(0).unwrap();
    wait::until("nothing runs", async || !unit.writer.is_running(write.request_id)).await;
    assert!(unit.was_performed(&write).await);
    unit.close().await;
}

async fn a_repetition_that_runs_beside_the_first_gets_its_answer(engine: Engine) {
    let unit = Unit::new(engine).await;
    let write = writes::create("Berg");
    let first = unit.held_up().await;
    let waiting = unit.queue(std::iter::repeat_n(write.clone(), 10));
    unit.go_on();
    first.await.unwrap();
    let answers = unit.answers(waiting).await;
    assert!(answers[0].is_ok());
    assert!(answers.iter().all(|answer| answer == &answers[0]));
    assert_eq!(unit.database.number("SELECT count(*) FROM revision").await, 2);
    unit.close().await;
}
