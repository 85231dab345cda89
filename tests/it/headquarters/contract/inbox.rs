//! Revisions that were uploaded and wait.

use csu::{
    domain::{
        conclusion::{Failure, RevisionStatus, Uploaded},
        field::AddressField,
        id::CustomerId,
        origin::Origin,
        revision::{Change, Counter},
        submission::Submission,
        upload::Position,
    },
    headquarters::store::{Ending, Outcome, Rows, SharedStore, WaitingRevision},
    storage::StoreResult,
};

use super::steps::{captured, commit_one, create, is_conflict, origin, receive, rename};
use crate::harness::{Database, Engine, START, writes};

crate::on_both_engines!(
    what_was_received_comes_back,
    an_origin_is_where_its_last_revision_is,
    what_waits_comes_by_customer_origin_and_counter,
    revisions_are_found_by_their_counters,
    one_waits_behind_the_last_that_is_not_synchronized,
    what_has_an_outcome_gets_no_other,
    a_revision_is_received_once,
);

fn received(submission: &Submission) -> WaitingRevision {
    WaitingRevision { submission: submission.clone(), status: RevisionStatus::Received }
}

/// Gives an uploaded revision an outcome in which it has not performed its request.
pub async fn conclude(
    store: &SharedStore,
    submission: &Submission,
    ending: Ending,
) -> StoreResult<()> {
    let mut transaction = store.begin().await?;
    let version = transaction.take_changes(1).await?;
    let outcomes = vec![Outcome { submission, at: START, version, ending }];
    transaction.insert(&Rows { outcomes, ..Rows::default() }).await?;
    transaction.commit().await
}

pub fn failed() -> Ending {
    Ending::Failed(Failure { reason: "CUSTOMER_NOT_FOUND", text: "there is none".to_owned() })
}

async fn what_was_received_comes_back(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let created = captured(create("Be'rg\0"), 1, 10);
    let id = created.draft.customer_id;
    let renamed = captured(rename(id, "\"Ro\\th", 7), 2, 20);
    let mut added = captured(rename(id, "", 8), 3, 30);
    added.draft.changes = vec![Change::AddAddress {
        id: added.draft.request_id.address_id(0),
        fields: writes::fields([(AddressField::City, "Tampa")]).as_patch(),
        primary: true,
    }];
    let all = [created, renamed, added];
    receive(&store, &all).await.unwrap();
    let found = store.waiting(&[id]).await.unwrap();
    assert_eq!(found, all.each_ref().map(received));
    assert_eq!(store.inbox(10).await.unwrap(), [id]);
    assert_eq!(store.performed(all[0].draft.request_id).await.unwrap(), None);
    assert_eq!(store.last_change().await.unwrap(), 0);
    store.close().await;
    database.remove().await;
}

async fn an_origin_is_where_its_last_revision_is(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let (one, second_life) = (origin(1), Origin { incarnation: 2, ..origin(1) });
    assert_eq!(store.origin(one).await.unwrap(), Position::default());
    let all = [captured(create("Berg"), 1, 10), captured(create("Roth"), 2, 10)];
    receive(&store, &all).await.unwrap();
    let last_revision_id = Some(all[1].revision_id());
    let expected = Position { last_counter: Counter(2), last_revision_id };
    assert_eq!(store.origin(one).await.unwrap(), expected);
    for other in [origin(2), second_life] {
        assert_eq!(store.origin(other).await.unwrap(), Position::default());
    }
    let mut transaction = store.begin().await.unwrap();
    assert_eq!(transaction.lock_origin(one).await.unwrap(), expected);
    assert_eq!(transaction.lock_origin(second_life).await.unwrap(), Position::default());
    drop(transaction);
    store.close().await;
    database.remove().await;
}

async fn what_waits_comes_by_customer_origin_and_counter(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let mut ids: Vec<CustomerId> = (0..3).map(|_| writes::request_id().customer_id()).collect();
    ids.sort_unstable();
    let mut all = Vec::new();
    for number in [2, 1] {
        let of_origin: Vec<_> = (1..=12)
            .map(|counter| {
                let customer = ids[usize::try_from(counter).unwrap() % 3];
                let rename = rename(customer, "Roth", 1);
                captured(Submission { origin: origin(number), ..rename }, counter, counter)
            })
            .collect();
        receive(&store, &of_origin).await.unwrap();
        all.extend(of_origin);
    }
    let ended = all.iter().find(|it| it.draft.customer_id == ids[0]).unwrap().clone();
    let done = Ending::Synchronized { contained_in: 1, superseded: Vec::new(), performed: true };
    conclude(&store, &ended, done).await.unwrap();
    all.retain(|it| *it != ended);
    let place = |it: &Submission| (it.draft.customer_id, it.origin, it.capture.unwrap().counter);
    all.sort_by_key(place);
    let found = store.waiting(&ids).await.unwrap();
    assert_eq!(found, all.iter().map(received).collect::<Vec<_>>());
    let second: Vec<_> = all.iter().filter(|it| it.draft.customer_id == ids[1]).collect();
    let found = store.waiting(&ids[1..2]).await.unwrap();
    assert_eq!(found.iter().map(|it| &it.submission).collect::<Vec<_>>(), second);
    assert_eq!(store.waiting(&[]).await.unwrap(), []);
    for limit in 0..4_u8 {
        let found = store.inbox(u32::from(limit)).await.unwrap();
        assert_eq!(found, ids[..usize::from(limit)]);
    }
    for failing in second {
        conclude(&store, failing, failed()).await.unwrap();
    }
    assert_eq!(
        store.inbox(9).await.unwrap(),
        [ids[0], ids[2]],
        "what has failed is not tried again"
    );
    let found = store.waiting(&ids[1..2]).await.unwrap();
    assert!(found.len() == 8 && found.iter().all(|it| it.status == RevisionStatus::Failed));
    store.close().await;
    database.remove().await;
}

