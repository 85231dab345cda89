//! Rows that can't be understood: said with table, column and row, and never with the value, which may be
//! somebody's name.

use csu::{
    domain::{setup::Setup, submission::Submission},
    headquarters::store::{self, SharedStore},
    storage::StoreError,
};

use super::steps::{commit_one, create, origin};
use crate::harness::{Database, Engine, START};

crate::on_both_engines!(
    what_can_t_be_understood_is_named_without_its_value,
    keys_of_a_wrong_length_are_named,
    a_memory_without_its_customer_is_named,
    missing_rows_are_errors,
);

/// JSON of no shape that we know, and none.
const UNKNOWN: [&str; 3] = [r#"{"id": 5, "Karen": ["Berg"]}"#, "Karen Berg", ""];

struct Broken {
    database: Database,
    store: SharedStore,
    created: Submission,
}

/// What is asked where a row is broken.
#[derive(Debug, Clone, Copy)]
enum Asked {
    Identity,
    Records,
    Performed,
    Memories,
    Setup,
    Standing,
}

/// A database with one customer and a change to it that nobody should have made.
async fn broken(engine: Engine, change: &str) -> Broken {
    let database = Database::new_headquarters(engine).await;
    let new = Database::new_identity(Setup::demo("store-1"));
    let store = store::open(&database.parsed(), new, START).await.unwrap();
    let created = create("Berg");
    commit_one(&store, &created).await;
    database.execute(change).await;
    Broken { database, store, created }
}

impl Broken {
    async fn ask(&self, asked: Asked) -> StoreError {
        let draft = &self.created.draft;
        match asked {
            Asked::Identity => self.store.identity().await.err(),
            Asked::Records => self.store.records(&[draft.customer_id]).await.err(),
            Asked::Performed => self.store.performed(draft.request_id).await.err(),
            Asked::Memories => {
                let mut transaction = self.store.begin().await.unwrap();
                transaction.performed(&[draft.request_id]).await.err()
            }
            Asked::Setup => self.store.setup().await.err(),
            Asked::Standing => self.store.standing(origin(1), "HOUSTON").await.err(),
        }
        .expect("it can't be understood")
    }

    /// The error names this place, and no value.
    async fn assert_named(self, asked: &[Asked], place: (&str, &str, &str)) {
        for asked in asked {
            let error = self.ask(*asked).await;
            let text = error.to_string();
            let StoreError::Inconsistent { table, column, row, .. } = error else {
                panic!("{asked:?}: {text}");
            };
            assert_eq!((table, column, &*row), place, "{asked:?}");
            assert!(text.contains(&format!("{table}.{column} of {row}")), "{text}");
            assert!(!text.contains("Karen") && !text.contains("Berg"), "{text}");
        }
        self.store.close().await;
        self.database.remove().await;
    }
}

async fn what_can_t_be_understood_is_named_without_its_value(engine: Engine) {
    for value in UNKNOWN {
        let set = |table, column| format!("UPDATE {table} SET {column} = '{value}'");
        let it = broken(engine, &set("customer", "record")).await;
        let customer = it.created.draft.customer_id.to_string();
        it.assert_named(&[Asked::Records, Asked::Performed], ("customer", "record", &customer))
            .await;
        for column in ["decision", "method"] {
            let it = broken(engine, &set("revision", column)).await;
            let request = it.created.draft.request_id.to_string();
            let asked = [Asked::Performed, Asked::Memories];
            it.assert_named(&asked, ("revision", column, &request)).await;
        }
        for (kind, code, asked) in [
            ("channels", "HOUSTON", &[Asked::Setup, Asked::Standing][..]),
            ("customer_groups", "30", &[Asked::Setup]),
            ("features", "async-address-creation", &[Asked::Setup]),
        ] {
            let one = format!(" WHERE kind = '{kind}' AND code = '{code}'");
            let it = broken(engine, &(set("setup", "content") + &one)).await;
            it.assert_named(asked, ("setup", "content", &format!("{kind} {code}"))).await;
        }
    }
}

async fn keys_of_a_wrong_length_are_named(engine: Engine) {
    let short = match engine {
        Engine::Sqlite => "x'0102'",
        Engine::Postgres => "'\\x0102'",
    };
    let it = broken(engine, &format!("UPDATE headquarters SET request_hash_key = {short}")).await;
    it.assert_named(&[Asked::Identity], ("headquarters", "request_hash_key", "1")).await;
    let it = broken(engine, &format!("UPDATE revision SET request_hash = {short}")).await;
    let request = it.created.draft.request_id.to_string();
    let asked = [Asked::Performed, Asked::Memories];
    it.assert_named(&asked, ("revision", "request_hash", &request)).await;
}

async fn a_memory_without_its_customer_is_named(engine: Engine) {
    let it = broken(engine, "DELETE FROM customer").await;
    let request = it.created.draft.request_id.to_string();
    it.assert_named(&[Asked::Performed], ("revision", "customer_id", &request)).await;
}

/// Never an empty setup, or numbers that begin anew.
async fn missing_rows_are_errors(engine: Engine) {
    let it = broken(engine, "DELETE FROM configuration_version").await;
    it.assert_named(&[Asked::Setup], ("configuration_version", "id", "1")).await;
    for table in ["number_sequence", "counter"] {
        let it = broken(engine, &format!("DELETE FROM {table}")).await;
        let mut transaction = it.store.begin().await.unwrap();
        match table {
            "counter" => assert!(transaction.take_changes(1).await.is_err()),
            _ => assert!(transaction.take_numbers(1).await.is_err()),
        }
        drop(transaction);
        it.store.close().await;
        it.database.remove().await;
    }
}
