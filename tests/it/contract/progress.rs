//! How far revisions are: uploaded, processed, and what headquarters says of them.

use csu::{
    channel::store::{Applied, SharedStore},
    domain::{
        id::{CustomerId, RevisionId},
        job::DownloadJob,
        outcome::{Outcome, OutcomeStatus},
        revision::Counter,
        sync::{Entity, SyncProgress, SyncState},
        time::Timestamp,
    },
};

use super::{
    concurrency::other,
    steps::{commit_one, customer},
};
use crate::harness::{Database, Engine, START, wait, writes};

crate::on_both_engines!(
    what_is_uploaded_and_processed_is_marked_once,
    a_later_word_replaces_an_earlier_one_and_no_other,
    a_word_says_that_a_revision_is_uploaded_and_processed,
    what_is_resolved_is_marked_no_more,
    marks_do_not_wait_for_who_applies_outcomes,
    revisions_are_known_by_their_counters,
    an_empty_company_has_version_0_of_its_customers,
);

const fn at(millis: i64) -> Timestamp {
    Timestamp(START.0 + millis)
}

/// So many customers, each with its create.
async fn creates<const N: usize>(store: &SharedStore) -> [CustomerId; N] {
    let mut ids = [CustomerId(uuid::Uuid::nil()); N];
    for id in &mut ids {
        *id = commit_one(store, START, &writes::create_bare("Berg")).await.customer.id;
    }
    ids
}

async fn mark_uploaded(store: &SharedStore, up_to: i64, now: Timestamp) {
    let mut transaction = store.begin().await.unwrap();
    transaction.mark_uploaded(Counter(up_to), now).await.unwrap();
    transaction.commit().await.unwrap();
}

async fn mark_processed(store: &SharedStore, up_to: i64, now: Timestamp) {
    let mut transaction = store.begin().await.unwrap();
    transaction.mark_processed(Counter(up_to), now).await.unwrap();
    transaction.commit().await.unwrap();
}

async fn put(store: &SharedStore, outcome: &Outcome, now: Timestamp) {
    let mut transaction = store.begin().await.unwrap();
    transaction.put_outcomes(std::slice::from_ref(outcome), now).await.unwrap();
    transaction.commit().await.unwrap();
}

async fn progress(store: &SharedStore, id: CustomerId) -> SyncProgress {
    let known = customer(store, id).await.expect("the customer");
    known.progress(Entity::Customer).expect("it waits").clone()
}

fn word(counter: i64, change: i64, status: OutcomeStatus) -> Outcome {
    let error_reason = (status == OutcomeStatus::Failed).then(|| format!("REASON_{change}"));
    let revision_id = RevisionId(uuid::Uuid::nil()); // the writer compares it, not the store
    Outcome { counter: Counter(counter), revision_id, status, change, version: 0, error_reason }
}

async fn what_is_uploaded_and_processed_is_marked_once(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let ids: [CustomerId; 4] = creates(&store).await;
    mark_uploaded(&store, 2, at(1)).await;
    mark_uploaded(&store, 3, at(2)).await;
    mark_processed(&store, 1, at(3)).await;
    // The fourth is not known to be anywhere else: whoever says so is wrong about it.
    mark_processed(&store, 4, at(4)).await;
    mark_processed(&store, 4, at(5)).await;
    let mut found = Vec::new();
    for id in ids {
        let progress = progress(&store, id).await;
        let times = [progress.uploaded_at, progress.processed_at];
        found.push((progress.state(), times.map(|it| it.map(|it| it.since(START).as_millis()))));
    }
    assert_eq!(
        found,
        [
            (SyncState::PendingDownload, [Some(1), Some(3)]),
            (SyncState::PendingDownload, [Some(1), Some(4)]),
            (SyncState::PendingDownload, [Some(2), Some(4)]),
            (SyncState::PendingUpload, [None, None]),
        ]
    );
    store.close().await;
    database.remove().await;
}

