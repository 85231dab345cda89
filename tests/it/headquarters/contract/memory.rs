//! The memory of performed requests.

use std::time::Duration;

use csu::domain::submission::{PerformedRequest, Submission};

use super::steps::{commit, commit_one, create, rename};
use crate::harness::{Database, Engine, START};

crate::on_both_engines!(
    a_memory_comes_with_its_customer_as_it_is_now,
    a_revision_that_has_not_performed_its_request_is_no_memory,
    an_outcome_says_all_of_its_write,
    what_was_superseded_is_kept,
);

fn memory(submission: &Submission) -> PerformedRequest {
    PerformedRequest {
        request_hash: submission.request_hash,
        method: submission.method,
        customer_id: submission.draft.customer_id,
        decision: submission.decision.clone(),
    }
}

async fn a_memory_comes_with_its_customer_as_it_is_now(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let created = create("Berg");
    let record = commit_one(&store, &created).await;
    let id = created.draft.request_id;
    assert_eq!(store.performed(id).await.unwrap(), Some((memory(&created), record)));

    let renamed = rename(created.draft.customer_id, "Roth", 1);
    let other = create("Lind");
    let now = commit(&store, START, &[renamed.clone(), other.clone()]).await.unwrap().remove(0);
    for submission in [&created, &renamed] {
        let found = store.performed(submission.draft.request_id).await.unwrap();
        assert_eq!(found, Some((memory(submission), now.clone())));
    }

    let mut transaction = store.begin().await.unwrap();
    let unknown = create("Berg").draft.request_id;
    let asked = [renamed.draft.request_id, unknown, id];
    let mut found = transaction.performed(&asked).await.unwrap();
    drop(transaction);
    found.sort_by_key(|(id, _)| *id);
    let mut expected =
        [&created, &renamed].map(|submission| (submission.draft.request_id, memory(submission)));
    expected.sort_by_key(|(id, _)| *id);
    assert_eq!(found, expected);
    store.close().await;
    database.remove().await;
}

async fn a_revision_that_has_not_performed_its_request_is_no_memory(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let created = create("Berg");
    commit_one(&store, &created).await;
    database.execute("UPDATE revision SET performed = 0").await;
    let id = created.draft.request_id;
    assert_eq!(store.performed(id).await.unwrap(), None);
    let mut transaction = store.begin().await.unwrap();
    assert_eq!(transaction.performed(&[id]).await.unwrap(), []);
    drop(transaction);
    store.close().await;
    database.remove().await;
}

async fn an_outcome_says_all_of_its_write(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let created = create("Berg");
    commit_one(&store, &created).await;
    let mut renamed = rename(created.draft.customer_id, "Roth", 1);
    renamed.origin.incarnation = 7;
    commit(&store, START.plus(Duration::from_secs(1)), &[renamed.clone()]).await.unwrap();

    let ids = format!(
        "SELECT count(*) FROM revision WHERE version = 2 AND id = {} AND request_id = {}
            AND customer_id = {} AND database_id = {}",
        database.id(renamed.draft.request_id.revision_id().0),
        database.id(renamed.draft.request_id.0),
        database.id(renamed.draft.customer_id.0),
        database.id(renamed.origin.database_id),
    );
    assert_eq!(database.number(&ids).await, 1);
    let rows = "SELECT version || ' ' || channel || ' ' || caller || ' ' || method || ' ' || incarnation
            || ' ' || coalesce(CAST(base_version AS text), 'new') || ' ' || (received_at - 1767225600000)
            || ' ' || status || ' ' || performed || ' ' || CASE counter WHEN 0 THEN 'real-time' ELSE 'async' END
            || ' ' || contained_in || ' ' || (processed_at - received_at) || ' ' || coalesce(changes, 'no changes')
            || ' ' || coalesce(superseded, 'nothing')
        FROM revision ORDER BY version";
    let expected = [
        "1 SEATTLE anonymous CreateCustomer 1 new 0 SYNCHRONIZED 1 real-time 1 0 no changes nothing",
        "2 SEATTLE anonymous UpdateCustomer 7 1 1000 SYNCHRONIZED 1 real-time 2 0 no changes nothing",
    ];
    assert_eq!(database.texts(rows).await, expected);
    store.close().await;
    database.remove().await;
}

async fn what_was_superseded_is_kept(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let id = commit_one(&store, &create("Berg")).await.base.customer.id;
    let later = START.plus(Duration::from_secs(2));
    commit(&store, later, &[rename(id, "Roth", 1)]).await.unwrap();
    let lost = rename(id, "Li'nd", 1);
    let record = commit(&store, later.minus(Duration::from_secs(1)), &[lost]).await.unwrap();
    assert_eq!(record[0].base.version, 2, "the customer stays as it was");
    let kept = database.texts("SELECT superseded FROM revision WHERE version = 3").await;
    assert_eq!(kept, [r#"[{"field":"last_name","lost":"Li'nd","kept":"Roth"}]"#]);
    store.close().await;
    database.remove().await;
}
