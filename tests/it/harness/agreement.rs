//! What holds between a channel database and headquarters', whatever happened to either.

use std::collections::BTreeMap;

use super::{Database, invariants};

/// What both know, they know alike. The rest is still on its way.
pub async fn check(channel: &Database, headquarters: &Database) {
    invariants::bases_are_headquarters(channel, headquarters).await;
    let there = of_headquarters(channel, headquarters).await;
    for (counter, here) in of_channel(channel).await {
        let Some(there) = there.get(&counter) else {
            assert!(!here.is_uploaded, "headquarters has revision {counter}: {here:?}");
            assert_eq!(here.outcome, "", "nobody knows what became of revision {counter}");
            continue;
        };
        assert_eq!(here.identity, there.identity, "revision {counter} is the same on both sides");
        // What headquarters says last may not have come yet.
        if here.change == there.change {
            assert_eq!(here.outcome, there.outcome, "the outcome of revision {counter}");
            assert_eq!(here.contained_in, there.contained_in, "what contains revision {counter}");
        } else {
            assert!(here.change < there.change, "headquarters is never behind: revision {counter}");
        }
        assert!(
            !here.is_resolved || !here.outcome.is_empty(),
            "revision {counter} ended by an outcome"
        );
    }
}

/// Nothing is on its way any more: headquarters has every revision and each has its one outcome, which is known
/// here, and the channel has every customer as headquarters has it.
pub async fn at_rest(channel: &Database, headquarters: &Database) {
    check(channel, headquarters).await;
    let here = of_channel(channel).await;
    let there = of_headquarters(channel, headquarters).await;
    assert!(here.keys().eq(there.keys()), "headquarters has every revision, and no other");
    for (counter, revision) in here {
        assert!(revision.is_uploaded && revision.is_resolved, "revision {counter}: {revision:?}");
        assert_eq!(revision.change, there[&counter].change, "the last word on {counter}");
    }
    let changed = headquarters.number("SELECT change FROM counter").await;
    let applied = channel.number("SELECT version FROM applied_job WHERE job = '1010'").await;
    assert_eq!(applied, changed, "everything that headquarters has changed is applied");
    let rows = async |database: &Database| {
        let id = database.uuid_text("id");
        let versions = format!("SELECT {id} || ' ' || version FROM customer ORDER BY 1");
        database.texts(&versions).await
    };
    assert_eq!(rows(channel).await, rows(headquarters).await, "the same customers and versions");
    for table in ["customer", "address"] {
        let differing =
            format!("SELECT count(*) FROM {table} WHERE base IS NULL OR view IS NOT NULL");
        assert_eq!(channel.number(&differing).await, 0, "views of {table} are their bases");
    }
}

/// What one side knows of a revision.
#[derive(Debug)]
struct Known {
    /// Its id, its request and its customer.
    identity: String,
    is_uploaded: bool,
    is_resolved: bool,
    /// Empty: there is none.
    outcome: String,
    change: i64,
    contained_in: i64,
}

async fn of_channel(channel: &Database) -> BTreeMap<i64, Known> {
    let flags = "CASE WHEN uploaded_at IS NULL THEN 0 ELSE 1 END || '|' ||
        CASE WHEN resolved_at IS NULL THEN 0 ELSE 1 END";
    let outcome = "coalesce(outcome, '') || '|' || coalesce(outcome_change, 0) || '|' ||
        coalesce(outcome_version, 0)";
    known(channel, flags, outcome, "true").await
}

async fn of_headquarters(channel: &Database, headquarters: &Database) -> BTreeMap<i64, Known> {
    let id = channel.uuid_text("database_id");
    let origin = channel.texts(&format!("SELECT {id} FROM origin")).await.remove(0);
    let incarnation = channel.number("SELECT incarnation FROM origin").await;
    // One that was performed, and lost a field to a later value, is told so to its origin.
    let outcome =
        "CASE WHEN status = 'RECEIVED' THEN '' WHEN superseded IS NOT NULL THEN 'SUPERSEDED'
        ELSE status END || '|' ||
        coalesce(version, 0) || '|' || coalesce(contained_in, 0)";
    let (database, id) = (headquarters.uuid_text("database_id"), origin);
    let of_channel = format!("{database} = '{id}' AND incarnation = {incarnation} AND counter > 0");
    known(headquarters, "'1|0'", outcome, &of_channel).await
}

async fn known(
    database: &Database,
    flags: &str,
    outcome: &str,
    condition: &str,
) -> BTreeMap<i64, Known> {
    let ids = ["id", "request_id", "customer_id"].map(|column| database.uuid_text(column));
    let query = format!(
        "SELECT counter || '|' || {} || '|' || {flags} || '|' || {outcome} FROM revision
         WHERE {condition}",
        ids.join(" || ' ' || ")
    );
    let rows = database.texts(&query).await;
    let count = rows.len();
    let known: BTreeMap<_, _> = rows.iter().map(|row| parsed(row)).collect();
    assert_eq!(known.len(), count, "each counter has one revision");
    known
}

fn parsed(row: &str) -> (i64, Known) {
    let parts: Vec<_> = row.split('|').collect();
    let [counter, identity, uploaded, resolved, outcome, change, contained_in] = parts[..] else {
        panic!("seven values: {row}")
    };
    let number = |text: &str| text.parse().expect("a number");
    let known = Known {
        identity: identity.to_owned(),
        is_uploaded: uploaded == "1",
        is_resolved: resolved == "1",
        outcome: outcome.to_owned(),
        change: number(change),
        contained_in: number(contained_in),
    };
    (number(counter), known)
}
