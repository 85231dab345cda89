//! What holds in every channel database, whatever happened to it.

use std::collections::{BTreeMap, BTreeSet};

use csu::domain::{
    customer::{Address, Customer},
    id::CustomerId,
    merge::Record,
    search::{self},
    write::Answer,
};

use super::{Database, Engine};

const STAGING: &[&str] = &[
    "retailasynccustomerv2",
    "retailasyncaddressv2",
    "retailasynccustomercontact",
    "retailasynccustomeraffiliation",
    "retailasynccustomerattributev2",
];

/// Checks all of them, row for row.
pub async fn check(database: &Database) {
    counters_are_gapless(database).await;
    requests_have_one_effect(database).await;
    staged_rows_belong_to_revisions(database).await;
    views_are_whole(database).await;
    search_rows_match_the_views(database).await;
    answers_name_customers_that_exist(database).await;
}

/// Counters run from 1 to the counter row's value, and capture times never fall.
async fn counters_are_gapless(database: &Database) {
    for (stream, table) in [("revision", "revision"), ("event", "event")] {
        let last = database.number(&format!("SELECT {stream} FROM counter")).await;
        let count = database.number(&format!("SELECT count(*) FROM {table}")).await;
        let highest =
            database.number(&format!("SELECT coalesce(max(counter), 0) FROM {table}")).await;
        assert_eq!((count, highest), (last, last), "{stream} counters have no gaps");
    }
    let falling = "SELECT count(*) FROM revision a JOIN revision b ON b.counter = a.counter + 1
                   WHERE b.captured_at < a.captured_at";
    assert_eq!(database.number(falling).await, 0, "capture times never fall");
}

/// No request id and no revision id has two revisions, and no customer is created twice.
async fn requests_have_one_effect(database: &Database) {
    for column in ["request_id", "id"] {
        let query = format!("SELECT count(*) - count(DISTINCT {column}) FROM revision");
        assert_eq!(database.number(&query).await, 0, "each {column} has one revision");
    }
    let twice = "SELECT count(*) FROM (SELECT custaccountasync FROM retailasynccustomerv2
                 WHERE operation = 1 GROUP BY custaccountasync HAVING count(*) > 1) AS twice";
    assert_eq!(database.number(twice).await, 0, "no customer is created twice");
    let uncreated = "SELECT count(*) FROM customer c WHERE base IS NULL AND NOT EXISTS
        (SELECT 1 FROM retailasynccustomerv2 s WHERE s.operation = 1 AND s.custaccountasync = c.id)";
    assert_eq!(database.number(uncreated).await, 0, "each pending customer has its create");
    let early = "SELECT count(*) FROM revision r JOIN customer c ON c.id = r.customer_id
        WHERE r.resolved_at IS NOT NULL AND r.outcome <> 'DISCARDED'
            AND (c.version IS NULL OR c.version < r.outcome_version)";
    assert_eq!(
        database.number(early).await,
        0,
        "nothing stops waiting before the base contains it"
    );
}

async fn staged_rows_belong_to_revisions(database: &Database) {
    for table in STAGING {
        let orphans = format!(
            "SELECT count(*) FROM {table} s WHERE NOT EXISTS (SELECT 1 FROM revision r
             WHERE r.counter = s.replicationcounterfromorigin AND r.customer_id = s.custaccountasync)"
        );
        assert_eq!(database.number(&orphans).await, 0, "{table} has no rows without a revision");
    }
    let rows: Vec<_> = STAGING
        .iter()
        .map(|table| {
            format!("SELECT replicationcounterfromorigin AS counter, ordinal FROM {table}")
        })
        .collect();
    let rows = rows.join(" UNION ALL ");
    let empty = format!(
        "SELECT count(*) FROM revision r WHERE NOT EXISTS (SELECT 1 FROM ({rows}) AS s WHERE s.counter = r.counter)"
    );
    assert_eq!(database.number(&empty).await, 0, "no revision is empty");
    let ordinals = format!(
        "SELECT count(*) FROM (SELECT counter FROM ({rows}) AS s GROUP BY counter
         HAVING count(*) <> count(DISTINCT ordinal) OR max(ordinal) <> count(*) - 1) AS bad"
    );
    assert_eq!(database.number(&ordinals).await, 0, "a revision's rows are numbered from 0");
}

