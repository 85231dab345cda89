//! Places in the queue that are taken before there is a write, and writes that somebody waits for only so long.

use std::time::Duration;

use csu::{
    channel::writer::Slot,
    domain::{
        error::{Error, Result, Unavailable},
        write::{Answer, Write},
    },
    runtime::{
        clock::Deadline,
        task::{Task, Tasks},
    },
    storage::StoreError,
};
use futures::{FutureExt as _, future::BoxFuture};

use super::{Answering, Unit, last_name};
use crate::harness::{Engine, faulty_store::Fault, wait, wrapped_store::Mode, writes};

crate::on_both_engines!(
    a_slot_is_a_place_in_the_queue,
    a_slot_that_nobody_uses_frees_its_place,
    a_slot_outlasts_a_stop,
    a_slot_that_nobody_uses_lets_the_unit_stop,
    a_slot_of_a_writer_that_has_ended_is_answered,
    a_write_that_nobody_waits_for_is_not_performed,
    a_write_that_is_held_back_may_miss_its_deadline,
    a_write_that_missed_its_deadline_holds_up_no_other,
);

const LONG: Duration = Duration::from_hours(1);

/// Sends a write through a slot; its answer is for later.
fn queued(slot: Slot, write: Write, deadline: Option<Deadline>) -> Answering {
    let mut answering: BoxFuture<'static, Result<Answer>> = match deadline {
        Some(deadline) => slot.write_before(write, deadline).boxed(),
        None => slot.write(write).boxed(),
    };
    assert!((&mut answering).now_or_never().is_none(), "it waits for its commit");
    answering
}

/// A deadline that has passed.
fn passed() -> Deadline {
    Deadline::after(Duration::ZERO)
}

async fn ended(tasks: &Tasks) {
    assert!(tasks.drain(Duration::from_secs(30)).await, "the writer ends by itself");
}

async fn a_slot_is_a_place_in_the_queue(engine: Engine) {
    let unit = Unit::with_queue(engine, 2).await;
    let slot = unit.writer.reserve().unwrap();
    let first = unit.held_up().await;
    let other = unit.queue([writes::create("Other")]);
    assert_eq!(unit.writer.reserve().err(), Some(Error::Overloaded));
    let refused = unit.writer.write(writes::create("Refused")).now_or_never();
    assert_eq!(refused, Some(Err(Error::Overloaded)), "without waiting");

    let write = writes::create("Berg");
    assert!(!unit.writer.is_running(write.request_id), "there is no write yet");
    let waiting = queued(slot, write.clone(), None);
    assert!(unit.writer.is_running(write.request_id));
    unit.go_on();
    first.await.unwrap();
    let answer = wait::bounded("the answer", waiting).await.unwrap();
    assert_eq!(unit.read(write.customer_id).await, Some(answer.known));
    assert!(unit.answers(other).await[0].is_ok());
    unit.close().await;
}

async fn a_slot_that_nobody_uses_frees_its_place(engine: Engine) {
    let unit = Unit::with_queue(engine, 1).await;
    let slot = unit.writer.reserve().unwrap();
    let write = writes::create("Berg");
    let refused = unit.writer.write(write.clone()).now_or_never();
    assert_eq!(refused, Some(Err(Error::Overloaded)));
    drop(slot);
    unit.writer.write(write).await.unwrap();
    unit.close().await;
}

async fn a_slot_outlasts_a_stop(engine: Engine) {
    let unit = Unit::new(engine).await;
    let slots = [unit.writer.reserve().unwrap(), unit.writer.reserve().unwrap()];
    unit.tasks.shut_down();
    // The loop has heard of it: it takes nothing new.
    wait::until("nothing new is taken", async || unit.writer.reserve().is_err()).await;
    let refused = unit.writer.write(writes::create("Late")).now_or_never();
    assert_eq!(refused, Some(Err(Error::Unavailable(Unavailable::Stopping))));

    // One after the other, so that the loop stands empty before the second.
    for slot in slots {
        let write = writes::create("Berg");
        let answer = wait::bounded("the answer", slot.write(write.clone())).await.unwrap();
        assert_eq!(unit.read(write.customer_id).await, Some(answer.known));
    }
    ended(&unit.tasks).await;
    assert_eq!(unit.tasks.failure(), None);
    unit.close().await;
}

async fn a_slot_that_nobody_uses_lets_the_unit_stop(engine: Engine) {
    let unit = Unit::new(engine).await;
    let slot = unit.writer.reserve().unwrap();
    unit.tasks.shut_down();
    wait::until("nothing new is taken", async || unit.writer.reserve().is_err()).await;
    drop(slot);
    ended(&unit.tasks).await;
    unit.close().await;
}

