//! Searching: the order of bytes on both engines, whatever the database's collation.

use std::collections::BTreeSet;

use csu::{
    channel::store::{SearchPosition, SharedStore},
    domain::{
        id::CustomerId,
        search::{Criterion, TermKind},
        write::Write,
    },
};

use super::steps::commit;
use crate::harness::{Database, Engine, START, writes};

crate::on_both_engines!(
    terms_come_in_the_order_of_bytes,
    a_prefix_finds_what_begins_so_and_nothing_else,
    an_exact_search_finds_its_term_alone,
    pages_go_on_where_the_last_one_ended,
    kinds_of_terms_do_not_mix,
    what_no_term_can_hold_is_not_found,
);

/// Terms that collations put elsewhere, or that have a meaning in SQL.
const TERMS: &[&str] = &[
    "",
    " ",
    "!",
    "\"quoted\"",
    "%",
    "%%",
    "'; DROP TABLE customer; --",
    "100%",
    "A",
    "B",
    "Z",
    "[a-z]*",
    "\\",
    "\\x41",
    "_",
    "a",
    "a b",
    "a%b",
    "a_b",
    "aa",
    "ab",
    "ab'c",
    "axb",
    "a\u{301}",
    "a\u{fffd}",
    "b",
    "co-op",
    "coop",
    "z",
    "ß",
    "á",
    "é",
    "ÿ",
    "Ω",
    "漢字",
    "\u{e000}",
    "\u{fffd}",
    "😀",
    "😀😀",
    "👩‍👩‍👧‍👦",
];

fn criterion(text: &str, prefix: bool) -> Criterion {
    Criterion { kind: TermKind::Phone, text: text.to_owned(), prefix }
}

/// Customers that share terms, and very long ones.
fn population() -> Vec<Write> {
    let long: Vec<String> =
        ["a", "é", "漢", "😀", "%"].iter().map(|part| part.repeat(1_000 / part.len())).collect();
    let long: Vec<_> = long.iter().map(String::as_str).collect();
    let mut population: Vec<_> =
        TERMS.iter().map(|term| writes::create_with_phones(&[term])).collect();
    population.push(writes::create_with_phones(&long));
    population.push(writes::create_with_phones(&["a", "a%b", "z", "😀"]));
    population.push(writes::create_with_phones(&["a", "a", "ab"]));
    population
}

/// What is to be found, by Rust's order of bytes.
fn expected(population: &[Write], meets: impl Fn(&str) -> bool) -> Vec<(String, CustomerId)> {
    let mut found = BTreeSet::new();
    for write in population {
        let csu::domain::write::Command::CreateCustomer(new) = &write.command else {
            continue;
        };
        for contact in new.contacts.iter().filter(|it| !it.value.is_empty() && meets(&it.value)) {
            found.insert((contact.value.clone(), write.customer_id));
        }
    }
    found.into_iter().collect()
}

async fn search(
    store: &SharedStore,
    criterion: &Criterion,
    after: Option<&SearchPosition>,
    limit: u32,
) -> Vec<(String, CustomerId)> {
    let found = store.search(criterion, after, limit).await.expect("a search");
    found.into_iter().map(|position| (position.term, position.customer_id)).collect()
}

async fn populated(engine: Engine) -> (Database, SharedStore, Vec<Write>) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let population = population();
    commit(&store, START, &population).await.expect("all terms can be stored");
    (database, store, population)
}

async fn terms_come_in_the_order_of_bytes(engine: Engine) {
    let (database, store, population) = populated(engine).await;
    let all = search(&store, &criterion("", true), None, 1_000).await;
    assert_eq!(all, expected(&population, |_| true));
    store.close().await;
    database.remove().await;
}

async fn a_prefix_finds_what_begins_so_and_nothing_else(engine: Engine) {
    let (database, store, population) = populated(engine).await;
    for prefix in TERMS.iter().filter(|term| !term.is_empty()) {
        let found = search(&store, &criterion(prefix, true), None, 1_000).await;
        let wanted = expected(&population, |term| term.starts_with(prefix));
        assert_eq!(found, wanted, "{prefix:?}");
    }
    assert!(search(&store, &criterion("nobody", true), None, 10).await.is_empty());
    store.close().await;
    database.remove().await;
}

async fn an_exact_search_finds_its_term_alone(engine: Engine) {
    let (database, store, population) = populated(engine).await;
    for text in TERMS.iter().filter(|term| !term.is_empty()) {
        let found = search(&store, &criterion(text, false), None, 1_000).await;
        assert_eq!(found, expected(&population, |term| term == *text), "{text:?}");
    }
    assert!(search(&store, &criterion("ax", false), None, 10).await.is_empty());
    store.close().await;
    database.remove().await;
}

async fn pages_go_on_where_the_last_one_ended(engine: Engine) {
    let (database, store, population) = populated(engine).await;
    for (prefix, limit) in [("", 1), ("", 7), ("a", 2), ("a", 1_000)] {
        let (mut pages, mut after) = (Vec::new(), None);
        loop {
            let found = store.search(&criterion(prefix, true), after.as_ref(), limit).await;
            let page = found.expect("a page");
            assert!(page.len() <= limit as usize);
            let Some(last) = page.last().cloned() else { break };
            pages.extend(page.into_iter().map(|position| (position.term, position.customer_id)));
            after = Some(last);
        }
        assert_eq!(pages, expected(&population, |term| term.starts_with(prefix)));
    }
    // A position that nobody has, between two terms.
    let after = SearchPosition { term: "aaa".to_owned(), customer_id: population[0].customer_id };
    let wanted = |term: &str| term.starts_with('a') && term > "aaa";
    let found = search(&store, &criterion("a", true), Some(&after), 1_000).await;
    assert_eq!(found, expected(&population, wanted));
    store.close().await;
    database.remove().await;
}

async fn kinds_of_terms_do_not_mix(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let write = writes::create("Berg");
    commit(&store, START, std::slice::from_ref(&write)).await.unwrap();
    for (kind, term) in [
        (TermKind::NameWord, "berg"),
        (TermKind::NameWord, "karen"),
        (TermKind::Phone, "+14255550100"),
        (TermKind::Email, "karen@example.com"),
    ] {
        for asked in [TermKind::NameWord, TermKind::Phone, TermKind::Email, TermKind::AccountNumber]
        {
            let criterion = Criterion { kind: asked, text: term.to_owned(), prefix: false };
            let found = search(&store, &criterion, None, 10).await;
            let wanted = (asked == kind).then(|| (term.to_owned(), write.customer_id));
            assert_eq!(found, wanted.into_iter().collect::<Vec<_>>());
        }
    }
    store.close().await;
    database.remove().await;
}

/// A text with a NUL, which PostgreSQL has no room for: from a search or a page token that somebody made up.
async fn what_no_term_can_hold_is_not_found(engine: Engine) {
    let (database, store, _) = populated(engine).await;
    for text in ["a\0", "\0", "a\0b"] {
        for prefix in [true, false] {
            assert!(search(&store, &criterion(text, prefix), None, 10).await.is_empty());
        }
    }
    store.close().await;
    database.remove().await;
}
