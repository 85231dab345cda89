//! Ten thousand revisions of five hundred customers, from three origins, by two runs of the batch at once, over a
//! store whose commits fail now and then. Row for row, each has the outcome that its place in the order gives it.

mod plan;
mod replay;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use csu::{domain::error::Error, headquarters::jobs::Synchronized};

use self::plan::{Planned, REVISIONS, Stream};
use super::workers::{Random, Worker};
use crate::{
    harness::{Database, Engine, START, headquarters, wait},
    headquarters::faulty_store::{Fault, FaultyStore},
};

crate::on_both_engines!(many_revisions_from_three_origins_by_two_runs);

/// While the batch runs, what is uploaded comes in so many parts.
const WAVES: usize = 10;
/// From the capture of the first one to its upload: the last one is captured before.
const AWAY: Duration = Duration::from_hours(24);

/// The commits of all processes.
#[derive(Clone, Default)]
struct Faults {
    next: Arc<Mutex<Option<Fault>>>,
    begun: Arc<AtomicUsize>,
}

async fn many_revisions_from_three_origins_by_two_runs(engine: Engine) {
    let mut random = Random(20_261_121);
    let plan = plan::plan(&mut random);
    let database = Database::new_headquarters(engine).await;
    let faults = Faults::default();
    let one = faults.worker(&database).await;
    // An SQLite file has one process, in which both run.
    let other = match engine {
        Engine::Sqlite => None,
        Engine::Postgres => Some(faults.worker(&database).await),
    };
    let two = other.as_ref().unwrap_or(&one);
    let done = tokio::select! {
        done = exchanged(&one, two, &plan) => done,
        _ = faults.go_on(&mut random) => unreachable!("it goes on for ever"),
    };
    assert!(done.iter().all(|done| done.synchronized > 0), "both had their share: {done:?}");
    assert!(done.iter().map(Synchronized::rows).sum::<u64>() <= REVISIONS as u64);
    replay::check(&database, &one.headquarters.store, &plan).await;
    one.stop().await;
    if let Some(other) = other {
        other.stop().await;
    }
    headquarters::check(&database).await;
    database.remove().await;
}

/// Uploads all of it, wave by wave, while both run; says what each has done.
async fn exchanged(one: &Worker, two: &Worker, plan: &[Stream]) -> [Synchronized; 2] {
    let mut sums = [Synchronized::default(); 2];
    for wave in 0..WAVES {
        let uploads = async {
            for stream in plan {
                let part = stream.revisions.len().div_ceil(WAVES);
                let part = stream.revisions.chunks(part).nth(wave).unwrap_or_default();
                received(one, stream, part).await;
            }
        };
        let ((), first, second) = tokio::join!(uploads, one.synchronize(), two.synchronize());
        add(&mut sums, [first, second]);
    }
    // What came when both had just ended.
    let (first, second) = tokio::join!(one.synchronize(), two.synchronize());
    add(&mut sums, [first, second]);
    sums
}

fn add(sums: &mut [Synchronized; 2], done: [Synchronized; 2]) {
    for (sum, done) in sums.iter_mut().zip(done) {
        sum.synchronized += done.synchronized;
        sum.failed += done.failed;
        sum.parked += done.parked;
    }
}

/// As a unit does it: what got no answer is uploaded again.
async fn received(worker: &Worker, stream: &Stream, part: &[Planned]) {
    let submissions: Vec<_> = part.iter().map(|it| it.submission.clone()).collect();
    for _ in 0..10 {
        match worker.headquarters.writer.receive(stream.origin, submissions.clone()).await {
            Ok(position) => {
                let last = part.last().map(Planned::counter);
                assert_eq!(Some(position.last_counter.0), last);
                return;
            }
            Err(Error::Unavailable(_) | Error::StoreConflict) => {}
            Err(error) => panic!("what was captured is taken: {error}"),
        }
    }
    panic!("it is taken at last");
}

impl Faults {
    async fn worker(&self, database: &Database) -> Worker {
        let inner = database.open_headquarters(START).await;
        let (next, begun) = (Arc::clone(&self.next), Arc::clone(&self.begun));
        Worker::over(Arc::new(FaultyStore { inner, next, begun }), START.plus(AWAY)).await
    }

    /// Lets one commit in some fail.
    async fn go_on(&self, random: &mut Random) -> std::convert::Infallible {
        loop {
            let due = self.begun.load(Ordering::SeqCst) + 2 + random.below(8);
            let is_due = async || self.begun.load(Ordering::SeqCst) >= due;
            wait::until("there are more commits", is_due).await;
            let fault = [Fault::Performed, Fault::Lost, Fault::Raced][random.below(3)];
            *self.next.lock().expect("no panic") = Some(fault);
        }
    }
}