/// Every customer that an address, a search row or a revision that waits names is there, and whoever was told of one
/// that is not was told of its end.
async fn views_are_whole(database: &Database) {
    for (table, condition) in [
        ("address", "true"),
        ("customer_search", "true"),
        ("revision", "t.resolved_at IS NULL"),
        (
            "event",
            "t.kind < 3 AND NOT EXISTS (SELECT 1 FROM event e WHERE e.counter > t.counter
                AND (e.kind = 4 OR (e.kind = 3 AND e.customer_id = t.customer_id)))",
        ),
    ] {
        let orphans = format!(
            "SELECT count(*) FROM {table} t WHERE NOT EXISTS
             (SELECT 1 FROM customer c WHERE c.id = t.customer_id) AND {condition}"
        );
        assert_eq!(database.number(&orphans).await, 0, "{table} names customers that exist");
    }
}

/// What customers are found by is exactly what their views say.
async fn search_rows_match_the_views(database: &Database) {
    let mut expected = BTreeSet::new();
    for view in database.texts("SELECT coalesce(view, base) FROM customer").await {
        let customer: Customer = serde_json::from_str(&view).expect("a view");
        for term in search::terms(&customer) {
            expected.insert((term.kind.code(), term.text, customer.id.to_string()));
        }
    }
    let id = match database.engine {
        Engine::Sqlite => "lower(hex(customer_id))",
        Engine::Postgres => "replace(customer_id::text, '-', '')",
    };
    let stored: BTreeSet<_> = database
        .texts(&format!("SELECT kind || '|' || {id} || '|' || term FROM customer_search"))
        .await
        .into_iter()
        .map(|row| {
            let mut parts = row.splitn(3, '|');
            let kind = parts.next().and_then(|kind| kind.parse().ok()).expect("a kind");
            let id: uuid::Uuid = parts.next().and_then(|id| id.parse().ok()).expect("an id");
            (kind, parts.next().expect("a term").to_owned(), id.to_string())
        })
        .collect();
    assert_eq!(stored, expected, "search rows are those of the views");
}

/// Every remembered answer is of a customer that is there, or whose end was told.
async fn answers_name_customers_that_exist(database: &Database) {
    let customers: BTreeMap<_, _> = database
        .texts("SELECT coalesce(view, base) FROM customer")
        .await
        .iter()
        .map(|view| serde_json::from_str::<Customer>(view).expect("a view"))
        .map(|customer| (customer.id, customer))
        .collect();
    for answer in database.texts("SELECT answer FROM request_record").await {
        let answer: Answer = serde_json::from_str(&answer).expect("an answer");
        let id = answer.known.customer.id;
        if let Some(known) = customers.get(&id) {
            assert_eq!(known.created_by, answer.known.customer.created_by);
        } else {
            let end = format!(
                "SELECT count(*) FROM event WHERE kind = 4 OR (kind = 3 AND customer_id = {})",
                database.id(id.0)
            );
            assert!(database.number(&end).await > 0, "the customer exists");
        }
    }
}

/// Every base of a channel is what headquarters had at that version; where the versions are the same, word for word.
pub async fn bases_are_headquarters(channel: &Database, headquarters: &Database) {
    let records: BTreeMap<_, _> = headquarters
        .texts("SELECT record FROM customer")
        .await
        .iter()
        .map(|record| serde_json::from_str::<Record>(record).expect("a record").base)
        .map(|base| (base.customer.id, base))
        .collect();
    let bases = "SELECT version || '|' || base FROM customer WHERE base IS NOT NULL";
    for row in channel.texts(bases).await {
        let (version, base) = row.split_once('|').expect("a version");
        let version: i64 = version.parse().expect("a number");
        let mut base: Customer = serde_json::from_str(base).expect("a base");
        base.addresses = addresses_of(channel, base.id).await;
        let known = records.get(&base.id).expect("headquarters has the customer");
        assert!(version <= known.version, "headquarters is never behind");
        assert_eq!(base.account_number, known.customer.account_number, "for ever");
        if version == known.version {
            assert_eq!(base, known.customer);
        }
    }
}

async fn addresses_of(channel: &Database, id: CustomerId) -> Vec<Address> {
    let key = channel.id(id.0);
    let query = format!("SELECT base FROM address WHERE base IS NOT NULL AND customer_id = {key}");
    let rows = channel.texts(&query).await;
    let mut addresses: Vec<Address> =
        rows.iter().map(|row| serde_json::from_str(row).expect("an address")).collect();
    addresses.sort_by_key(|address| (address.created_at, address.id));
    addresses
}