async fn a_later_word_replaces_an_earlier_one_and_no_other(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let [id] = creates(&store).await;
    let failed = |change| word(1, change, OutcomeStatus::Failed);
    let reason = async || progress(&store, id).await.error_reason;
    // Of neither is there a version that contains it: their order is that of headquarters' changes.
    for (change, shown) in [(7, 7), (7, 7), (6, 7), (9, 9), (8, 9), (1, 9), (10, 10)] {
        put(&store, &failed(change), at(change)).await;
        assert_eq!(reason().await, Some(format!("REASON_{shown}")), "after {change}");
    }
    assert_eq!(progress(&store, id).await.processed_at, Some(at(10)));
    put(&store, &word(1, 11, OutcomeStatus::Synchronized), at(11)).await;
    assert_eq!(reason().await, None, "it is mended");
    put(&store, &failed(10), at(12)).await;
    assert_eq!((reason().await, progress(&store, id).await.processed_at), (None, Some(at(11))));
    let mut transaction = store.begin().await.unwrap();
    let outcomes = transaction.outcomes(&[id]).await.unwrap();
    assert_eq!(outcomes, [(Counter(1), OutcomeStatus::Synchronized, 0)]);
    drop(transaction);
    store.close().await;
    database.remove().await;
}

async fn a_word_says_that_a_revision_is_uploaded_and_processed(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let ids: [CustomerId; 2] = creates(&store).await;
    mark_uploaded(&store, 1, at(1)).await;
    mark_processed(&store, 1, at(2)).await;
    for counter in [1, 2] {
        put(&store, &word(counter, 5, OutcomeStatus::Parked), at(9)).await;
    }
    let mut times = Vec::new();
    for id in ids {
        let progress = progress(&store, id).await;
        times.push((progress.uploaded_at, progress.processed_at));
    }
    assert_eq!(times, [(Some(at(1)), Some(at(2))), (Some(at(9)), Some(at(9)))]);
    store.close().await;
    database.remove().await;
}

async fn what_is_resolved_is_marked_no_more(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let [_] = creates(&store).await;
    database.execute("UPDATE revision SET resolved_at = 7").await;
    mark_uploaded(&store, 1, at(1)).await;
    mark_processed(&store, 1, at(1)).await;
    put(&store, &word(1, 5, OutcomeStatus::Discarded), at(1)).await;
    let untouched = "SELECT count(*) FROM revision
        WHERE uploaded_at IS NULL AND processed_at IS NULL AND outcome IS NULL AND outcome_change IS NULL";
    assert_eq!(database.number(untouched).await, 1);
    store.close().await;
    database.remove().await;
}

/// Two who lock the same revisions in different orders would be a deadlock. An SQLite file has one who writes.
async fn marks_do_not_wait_for_who_applies_outcomes(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let second_store = other(&database, &store).await;
    let ids: [CustomerId; 3] = creates(&store).await;
    let mut first = store.begin().await.unwrap();
    first.put_outcomes(&[word(2, 5, OutcomeStatus::Parked)], at(1)).await.unwrap();
    if engine == Engine::Sqlite {
        first.commit().await.unwrap();
        mark_uploaded(&second_store, 3, at(2)).await;
    } else {
        wait::bounded("the mark", mark_uploaded(&second_store, 3, at(2))).await;
        first.commit().await.unwrap();
    }
    let mut times = Vec::new();
    for id in ids {
        times.push(progress(&store, id).await.uploaded_at);
    }
    assert_eq!(times, [Some(at(2)), Some(at(1)), Some(at(2))]);
    store.close().await;
    second_store.close().await;
    database.remove().await;
}

async fn revisions_are_known_by_their_counters(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let (one, two) = (writes::create("Berg"), writes::create("Roth"));
    for write in [&one, &two] {
        commit_one(&store, START, write).await;
    }
    for (counter, write) in [(1, Some(&one)), (2, Some(&two)), (0, None), (3, None), (-1, None)] {
        let wanted = write.map(|write| write.request_id.revision_id());
        assert_eq!(store.revision_id(Counter(counter)).await.unwrap(), wanted, "{counter}");
    }
    store.close().await;
    database.remove().await;
}

async fn an_empty_company_has_version_0_of_its_customers(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let applied = |version, millis| Applied { version, at: at(millis) };
    assert_eq!(store.applied(DownloadJob::Customers).await.unwrap(), None);
    for (brought, noted) in [
        (applied(0, 1), applied(0, 1)),
        (applied(0, 2), applied(0, 1)),
        (applied(4, 3), applied(4, 3)),
        (applied(3, 4), applied(4, 3)),
    ] {
        let mut transaction = store.begin().await.unwrap();
        transaction.set_customers_applied(brought).await.unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(store.applied(DownloadJob::Customers).await.unwrap(), Some(noted));
    }
    store.close().await;
    database.remove().await;
}
