//! Whatever a person types comes back as it was.

use csu::{
    domain::{
        customer::{Contact, ContactKind},
        field::{AddressField, CustomerField},
        write::{NewAddress, NewCustomer, Write},
    },
    storage::StoreError,
};

use super::steps::{commit, customer};
use crate::harness::{Database, Engine, Footprint, START, invariants, writes};

crate::on_both_engines!(every_text_comes_back_as_it_was, a_nul_is_kept_or_refused);

const TEXTS: &[&str] = &[
    "O'Neill",
    "''",
    "\"",
    "\"quoted\"",
    "\\",
    "\\\\",
    "\\n",
    "\\u0041",
    "\\'; DROP TABLE customer; --",
    "{\"json\": [1, null]}",
    "{}",
    "[]",
    "null",
    "true",
    "0",
    "1e5",
    "$1 ?1 :name @name %s {0}",
    "%_*?[a-z]",
    " leading and trailing ",
    "tab\tline\nreturn\r\nfeed\u{c}",
    "\u{1}\u{2}\u{1f}\u{7f}",
    "<script>&amp;</script>",
    "e\u{301} is not é",
    "\u{feff}\u{200b}\u{200d}",
    "\u{2028}\u{2029}",
    "\u{202e}evil\u{202c} שלום مرحبا",
    "漢字かなカナ한글",
    "😀👩‍👩‍👧‍👦🇺🇸",
    "\u{10ffff}\u{e000}\u{fffd}",
];

fn create(text: &str) -> Write {
    let request = writes::request_id();
    let contact = Contact {
        id: request.contact_id(0),
        kind: ContactKind::Email,
        value: format!("{text}@example.com"),
        typed: text.to_owned(),
    };
    let address = NewAddress {
        id: request.address_id(0),
        fields: writes::fields([(AddressField::Street, text), (AddressField::City, text)]),
        primary: true,
    };
    let new = NewCustomer {
        fields: writes::fields([(CustomerField::LastName, text)]),
        contacts: vec![contact],
        addresses: vec![address],
    };
    writes::create_as(request, new)
}

async fn every_text_comes_back_as_it_was(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let long: Vec<String> = ["x", "\\", "'", "😀"].iter().map(|part| part.repeat(10_000)).collect();
    let texts: Vec<_> = TEXTS.iter().copied().chain(long.iter().map(|it| &it[..250 * 4])).collect();
    let mut batch: Vec<_> = texts.iter().map(|text| create(text)).collect();
    for (write, text) in batch.iter_mut().zip(&texts) {
        (*text).clone_into(&mut write.channel);
        (*text).clone_into(&mut write.caller.name);
    }
    let answers = commit(&store, START, &batch).await.expect("all texts can be stored");
    for ((write, answer), text) in batch.iter().zip(answers).zip(&texts) {
        let known = customer(&store, write.customer_id).await.expect("it is there");
        assert_eq!(known, answer.known);
        assert_eq!(known.customer.fields.get(CustomerField::LastName), *text);
        assert_eq!(known.customer.addresses[0].fields.get(AddressField::Street), *text);
        assert_eq!(known.customer.contacts[0].typed, *text);
        let record = store.request_record(write.request_id).await.unwrap().unwrap();
        assert_eq!(record.answer, answer);
    }
    for (column, table) in [
        ("lastname", "retailasynccustomerv2"),
        ("street", "retailasyncaddressv2"),
        ("typedlocator", "retailasynccustomercontact"),
    ] {
        let query = format!("SELECT {column} FROM {table} ORDER BY replicationcounterfromorigin");
        assert_eq!(database.texts(&query).await, texts, "{table}.{column}");
    }
    for column in ["channel", "caller"] {
        let query = format!("SELECT {column} FROM revision ORDER BY counter");
        assert_eq!(database.texts(&query).await, texts, "{column}");
    }
    store.close().await;
    invariants::check(&database).await;
    database.remove().await;
}

/// PostgreSQL has no room for a NUL in a text. The checks of the operations let none through; should one come all
/// the same, it is refused with everything around it, or kept.
async fn a_nul_is_kept_or_refused(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let before = Footprint::of(&database).await;
    let write = create("Be\0rg");
    match commit(&store, START, std::slice::from_ref(&write)).await {
        Ok(answers) => {
            assert_eq!(engine, Engine::Sqlite);
            let known = customer(&store, write.customer_id).await.expect("it is there");
            assert_eq!(known, answers[0].known);
        }
        Err(StoreError::Refused(text)) => {
            assert!(!text.contains("rg"), "{text}");
            assert_eq!(Footprint::of(&database).await, before);
            assert_eq!(customer(&store, write.customer_id).await, None);
        }
        Err(error) => panic!("{error:?}"),
    }
    // The connection is as good as before.
    commit(&store, START, &[create("Berg")]).await.unwrap();
    store.close().await;
    database.remove().await;
}
