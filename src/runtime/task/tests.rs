use std::{
    collections::HashSet,
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use super::*;

const LONG: Duration = Duration::from_mins(1);

#[expect(clippy::unused_async, reason = "stands in for a task")]
async fn panics() {
    panic!("on purpose");
}

#[test]
fn names_are_unique() {
    let names: HashSet<_> = Task::ALL.iter().map(|task| task.name()).collect();
    assert_eq!(names.len(), Task::ALL.len());
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_task_that_the_unit_needs_stops_it_and_is_named() {
    let tasks = Tasks::new();
    tasks.spawn(Task::Writer, async {});
    assert_eq!(tasks.failed().await, Task::Writer);
    assert!(tasks.shutdown_token().is_cancelled());

    let tasks = Tasks::new();
    tasks.spawn(Task::GrpcServer, async { anyhow::Ok(()) });
    assert_eq!(tasks.failed().await, Task::GrpcServer);

    let tasks = Tasks::new();
    tasks.spawn(Task::Checkpoint, panics());
    assert_eq!(tasks.failed().await, Task::Checkpoint);
    tasks.spawn(Task::Writer, async { anyhow::bail!("database gone") });
    assert!(tasks.drain(LONG).await);
    assert_eq!(tasks.failure(), Some(Task::Checkpoint), "the first one is the cause");
}

#[tokio::test(start_paused = true)]
async fn other_tasks_end_without_stopping_the_unit() {
    let tasks = Tasks::new();
    tasks.spawn(Task::RequestRecordPruning, async {});
    tasks.spawn(Task::MetricsUpkeep, panics());
    tasks.spawn(Task::SignalListener, async { anyhow::bail!("no signals here") });
    tasks.spawn(Task::Operation, async {});
    assert!(tokio::time::timeout(LONG, tasks.failed()).await.is_err());
    assert!(!tasks.shutdown_token().is_cancelled());
    assert_eq!(tasks.failure(), None);
}

#[tokio::test(start_paused = true)]
async fn draining_waits_for_tasks_and_their_end_is_no_failure_then() {
    let tasks = Tasks::new();
    let token = tasks.shutdown_token();
    tasks.spawn(Task::Writer, async move {
        token.cancelled().await;
        tokio::time::sleep(Duration::from_secs(2)).await;
    });
    assert!(tasks.drain(LONG).await);
    assert_eq!(tasks.failure(), None);
}

#[tokio::test(start_paused = true)]
async fn draining_is_bounded_and_drops_who_is_left() {
    struct OnDrop(Arc<AtomicBool>);
    impl Drop for OnDrop {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
    let dropped = Arc::new(AtomicBool::new(false));
    let held = OnDrop(Arc::clone(&dropped));
    let tasks = Tasks::new();
    tasks.spawn(Task::Writer, async move {
        let _held = held;
        pending::<()>().await;
    });
    assert!(!tasks.drain(Duration::from_secs(5)).await);
    assert!(dropped.load(Ordering::SeqCst));
    assert_eq!(tasks.failure(), None, "being aborted is no failure");
}

#[tokio::test(start_paused = true)]
async fn an_operation_comes_to_its_end_without_its_caller() {
    let tasks = Tasks::new();
    let done = Arc::new(AtomicBool::new(false));
    let work = Arc::clone(&done);
    drop(tasks.run_to_end(Task::Operation, async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        work.store(true, Ordering::SeqCst);
    }));
    assert!(tasks.drain(LONG).await);
    assert!(done.load(Ordering::SeqCst));
}

#[tokio::test(start_paused = true)]
async fn an_operation_answers_its_caller() {
    let tasks = Tasks::new();
    assert_eq!(tasks.run_to_end(Task::Operation, async { 42 }).await, Some(42));
    assert_eq!(tasks.run_to_end(Task::Operation, panics()).await, None);
    assert_eq!(tasks.failure(), None);
    let stuck = tasks.run_to_end(Task::Operation, pending::<()>());
    tasks.abort().await;
    assert_eq!(stuck.await, None);
}
