//! The anchors `D` and `S`: the engine alone, writing all the rows of creates, or looking customers up, by the
//! statements of the store. Whatever a unit does besides (locks, judging, building the rows) is not in their time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::Context as _;
use futures::{FutureExt as _, future::BoxFuture};
use tokio_util::sync::CancellationToken;

use crate::{
    bench::{
        callers::{Company, Workload},
        load::{Answered, Callee, Sample},
        writes::create,
    },
    channel::store::{NewDatabase, Rows, SharedStore, open},
    domain::{
        revision::Counter,
        search::{self, Criterion, TermKind},
        time::Timestamp,
        write::{RequestRecord, Verdict, Write},
    },
    runtime::{
        clock::{Clock as _, SystemClock, monotonic},
        ids,
    },
    storage::{self, DatabaseUrl},
};

/// Creates in a commit while it is filled.
const BATCH: u32 = 256;
/// What a unit reads for a page of 20.
const PAGE: u32 = 21;

pub(super) struct EngineAlone {
    store: SharedStore,
    company: Company,
    /// Of the last customer.
    number: AtomicU64,
    /// Events that were there before: those of the packages.
    events: i64,
}

/// Look-ups as a unit makes them for a workload.
pub(super) struct LookUps {
    store: SharedStore,
    workload: Workload,
    company: Company,
    next: AtomicU64,
}

impl EngineAlone {
    /// Over a database that nobody else has, in which no revision is.
    pub(super) async fn open(database: &DatabaseUrl, company: Company) -> anyhow::Result<Self> {
        let new = NewDatabase { id: ids::new_database_id(), name: "bench".to_owned() };
        let store = open(database, new, None, SystemClock.now()).await?;
        let taken = store.begin().await?.take_counters(0, 0, SystemClock.now()).await?;
        let events = taken.first_event.0 - 1;
        Ok(Self { store, company, number: AtomicU64::new(0), events })
    }

    pub(super) fn look_ups(&self, workload: Workload) -> Arc<LookUps> {
        let store = SharedStore::clone(&self.store);
        Arc::new(LookUps { store, workload, company: self.company, next: AtomicU64::new(0) })
    }

    /// Commits of `batch` creates one after the other, for the time that they take. Latencies are those of commits.
    pub(super) async fn slice(&self, batch: u32, time: Duration) -> anyhow::Result<Sample> {
        let stop = CancellationToken::new();
        let store = SharedStore::clone(&self.store);
        // As a unit does beside its writer.
        let log = move || {
            let store = SharedStore::clone(&store);
            async move { store.checkpoint().await }
        };
        let work = async {
            let _ended = stop.clone().drop_guard();
            self.work(batch, time).await
        };
        let (sample, checkpoints) = tokio::join!(work, storage::checkpoints(stop.clone(), log));
        checkpoints?;
        sample
    }

    async fn work(&self, batch: u32, time: Duration) -> anyhow::Result<Sample> {
        let mut sample = Sample::new()?;
        while sample.took < time {
            let took = self.commit(batch).await?;
            sample.took += took;
            for _ in 0..batch {
                sample.record(took, Answered::default())?;
            }
        }
        Ok(sample)
    }

    /// So many creates in one commit, and what that took.
    async fn commit(&self, batch: u32) -> anyhow::Result<Duration> {
        let rows = self.rows(batch)?;
        let begun = monotonic();
        let mut transaction = self.store.begin().await?;
        transaction.take_counters(batch, batch, SystemClock.now()).await?;
        transaction.insert(&rows).await?;
        transaction.commit().await?;
        Ok(begun.elapsed())
    }

    fn rows(&self, batch: u32) -> anyhow::Result<Rows> {
        let (mut rows, now) = (Rows::default(), SystemClock.now());
        for _ in 0..batch {
            let number = self.number.fetch_add(1, Ordering::Relaxed) + 1;
            self.add(number, &mut rows, now).context("a create is accepted where nobody is")?;
        }
        Ok(rows)
    }

    fn add(&self, number: u64, rows: &mut Rows, now: Timestamp) -> Option<()> {
        let write = create(ids::new_request_id(&SystemClock), self.company.seed, number);
        // Nobody else takes counters.
        let counter = Counter(i64::try_from(number).ok()?);
        let Ok(Verdict::Append(draft)) = write.judge(None, None) else { return None };
        let revision = draft.captured(counter, now);
        let answer = write.answer(None, Some(&revision))?;
        let event = Counter(counter.0 + self.events);
        rows.add_revision(&write, &revision, None, &answer.known, event);
        let Write { request_id, request_hash, .. } = write;
        rows.add_record(&RequestRecord { request_id, request_hash, answer }, now);
        Some(())
    }

    /// Makes so many.
    pub(super) async fn add_customers(&self, customers: u32) -> anyhow::Result<()> {
        for _ in 0..customers.div_ceil(BATCH) {
            self.commit(BATCH).await?;
        }
        Ok(())
    }

    pub(super) async fn close(self) {
        self.store.close().await;
    }
}

impl LookUps {
    async fn look_up(&self) -> anyhow::Result<Answered> {
        let number = self.company.customer(self.next.fetch_add(1, Ordering::Relaxed));
        let ids = match self.criterion(number) {
            None => vec![self.company.request_id(number).customer_id()],
            Some(criterion) => {
                let found = self.store.search(&criterion, None, PAGE).await?;
                found.into_iter().map(|position| position.customer_id).collect()
            }
        };
        let known = self.store.customers(&ids).await?;
        anyhow::ensure!(!known.is_empty(), "a look-up finds nobody");
        Ok(Answered::default())
    }

    /// `None`: by id.
    fn criterion(&self, number: u64) -> Option<Criterion> {
        let customer = self.company.look_for(number);
        let exact = |kind, text| Some(Criterion { kind, text, prefix: false });
        match self.workload {
            Workload::SearchPhone => exact(TermKind::Phone, customer.phone),
            Workload::SearchEmail => exact(TermKind::Email, customer.email),
            Workload::SearchName => {
                let text = search::words(&customer.last_name).pop().unwrap_or_default();
                Some(Criterion { kind: TermKind::NameWord, text, prefix: true })
            }
            _ => None,
        }
    }
}

impl Callee for LookUps {
    fn call(&self, _: usize) -> BoxFuture<'_, anyhow::Result<Answered>> {
        self.look_up().boxed()
    }
}
