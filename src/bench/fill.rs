//! A company's customers, made up and written by headquarters' own writer: as many as one has after years.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    bench::writes::{create, filled_request_id},
    domain::{
        origin::Origin,
        setup::Setup,
        submission::Submission,
        write::{Verdict, Write},
    },
    headquarters::{
        store::{NewIdentity, open},
        writer::{self, DEFAULT_QUEUE, Writer},
    },
    runtime::{
        clock::{Clock as _, Deadline, SystemClock},
        ids,
    },
    storage::{self, DatabaseUrl},
};

/// Creates under way: as many as headquarters commits at once, and as many again that wait.
const IN_FLIGHT: usize = 512;
/// Customers between two reports.
const STEP: u64 = 5_000;

/// Fills headquarters' database, which nobody else uses meanwhile, up to so many customers of the seed. Those that are
/// there stay: it can be repeated, and goes on where it was stopped. A new database becomes the demo company's.
///
/// # Errors
/// The database can't be opened or written.
pub async fn fill(
    database: &DatabaseUrl,
    customers: u64,
    seed: u64,
    say: &(dyn Fn(&str) + Sync),
) -> anyhow::Result<()> {
    let new = NewIdentity {
        database_id: ids::new_database_id(),
        request_hash_key: ids::new_secret(),
        setup: Setup::demo("store-1"),
    };
    let store = open(database, new, SystemClock.now()).await?;
    let (writer, writer_loop) =
        writer::new(Arc::clone(&store), Arc::new(SystemClock), DEFAULT_QUEUE);
    let stop = CancellationToken::new();
    let log = || {
        let store = Arc::clone(&store);
        async move { store.checkpoint().await }
    };
    let work = async {
        let _ended = stop.clone().drop_guard();
        create_all(&writer, customers, seed, say).await
    };
    let (filled, written, moved) =
        tokio::join!(work, writer_loop.run(stop.clone()), storage::checkpoints(stop.clone(), log));
    written.context("the writer")?;
    moved?;
    store.close().await;
    filled
}

async fn create_all(
    writer: &Writer,
    customers: u64,
    seed: u64,
    say: &(dyn Fn(&str) + Sync),
) -> anyhow::Result<()> {
    stream::iter(0..customers)
        .map(async |number| {
            let submission = submission(seed, number).context("a create is accepted")?;
            writer.perform(submission, Deadline::after(Duration::MAX)).await?;
            anyhow::Ok(number)
        })
        .buffered(IN_FLIGHT)
        .try_for_each(async |number| {
            if number % STEP == 0 {
                say(&format!("{number} of {customers} customers"));
            }
            Ok(())
        })
        .await
}

/// The same create as of a till, in real time.
fn submission(seed: u64, number: u64) -> Option<Submission> {
    let write = create(filled_request_id(seed, number), seed, number);
    let Ok(Verdict::Append(draft)) = write.judge(None, None) else { return None };
    let (method, decision) = (write.method(), write.execution.decision());
    let Write { request_hash, channel, caller, .. } = write;
    Some(Submission {
        origin: Origin { database_id: Uuid::nil(), incarnation: 1 },
        draft,
        method,
        request_hash,
        channel,
        caller: caller.name,
        decision,
        require_unchanged: false,
        capture: None,
    })
}