async fn revisions_are_found_by_their_counters(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    commit_one(&store, &create("Lind")).await;
    let all = [1, 2, 3, 4].map(|counter| captured(create("Berg"), counter, counter));
    receive(&store, &all).await.unwrap();
    let mut transaction = store.begin().await.unwrap();
    for (from, to) in [(1_i64, 4_i64), (2, 3), (4, 9), (5, 9)] {
        let found = transaction.received(origin(1), Counter(from), Counter(to)).await.unwrap();
        let expected: Vec<_> = all
            .iter()
            .map(|it| (it.capture.unwrap().counter, it.revision_id()))
            .filter(|(counter, _)| (from..=to).contains(&counter.0))
            .collect();
        assert_eq!(found, expected);
        assert_eq!(transaction.received(origin(2), Counter(from), Counter(to)).await.unwrap(), []);
    }
    drop(transaction);
    store.close().await;
    database.remove().await;
}

async fn one_waits_behind_the_last_that_is_not_synchronized(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let id = writes::request_id().customer_id();
    let all = [1, 2, 3].map(|counter| captured(rename(id, "Roth", 1), counter, counter));
    receive(&store, &all).await.unwrap();
    let other = captured(Submission { origin: origin(2), ..rename(id, "Lind", 1) }, 1, 1);
    receive(&store, std::slice::from_ref(&other)).await.unwrap();
    let mut places: Vec<_> = (1..=4).map(|counter| (origin(1), Counter(counter))).collect();
    places.push((origin(2), Counter(1)));
    let stand = async || {
        let mut transaction = store.begin().await.unwrap();
        let mut found = transaction.uploaded(&places).await.unwrap();
        found.sort_by_key(|(place, _)| *place);
        assert_eq!(
            found.iter().map(|it| it.0).collect::<Vec<_>>(),
            [&places[..3], &places[4..]].concat()
        );
        found.into_iter().map(|(_, it)| it).collect::<Vec<_>>()
    };
    let uploaded = |status, behind: Option<(i64, RevisionStatus)>| Uploaded {
        status,
        received_at: START,
        behind: behind.map(|(counter, status)| (Counter(counter), status)),
    };
    let (waits, done) = (RevisionStatus::Received, RevisionStatus::Synchronized);
    let alone = uploaded(waits, None);
    let expected =
        [alone, uploaded(waits, Some((1, waits))), uploaded(waits, Some((2, waits))), alone];
    assert_eq!(stand().await, expected);

    let ending = Ending::Synchronized { contained_in: 1, superseded: Vec::new(), performed: true };
    conclude(&store, &all[0], ending).await.unwrap();
    conclude(&store, &all[1], failed()).await.unwrap();
    let failed = RevisionStatus::Failed;
    let behind = uploaded(waits, Some((2, failed)));
    assert_eq!(stand().await, [uploaded(done, None), uploaded(failed, None), behind, alone]);
    store.close().await;
    database.remove().await;
}

async fn what_has_an_outcome_gets_no_other(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let one = captured(create("Berg"), 1, 1);
    let never = captured(create("Roth"), 2, 1);
    receive(&store, std::slice::from_ref(&one)).await.unwrap();
    conclude(&store, &one, failed()).await.unwrap();
    for submission in [&one, &never] {
        let again = conclude(&store, submission, failed()).await;
        assert!(is_conflict(&again), "{again:?}");
    }
    assert_eq!(store.last_change().await.unwrap(), 1);
    store.close().await;
    database.remove().await;
}

async fn a_revision_is_received_once(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let one = captured(create("Berg"), 1, 1);
    receive(&store, std::slice::from_ref(&one)).await.unwrap();
    let again = receive(&store, std::slice::from_ref(&one)).await;
    assert!(is_conflict(&again), "{again:?}");
    // The same request in real time, and from another origin, is another revision.
    commit_one(&store, &Submission { capture: None, ..one.clone() }).await;
    receive(&store, &[Submission { origin: origin(2), ..one.clone() }]).await.unwrap();
    assert_eq!(database.number("SELECT count(*) FROM revision").await, 3);
    store.close().await;
    database.remove().await;
}
