//! Rows that can't be understood: said with table, column and row, and never with the value, which may be
//! somebody's name.

use csu::{channel::store::SharedStore, storage::StoreError};

use super::steps::commit_one;
use crate::harness::{Database, Engine, START, writes};

crate::on_both_engines!(
    unknown_payloads_are_named_without_their_value,
    keys_of_a_wrong_length_are_named,
    what_is_no_json_is_an_error,
);

/// Valid JSON of no shape that we know.
const UNKNOWN: &str = r#"{"id": 5, "fields": {"nickname": "Karen"}, "Karen": ["Berg"]}"#;

struct Broken {
    database: Database,
    store: SharedStore,
    write: csu::domain::write::Write,
}

/// A database with one customer and a change to it that nobody should have made.
async fn broken(engine: Engine, change: &str) -> Broken {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    let write = writes::create("Berg");
    commit_one(&store, START, &write).await;
    let setup = "INSERT INTO channel (operating_unit_number, setup) VALUES ('SEATTLE', '{}')";
    database.execute(setup).await;
    database.execute(change).await;
    Broken { database, store, write }
}

impl Broken {
    async fn read(&self, table: &str) -> StoreError {
        let id = self.write.customer_id;
        match table {
            "request_record" => self.store.request_record(self.write.request_id).await.err(),
            "channel" => self.store.configuration("SEATTLE").await.err(),
            "origin" => self.store.identity().await.err(),
            _ => self.store.customers(&[id]).await.err(),
        }
        .expect("it can't be understood")
    }

    async fn remove(self) {
        self.store.close().await;
        self.database.remove().await;
    }
}

async fn unknown_payloads_are_named_without_their_value(engine: Engine) {
    for (wanted_table, wanted_column) in [
        ("customer", "view"),
        ("address", "view"),
        ("revision", "touches"),
        ("request_record", "answer"),
        ("channel", "setup"),
    ] {
        let change = format!("UPDATE {wanted_table} SET {wanted_column} = '{UNKNOWN}'");
        let broken = broken(engine, &change).await;
        let error = broken.read(wanted_table).await;
        let text = error.to_string();
        let StoreError::Inconsistent { table, column, row, .. } = error else {
            panic!("{wanted_table}: {text}");
        };
        assert_eq!((table, column), (wanted_table, wanted_column));
        let wanted_row = match table {
            "request_record" => broken.write.request_id.to_string(),
            "channel" => "SEATTLE".to_owned(),
            _ => broken.write.customer_id.to_string(),
        };
        assert_eq!(row, wanted_row);
        assert!(text.contains(&format!("{table}.{column} of {row}")), "{text}");
        assert!(!text.contains("Karen") && !text.contains("Berg"), "{text}");
        broken.remove().await;
    }
}

async fn keys_of_a_wrong_length_are_named(engine: Engine) {
    for (table, column) in [("request_record", "request_hash"), ("origin", "request_hash_key")] {
        let short = match engine {
            Engine::Sqlite => "x'0102'",
            Engine::Postgres => "'\\x0102'",
        };
        let broken = broken(engine, &format!("UPDATE {table} SET {column} = {short}")).await;
        let text = broken.read(table).await.to_string();
        assert!(text.contains(&format!("{table}.{column}")), "{text}");
        broken.remove().await;
    }
}

/// Where the database itself reads the JSON, it is the one to refuse.
async fn what_is_no_json_is_an_error(engine: Engine) {
    for (table, column) in
        [("customer", "view"), ("address", "view"), ("revision", "touches"), ("channel", "setup")]
    {
        for value in ["Karen Berg", "{\"Karen\": \"Berg\"", ""] {
            let broken = broken(engine, &format!("UPDATE {table} SET {column} = '{value}'")).await;
            let error = broken.read(table).await;
            let text = error.to_string();
            assert!(
                matches!(error, StoreError::Inconsistent { .. } | StoreError::Refused(_)),
                "{table}: {text}"
            );
            assert!(!text.contains("Karen") && !text.contains("Berg"), "{text}");
            broken.remove().await;
        }
    }
}
