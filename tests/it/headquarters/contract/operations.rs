//! What was uploaded, as people are shown it.

use csu::{
    domain::{
        conclusion::RevisionStatus, merge::Superseded, origin::Origin, revision::Counter,
        submission::Submission, time::Timestamp,
    },
    headquarters::store::{Ending, Operation, OperationQuery, Place, SharedStore, WaitingRevision},
};
use uuid::Uuid;

use super::{
    inbox::{conclude, failed},
    job_steps::at,
    registrations::{register, registered},
    steps::{captured, commit_one, create, origin, receive_at, rename},
};
use crate::harness::{Database, Engine, START};

crate::on_both_engines!(
    an_operation_is_shown_from_its_upload_to_its_delivery,
    an_operation_is_shown_with_its_database_s_name,
    operations_come_in_pages_without_gaps_or_repeats,
    operations_are_filtered,
);

fn place(submission: &Submission) -> Place {
    Place { origin: submission.origin, counter: submission.capture.unwrap().counter }
}

fn received(submission: &Submission, received_at: Timestamp) -> Operation {
    Operation {
        place: place(submission),
        database: None,
        request_id: submission.draft.request_id,
        method: submission.method,
        channel: submission.channel.clone(),
        caller: submission.caller.clone(),
        customer_id: submission.draft.customer_id,
        account_number: None,
        captured_at: submission.capture.unwrap().at,
        received_at,
        processed_at: None,
        delivered_at: None,
        status: RevisionStatus::Received,
        superseded: Vec::new(),
        error_reason: None,
        error_text: None,
    }
}

fn synchronized(superseded: Vec<Superseded>) -> Ending {
    Ending::Synchronized { contained_in: 1, superseded, performed: true }
}

fn lost() -> Vec<Superseded> {
    [("lastName", "Be'rg", "Ro\"th"), ("phone", "", "\\Ö")]
        .map(|(field, lost, kept)| Superseded {
            field: field.to_owned(),
            lost: lost.to_owned(),
            kept: kept.to_owned(),
        })
        .to_vec()
}

async fn an_operation_is_shown_from_its_upload_to_its_delivery(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let created = captured(create("Berg"), 1, 1);
    let renamed = captured(rename(created.draft.customer_id, "Roth", 1), 2, 2);
    let bad = captured(create("Lind"), 3, 3);
    // What was written in real time is no operation of an upload.
    commit_one(&store, &create("Dahl")).await;
    receive_at(&store, &[created.clone(), renamed.clone(), bad.clone()], at(5)).await.unwrap();
    let shown = async |submission| store.operation(place(submission)).await.unwrap().unwrap();
    for submission in [&created, &renamed, &bad] {
        assert_eq!(shown(submission).await, received(submission, at(5)));
    }

    let account_number = commit_one(&store, &created).await.base.customer.account_number;
    assert!(account_number.is_some());
    conclude(&store, &renamed, synchronized(lost())).await.unwrap();
    conclude(&store, &bad, failed()).await.unwrap();
    let mut transaction = store.begin().await.unwrap();
    transaction.mark_delivered(origin(1), 0, 3, at(9)).await.unwrap();
    transaction.commit().await.unwrap();
    let (status, processed_at) = (RevisionStatus::Synchronized, Some(START));
    let expected = Operation {
        account_number,
        status,
        processed_at,
        delivered_at: Some(at(9)),
        ..received(&created, at(5))
    };
    assert_eq!(shown(&created).await, expected);
    let expected = Operation {
        superseded: lost(),
        request_id: renamed.draft.request_id,
        method: renamed.method,
        captured_at: renamed.capture.unwrap().at,
        place: place(&renamed),
        ..expected
    };
    assert_eq!(shown(&renamed).await, expected);
    let expected = Operation {
        status: RevisionStatus::Failed,
        processed_at,
        error_reason: Some("CUSTOMER_NOT_FOUND".to_owned()),
        error_text: Some("there is none".to_owned()),
        ..received(&bad, at(5))
    };
    assert_eq!(shown(&bad).await, expected, "its outcome was not delivered yet");

    let life = Origin { incarnation: 2, ..origin(1) };
    for (origin, counter) in [(origin(1), 4), (origin(1), 0), (origin(2), 1), (life, 1)] {
        let place = Place { origin, counter: Counter(counter) };
        assert_eq!(store.operation(place).await.unwrap(), None, "{place:?}");
    }
    let query = OperationQuery { limit: 9, ..OperationQuery::default() };
    assert_eq!(store.operations(&query).await.unwrap().len(), 3);
    store.close().await;
    database.remove().await;
}

async fn an_operation_is_shown_with_its_database_s_name(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let one = captured(create("Berg"), 1, 1);
    receive_at(&store, std::slice::from_ref(&one), START).await.unwrap();
    let name = async || store.operation(place(&one)).await.unwrap().unwrap().database;
    assert_eq!(name().await, None);
    register(&store, &registered("store-2", 2)).await;
    assert_eq!(name().await, None);
    register(&store, &registered("store-1", 1)).await;
    assert_eq!(name().await.as_deref(), Some("store-1"));
    // In its next life, and under another name.
    let mut next = registered("store-7", 1);
    next.origin.incarnation = 2;
    register(&store, &next).await;
    assert_eq!(name().await.as_deref(), Some("store-7"));
    store.close().await;
    database.remove().await;
}