/// The end of a loop that failed does not wait for slots, and whoever has one must not wait for the loop.
async fn a_slot_of_a_writer_that_has_ended_is_answered(engine: Engine) {
    let unit = Unit::new(engine).await;
    let slots = [unit.writer.reserve().unwrap(), unit.writer.reserve().unwrap()];
    unit.faults.next(Fault::Fail(|| StoreError::FlushFailed("code 1034".to_owned())));
    let first = unit.writer.write(writes::create("First")).await;
    assert_eq!(first, Err(Error::Unavailable(Unavailable::Store)));
    assert_eq!(wait::bounded("the writer's end", unit.tasks.failed()).await, Task::Writer);
    ended(&unit.tasks).await;
    for slot in slots {
        let write = writes::create("Berg");
        let answer = wait::bounded("the answer", slot.write(write.clone())).await;
        assert_eq!(answer, Err(Error::Unavailable(Unavailable::Stopping)));
        assert!(!unit.was_performed(&write).await);
    }
    unit.close().await;
}

async fn a_write_that_nobody_waits_for_is_not_performed(engine: Engine) {
    let unit = Unit::new(engine).await;
    let (late, timely) = (writes::create("Late"), writes::create("Timely"));
    let first = unit.held_up().await;
    let slot = || unit.writer.reserve().unwrap();
    let is_late = queued(slot(), late.clone(), Some(passed()));
    let is_timely = queued(slot(), timely.clone(), Some(Deadline::after(LONG)));
    assert!(unit.writer.is_running(late.request_id));
    unit.go_on();
    first.await.unwrap();
    let answer = wait::bounded("the answer", is_late).await;
    assert_eq!(answer, Err(Error::DeadlineExceeded));
    let answer = wait::bounded("the answer", is_timely).await.unwrap();
    assert_eq!(unit.read(timely.customer_id).await, Some(answer.known));
    assert!(!unit.was_performed(&late).await);
    assert_eq!(unit.read(late.customer_id).await, None);
    wait::until("it runs no more", async || !unit.writer.is_running(late.request_id)).await;

    // When all of a batch are too late, there is no transaction at all, and the loop goes on.
    let begun = unit.store.begin.count();
    let answer = slot().write_before(late.clone(), passed()).await;
    assert_eq!(answer, Err(Error::DeadlineExceeded));
    assert_eq!(unit.store.begin.count(), begun);
    // The same request in time is performed.
    slot().write_before(late.clone(), Deadline::after(LONG)).await.unwrap();
    assert!(unit.was_performed(&late).await);
    unit.close().await;
}

async fn a_write_that_is_held_back_may_miss_its_deadline(engine: Engine) {
    let unit = Unit::new(engine).await;
    let anna = unit.customer("Anna").await;
    let first = unit.held_up().await;
    let soon = Deadline::after(Duration::from_millis(300));
    let one = unit.queue([writes::rename(anna, "One")]).remove(0);
    let late = writes::rename(anna, "Two");
    let two = queued(unit.writer.reserve().unwrap(), late.clone(), Some(soon));
    // The batch of the first of them is gathered, and stands before its transaction, when the time is over.
    let begun = unit.store.begin.count();
    unit.faults.commit.set(Mode::Hold);
    unit.go_on();
    unit.faults.commit.reached(unit.faults.commit.count() + 1).await;
    unit.store.begin.set(Mode::Hold);
    unit.faults.commit.set(Mode::Pass);
    first.await.unwrap();
    unit.store.begin.reached(begun + 1).await;
    wait::until("the time is over", async || soon.has_passed()).await;
    unit.go_on();
    assert_eq!(last_name(&one.await.unwrap()), "One");
    assert_eq!(wait::bounded("the answer", two).await, Err(Error::DeadlineExceeded));
    assert!(!unit.was_performed(&late).await);
    unit.close().await;
}

/// Others of its customer go in the next batch, as if it had not been there.
async fn a_write_that_missed_its_deadline_holds_up_no_other(engine: Engine) {
    let unit = Unit::new(engine).await;
    let anna = unit.customer("Anna").await;
    let first = unit.held_up().await;
    let slot = unit.writer.reserve().unwrap();
    let late = queued(slot, writes::rename(anna, "Late"), Some(passed()));
    let timely = unit.queue([writes::rename(anna, "Timely"), writes::create("Other")]);
    let committed = unit.faults.committed().len();
    unit.go_on();
    first.await.unwrap();
    assert_eq!(wait::bounded("the answer", late).await, Err(Error::DeadlineExceeded));
    let answers = unit.answers(timely).await;
    assert_eq!(last_name(answers[0].as_ref().unwrap()), "Timely");
    let sizes: Vec<_> =
        unit.faults.committed()[committed..].iter().map(|batch| batch.requests.len()).collect();
    assert_eq!(sizes, [1, 2], "with the other customer's");
    unit.close().await;
}
