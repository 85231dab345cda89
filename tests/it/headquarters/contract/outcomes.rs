//! What origins are told: outcomes of their revisions, and customers that have changed.

use csu::{
    domain::{conclusion::RevisionStatus, submission::Submission},
    headquarters::store::RevisionOutcome,
};

use super::{
    inbox::{conclude, failed},
    steps::{captured, commit, commit_one, create, origin, receive, rename},
};
use crate::harness::{Database, Engine, START};

crate::on_both_engines!(outcomes_of_an_origin_come_by_their_versions, changes_come_by_version);

fn outcome(submission: &Submission, version: i64) -> RevisionOutcome {
    RevisionOutcome {
        revision_id: submission.revision_id(),
        request_id: submission.draft.request_id,
        request_hash: submission.request_hash,
        counter: submission.capture.map(|capture| capture.counter),
        customer_id: submission.draft.customer_id,
        method: submission.method,
        decision: submission.decision.clone(),
        status: RevisionStatus::Synchronized,
        version,
        contained_in: Some(version),
        superseded: false,
        error_reason: None,
        processed_at: START,
    }
}

async fn outcomes_of_an_origin_come_by_their_versions(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let created = captured(create("Berg"), 1, 1);
    let id = created.draft.customer_id;
    let bad = captured(rename(id, "Roth", 1), 2, 2);
    let waits = captured(rename(id, "Lind", 1), 3, 3);
    receive(&store, &[created.clone(), bad.clone(), waits]).await.unwrap();
    commit_one(&store, &created).await;
    let real_time = create("Lund");
    commit_one(&store, &real_time).await;
    commit_one(&store, &Submission { origin: origin(2), ..create("Dahl") }).await;
    conclude(&store, &bad, failed()).await.unwrap();

    let all = [
        outcome(&created, 1),
        outcome(&real_time, 2),
        RevisionOutcome {
            status: RevisionStatus::Failed,
            contained_in: None,
            error_reason: Some("CUSTOMER_NOT_FOUND".to_owned()),
            ..outcome(&bad, 4)
        },
    ];
    assert_eq!(store.last_change().await.unwrap(), 4);
    assert_eq!(store.outcomes(origin(1), 0, 4, 9).await.unwrap(), all);
    assert_eq!(store.outcomes(origin(1), 1, 3, 9).await.unwrap(), all[1..2]);
    assert_eq!(store.outcomes(origin(1), 2, 3, 9).await.unwrap(), []);
    assert_eq!(store.outcomes(origin(1), 3, 9, 9).await.unwrap(), all[2..]);
    assert_eq!(store.outcomes(origin(2), 0, 9, 9).await.unwrap().len(), 1);
    assert_eq!(store.outcomes(origin(3), 0, 9, 9).await.unwrap(), []);
    let mut from = 0;
    for next in &all {
        let page = store.outcomes(origin(1), from, 9, 1).await.unwrap();
        assert_eq!(page, std::slice::from_ref(next));
        from = next.version;
    }
    assert_eq!(store.outcomes(origin(1), from, 9, 1).await.unwrap(), []);
    let (memory, _) = store.performed(created.draft.request_id).await.unwrap().unwrap();
    assert_eq!(memory.request_hash, created.request_hash, "it has performed its request");
    assert_eq!(store.performed(bad.draft.request_id).await.unwrap(), None);
    store.close().await;
    database.remove().await;
}

async fn changes_come_by_version(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    assert_eq!(
        (store.last_change().await.unwrap(), store.changes(0, 9, 9).await.unwrap()),
        (0, vec![])
    );
    let batch: Vec<_> = (0..6).map(|number| create(&number.to_string())).collect();
    let written = commit(&store, START, &batch).await.unwrap();
    let renamed = commit_one(&store, &rename(written[1].base.customer.id, "Roth", 2)).await;
    let all: Vec<_> =
        written.iter().filter(|it| it.base.version != 2).chain([&renamed]).cloned().collect();
    assert_eq!(store.last_change().await.unwrap(), 7);
    assert_eq!(store.changes(0, 7, 100).await.unwrap(), all);
    assert_eq!(store.changes(3, 6, 100).await.unwrap(), all[2..5]);
    assert_eq!(store.changes(6, 6, 100).await.unwrap(), []);
    let (mut from, mut pages) = (0, Vec::new());
    while let Some(last) = store.changes(from, 7, 2).await.unwrap().last().cloned() {
        pages.extend(store.changes(from, 7, 2).await.unwrap());
        from = last.base.version;
    }
    assert_eq!(pages, all);
    store.close().await;
    database.remove().await;
}
