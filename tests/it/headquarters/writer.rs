//! Headquarters' writer over a store that is watched, and whose commits get no answer or lose a race.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    time::Duration,
};

use csu::{
    domain::{
        error::{Error, Unavailable},
        origin::Origin,
        submission::Submission,
        write::Method,
    },
    headquarters::{
        store::SharedStore,
        writer::{self, Writer},
    },
    proto::exchange::Revision,
    runtime::{
        clock::{Deadline, TestClock},
        task::{Task, Tasks},
    },
    wire,
};
use futures::{FutureExt as _, future::join_all};
use uuid::Uuid;

use super::faulty_store::{Fault, FaultyStore};
use crate::harness::{Database, Engine, START, revisions};

crate::on_both_engines!(
    a_commit_that_was_performed_is_answered,
    a_commit_that_was_not_performed_is_not,
    a_lost_race_is_run_again,
    what_waits_together_is_one_transaction,
);

/// A writer over such a store.
struct Office {
    database: Database,
    store: SharedStore,
    writer: Writer,
    tasks: Tasks,
    /// Transactions so far.
    begun: Arc<AtomicUsize>,
}

impl Office {
    async fn new(engine: Engine, next: Option<Fault>) -> Self {
        let database = Database::new_headquarters(engine).await;
        let inner = database.open_headquarters(START).await;
        let (next, begun) = (Arc::new(Mutex::new(next)), Arc::new(AtomicUsize::new(0)));
        let faulty = FaultyStore { inner, next, begun: Arc::clone(&begun) };
        let store: SharedStore = Arc::new(faulty);
        let clock = Arc::new(TestClock::new(START));
        let (writer, writer_loop) = writer::new(Arc::clone(&store), clock, 64);
        let tasks = Tasks::new();
        tasks.spawn(Task::Writer, writer_loop.run(tasks.shutdown_token()));
        Self { database, store, writer, tasks, begun }
    }

    async fn perform(&self, submission: &Submission) -> Result<(String, i64), Error> {
        let deadline = Deadline::after(Duration::from_secs(30));
        let base = self.writer.perform(submission.clone(), deadline).await?;
        Ok((base.customer.account_number.expect("a number"), base.version))
    }

    async fn close(self) {
        assert!(self.tasks.drain(Duration::from_secs(30)).await);
        self.store.close().await;
        self.database.remove().await;
    }
}

fn submission() -> Submission {
    submission_of(revisions::create("Berg"))
}

fn submission_of(revision: Revision) -> Submission {
    let origin = Origin { database_id: Uuid::from_u128(1), incarnation: 1 };
    wire::submission(Method::CreateCustomer, origin, Some(revision)).expect("it is sound")
}

async fn a_commit_that_was_performed_is_answered(engine: Engine) {
    let office = Office::new(engine, Some(Fault::Performed)).await;
    let create = submission();
    assert_eq!(office.perform(&create).await, Ok(("C-0000001".to_owned(), 1)));
    assert_eq!(office.perform(&create).await, Ok(("C-0000001".to_owned(), 1)));
    office.close().await;
}

async fn a_commit_that_was_not_performed_is_not(engine: Engine) {
    let office = Office::new(engine, Some(Fault::Lost)).await;
    let create = submission();
    let unanswered = Err(Error::Unavailable(Unavailable::Store));
    assert_eq!(office.perform(&create).await, unanswered);
    assert_eq!(office.store.performed(create.draft.request_id).await.unwrap(), None);
    assert_eq!(office.perform(&create).await, Ok(("C-0000001".to_owned(), 1)));
    office.close().await;
}

async fn a_lost_race_is_run_again(engine: Engine) {
    let office = Office::new(engine, Some(Fault::Raced)).await;
    assert_eq!(office.perform(&submission()).await, Ok(("C-0000001".to_owned(), 1)));
    assert_eq!(office.perform(&submission()).await, Ok(("C-0000002".to_owned(), 2)));
    office.close().await;
}

async fn what_waits_together_is_one_transaction(engine: Engine) {
    let office = Office::new(engine, None).await;
    let (held, holds) = tokio::sync::oneshot::channel();
    let (release, released) = mpsc::channel::<()>();
    let busy = office.writer.change_setup(move |_| {
        held.send(()).expect("the test waits");
        tokio::task::block_in_place(|| released.recv()).expect("the test goes on");
        Ok(())
    });
    let mut creates: Vec<_> = (0..30).map(|_| submission()).collect();
    let mut unknown = revisions::create("Dahl");
    revisions::set_group(&mut unknown, "31");
    creates.insert(10, submission_of(unknown));
    let story = async {
        holds.await.expect("the writer is held");
        let mut calls: Vec<_> = creates.iter().map(|it| Box::pin(office.perform(it))).collect();
        for call in &mut calls {
            // The first poll puts it into the queue.
            assert!(call.now_or_never().is_none(), "it waits for its commit");
        }
        release.send(()).expect("the writer waits");
        join_all(calls).await
    };
    let (changed, mut answers) = tokio::join!(busy, story);
    changed.expect("nothing to change");
    // Who is refused takes neither number nor version, and holds up nobody.
    let refused = Err(Error::CustomerGroupNotFound { code: "31".to_owned() });
    assert_eq!(answers.remove(10), refused);
    let expected: Vec<_> = (1..=30).map(|count| Ok((format!("C-{count:07}"), count))).collect();
    assert_eq!(answers, expected);
    assert_eq!(office.begun.load(Ordering::SeqCst), 2, "the setup's, and one for all the others");
    office.close().await;
}
