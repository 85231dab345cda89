//! What 1010 brings is taken over chunk by chunk: in whatever order, however often, and with local edits in between.

use std::{sync::Arc, time::Duration};

use csu::{
    channel::{
        store::{Applied, DownloadJob, SharedStore},
        writer::{self, CustomersChunk, DEFAULT_QUEUE, Writer},
    },
    domain::{
        base::Base,
        field::{CustomerField, Patch},
        id::CustomerId,
        known::KnownCustomer,
        outcome::{Outcome, OutcomeStatus},
        revision::Counter,
        routing::Standing,
        sync::{Entity, SyncState},
        write::{Command, Write},
    },
    runtime::{
        clock::TestClock,
        task::{Task, Tasks},
    },
    storage::StoreError,
};

use crate::harness::{Database, Engine, START, invariants, writes};

crate::on_both_engines!(
    a_pending_customer_gets_its_number,
    neither_order_of_arrival_hides_an_edit,
    an_older_base_never_comes_back,
    a_failure_is_shown_until_it_is_mended,
    an_outcome_of_nobody_is_refused_whole,
    what_is_uploaded_is_marked_once,
);

struct Channel {
    database: Database,
    store: SharedStore,
    writer: Writer,
    tasks: Tasks,
}

impl Channel {
    async fn new(engine: Engine) -> Self {
        let database = Database::new(engine).await;
        let store = database.open(START).await;
        let clock = Arc::new(TestClock::new(START));
        let (writer, writer_loop) = writer::new(Arc::clone(&store), clock, DEFAULT_QUEUE);
        let tasks = Tasks::new();
        tasks.spawn(Task::Writer, writer_loop.run(tasks.shutdown_token()));
        Self { database, store, writer, tasks }
    }

    async fn customer(&self, id: CustomerId) -> KnownCustomer {
        self.store.customers(&[id]).await.unwrap().pop().expect("the customer")
    }

    async fn apply(&self, bases: Vec<Base>, outcomes: Vec<Outcome>) -> usize {
        let chunk = CustomersChunk { bases, outcomes, applied: None };
        self.writer.apply_customers(chunk).await.expect("applied")
    }

    async fn close(self) {
        drop(self.writer);
        assert!(self.tasks.drain(Duration::from_secs(30)).await, "the writer ends");
        self.store.close().await;
        invariants::check(&self.database).await;
        self.database.remove().await;
    }
}

/// What headquarters has made of a customer as the channel shows it.
fn base(known: &KnownCustomer, version: i64) -> Base {
    let mut customer = known.customer.clone();
    customer.account_number = Some("C-0000001".to_owned());
    Base { customer, version }
}

fn done(counter: i64, version: i64) -> Outcome {
    let status = OutcomeStatus::Synchronized;
    Outcome { counter: Counter(counter), status, version, error_reason: None }
}

fn rename(id: CustomerId, first_name: &str) -> Write {
    let patch: Patch<_> = [(CustomerField::FirstName, first_name.to_owned())].into_iter().collect();
    writes::write(writes::request_id(), id, Command::UpdateCustomer { patch, etag: None })
}

fn first_name(known: &KnownCustomer) -> &str {
    known.customer.fields.get(CustomerField::FirstName)
}

async fn a_pending_customer_gets_its_number(engine: Engine) {
    let channel = Channel::new(engine).await;
    let pending = channel.writer.write(writes::create("Berg")).await.unwrap().known;
    let id = pending.customer.id;
    assert_eq!(pending.standing(), Standing::Pending);
    for round in 0..2 {
        let changed = channel.apply(vec![base(&pending, 5)], vec![done(1, 5)]).await;
        assert_eq!(changed, usize::from(round == 0), "repeating is harmless");
        let known = channel.customer(id).await;
        assert_eq!(known.standing(), Standing::Synced);
        assert_eq!((known.version, known.waiting.len()), (Some(5), 0));
        assert_eq!(known.synced_addresses.len(), known.customer.addresses.len());
    }
    for table in ["retailasynccustomerv2", "retailasyncaddressv2", "retailasynccustomercontact"] {
        let open = format!("SELECT count(*) FROM {table} WHERE onlineoperationcompleted = 0");
        assert_eq!(channel.database.number(&open).await, 0, "{table}");
    }
    let views = "SELECT count(*) FROM customer WHERE view IS NOT NULL";
    assert_eq!(channel.database.number(views).await, 0, "the base is all there is to it");
    assert_eq!(channel.store.applied(DownloadJob::Customers).await.unwrap(), None);
    let applied = Applied { version: 9, at: START };
    let last = CustomersChunk { applied: Some(applied), ..CustomersChunk::default() };
    channel.writer.apply_customers(last).await.unwrap();
    assert_eq!(channel.store.applied(DownloadJob::Customers).await.unwrap(), Some(applied));
    channel.close().await;
}