/// All operations, page by page.
async fn pages(store: &SharedStore, query: &OperationQuery) -> Vec<Operation> {
    let mut query = query.clone();
    let mut found: Vec<Operation> = Vec::new();
    loop {
        let page = store.operations(&query).await.unwrap();
        assert!(page.len() <= query.limit as usize);
        let Some(last) = page.last() else { return found };
        query.after = Some((last.received_at, last.place));
        found.extend(page);
    }
}

/// What they are to come in.
fn order(operation: &Operation) -> std::cmp::Reverse<(Timestamp, Uuid, i64, i64)> {
    let Place { origin, counter } = operation.place;
    let time = operation.received_at;
    std::cmp::Reverse((time, origin.database_id, origin.incarnation, counter.0))
}

/// Three from each of several lives of several databases, received at one time or another.
async fn uploaded(store: &SharedStore) -> Vec<Operation> {
    let mut all = Vec::new();
    // Also where the first byte of the id decides, and where signs would.
    for number in [1, 2, 3, u128::MAX - 1, 1 << 127, 1 << 120] {
        for incarnation in [1, 2, 10] {
            let origin = Origin { incarnation, ..origin(number) };
            let customer = create("Lund").draft.customer_id;
            let submissions: Vec<_> = (1..=3)
                .map(|counter| {
                    let mut write = match counter {
                        1 => rename(customer, "Roth", 1),
                        _ => create("Berg"),
                    };
                    write.channel = format!("CHANNEL-{counter}");
                    captured(Submission { origin, ..write }, counter, counter)
                })
                .collect();
            let received_at = at(if number % 2 == 0 { 7 } else { incarnation.unsigned_abs() });
            receive_at(store, &submissions, received_at).await.unwrap();
            all.extend(submissions.iter().map(|it| received(it, received_at)));
        }
    }
    all.sort_by_key(order);
    all
}

async fn operations_come_in_pages_without_gaps_or_repeats(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let all = uploaded(&store).await;
    assert_eq!(all.len(), 54);
    for limit in [1, 2, 7, 53, 54, 500] {
        let query = OperationQuery { limit, ..OperationQuery::default() };
        assert!(pages(&store, &query).await == all, "{limit}");
    }
    // What comes between is no reason to repeat one.
    let query = OperationQuery { limit: 10, ..OperationQuery::default() };
    assert_eq!(store.operations(&query).await.unwrap(), all[..10]);
    let late = captured(Submission { origin: origin(9), ..create("Dahl") }, 1, 1);
    receive_at(&store, &[late], at(99)).await.unwrap();
    let after = Some((all[9].received_at, all[9].place));
    let second = OperationQuery { after, ..query };
    assert_eq!(store.operations(&second).await.unwrap(), all[10..20]);
    store.close().await;
    database.remove().await;
}

async fn operations_are_filtered(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let mut all = uploaded(&store).await;
    for (number, operation) in all.iter_mut().enumerate() {
        let ending = match number % 4 {
            0 => continue,
            1 => synchronized(Vec::new()),
            2 => synchronized(lost()),
            _ => failed(),
        };
        let waiting = store.waiting(&[operation.customer_id]).await.unwrap();
        let same = |it: &&WaitingRevision| place(&it.submission) == operation.place;
        let waiting = waiting.iter().find(same).unwrap();
        conclude(&store, &waiting.submission, ending).await.unwrap();
        *operation = store.operation(operation.place).await.unwrap().unwrap();
    }
    let (one, customer) = (origin(1).database_id, all[20].customer_id);
    let statuses = [
        vec![],
        vec![RevisionStatus::Failed],
        vec![RevisionStatus::Received, RevisionStatus::Failed, RevisionStatus::Parked],
        vec![RevisionStatus::Synchronized],
        vec![RevisionStatus::Failed, RevisionStatus::Synchronized],
    ];
    for number in 0..160_u8 {
        let query = OperationQuery {
            statuses: statuses[usize::from(number / 32)].clone(),
            superseded: [None, None, Some(false), Some(true)][usize::from(number & 3)],
            database_id: (number & 4 > 0).then_some(one),
            channel: (number & 8 > 0).then(|| "CHANNEL-2".to_owned()),
            customer: (number & 16 > 0).then_some(customer),
            after: None,
            limit: 3,
        };
        let wanted = |it: &&Operation| {
            (query.statuses.is_empty() || query.statuses.contains(&it.status))
                && (it.status != RevisionStatus::Synchronized
                    || query.superseded.is_none_or(|wanted| it.superseded.is_empty() != wanted))
                && query.database_id.is_none_or(|id| it.place.origin.database_id == id)
                && query.channel.as_ref().is_none_or(|channel| it.channel == *channel)
                && query.customer.is_none_or(|id| it.customer_id == id)
        };
        let expected: Vec<_> = all.iter().filter(wanted).cloned().collect();
        assert!(pages(&store, &query).await == expected, "{query:?}");
    }
    for unknown in ["CHANNEL", "channel-2", "a\0b", ""] {
        let channel = Some(unknown.to_owned());
        let query = OperationQuery { channel, limit: 9, ..OperationQuery::default() };
        assert_eq!(store.operations(&query).await.unwrap(), [], "{unknown:?}");
    }
    store.close().await;
    database.remove().await;
}