async fn neither_order_of_arrival_hides_an_edit(engine: Engine) {
    for outcomes_first in [true, false] {
        let channel = Channel::new(engine).await;
        let created = channel.writer.write(writes::create("Berg")).await.unwrap().known;
        let id = created.customer.id;
        channel.apply(vec![base(&created, 5)], vec![done(1, 5)]).await;
        channel.writer.write(rename(id, "Karin")).await.unwrap();
        let edited = channel.customer(id).await;
        assert_eq!((first_name(&edited), edited.version), ("Karin", Some(5)));

        let newer = base(&edited, 7);
        let steps = [(Vec::new(), vec![done(2, 7)]), (vec![newer], Vec::new())];
        let mut steps = Vec::from(steps);
        if !outcomes_first {
            steps.reverse();
        }
        for (number, (bases, outcomes)) in steps.into_iter().enumerate() {
            channel.apply(bases, outcomes).await;
            let known = channel.customer(id).await;
            assert_eq!(first_name(&known), "Karin", "not for a moment");
            assert_eq!(known.waiting.len(), usize::from(number == 0));
        }
        channel.close().await;
    }
}

async fn an_older_base_never_comes_back(engine: Engine) {
    let channel = Channel::new(engine).await;
    let created = channel.writer.write(writes::create("Berg")).await.unwrap().known;
    let id = created.customer.id;
    let mut newer = base(&created, 9);
    newer.customer.fields.set(CustomerField::FirstName, "Karin");
    newer.customer.addresses.remove(0);
    channel.apply(vec![newer], vec![done(1, 5)]).await;
    assert_eq!(channel.apply(vec![base(&created, 8)], Vec::new()).await, 0);
    let known = channel.customer(id).await;
    assert_eq!((first_name(&known), known.version), ("Karin", Some(9)));
    assert_eq!(known.customer.addresses.len(), 1, "what headquarters has removed is gone");
    channel.close().await;
}

async fn a_failure_is_shown_until_it_is_mended(engine: Engine) {
    let channel = Channel::new(engine).await;
    let created = channel.writer.write(writes::create("Berg")).await.unwrap().known;
    let id = created.customer.id;
    let reason = "CUSTOMER_GROUP_NOT_FOUND";
    let failed = Outcome {
        status: OutcomeStatus::Failed,
        error_reason: Some(reason.to_owned()),
        ..done(1, 5)
    };
    assert_eq!(channel.apply(Vec::new(), vec![failed.clone()]).await, 0);
    let known = channel.customer(id).await;
    let progress = known.progress(Entity::Customer).expect("it waits");
    assert_eq!(
        (progress.state(), progress.error_reason.as_deref()),
        (SyncState::Failed, Some(reason))
    );

    channel.apply(vec![base(&created, 8)], vec![done(1, 8)]).await;
    assert_eq!(channel.customer(id).await.progress(Entity::Customer), None);
    channel.apply(Vec::new(), vec![failed]).await;
    let known = channel.customer(id).await;
    assert_eq!(known.progress(Entity::Customer), None, "an older word changes nothing");
    channel.close().await;
}

async fn an_outcome_of_nobody_is_refused_whole(engine: Engine) {
    let channel = Channel::new(engine).await;
    let created = channel.writer.write(writes::create("Berg")).await.unwrap().known;
    let chunk = CustomersChunk {
        bases: vec![base(&created, 5)],
        outcomes: vec![done(1, 5), done(2, 6)],
        applied: Some(Applied { version: 6, at: START }),
    };
    let refused = channel.writer.apply_customers(chunk).await;
    assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
    let known = channel.customer(created.customer.id).await;
    assert_eq!(known.standing(), Standing::Pending);
    assert_eq!(channel.store.applied(DownloadJob::Customers).await.unwrap(), None);
    channel.close().await;
}

async fn what_is_uploaded_is_marked_once(engine: Engine) {
    let channel = Channel::new(engine).await;
    let mut ids = Vec::new();
    for number in 0..5 {
        let write = writes::create(&number.to_string());
        ids.push(channel.writer.write(write).await.unwrap().known.customer.id);
    }
    let captured = channel.store.captured_revisions(Counter(2), 2).await.unwrap();
    let counters: Vec<_> = captured.iter().map(|it| it.revision.counter.0).collect();
    assert_eq!(counters, [3, 4]);
    assert_eq!(captured[0].revision.customer_id, ids[2]);
    assert_eq!(captured[0].decision.reason, "PROFILE_ASYNC_CREATE");
    assert_eq!(captured[0].channel, "SEATTLE");

    channel.writer.mark_uploaded(Counter(4)).await.unwrap();
    let mut states = Vec::new();
    for id in ids {
        let known = channel.customer(id).await;
        states.push(known.progress(Entity::Customer).expect("it waits").state());
    }
    let (sent, not_sent) = (SyncState::PendingProcessing, SyncState::PendingUpload);
    assert_eq!(states, [sent, sent, sent, sent, not_sent]);
    channel.close().await;
}
