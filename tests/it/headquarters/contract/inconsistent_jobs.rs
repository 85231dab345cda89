//! Rows of jobs that can't be understood, such as those of a newer program.

use csu::{
    domain::{
        job::{RunId, Trigger},
        revision::Counter,
        session::{PackageId, SessionId},
    },
    headquarters::store::{Place, SharedStore},
    storage::StoreError,
};

use super::{
    job_steps::{CUSTOMERS, add_run, add_session, run, session},
    packages::{build, key},
    steps::{captured, create, origin, receive},
};
use crate::harness::{Database, Engine, START};

crate::on_both_engines!(what_can_t_be_understood_of_a_job_is_named_without_its_value);

async fn what_can_t_be_understood_of_a_job_is_named_without_its_value(engine: Engine) {
    let place = Place { origin: origin(1), counter: Counter(1) };
    let operation = format!("{}.1.1", place.origin.database_id);
    for (table, column, row, value) in [
        ("job", "code", "Karen", "'Karen'"),
        ("job_run", "job", "1", "'Karen'"),
        ("job_run", "cause", "1", "'Karen'"),
        ("job_run", "status", "1", "'Karen'"),
        ("job_run", "run_count", "1", "-1"),
        ("job_run", "row_count", "1", "-1"),
        ("session", "job", "1", "'Karen'"),
        ("session", "status", "1", "'Karen'"),
        ("session", "try_count", "1", "4294967296"),
        ("package", "job", "1", "'synchronize'"),
        ("package", "chunk_count", "1", "-1"),
        ("revision", "status", &operation, "'Karen'"),
        ("revision", "captured_at", &operation, "NULL"),
        ("revision", "superseded", &operation, "'[{\"lost\": \"Karen\"}]'"),
    ] {
        let database = Database::new_headquarters(engine).await;
        let store = database.open_headquarters(START).await;
        receive(&store, &[captured(create("Karen"), 1, 1)]).await.unwrap();
        let run = add_run(&store, run(CUSTOMERS, Trigger::Manual, 0)).await;
        add_session(&store, session(CUSTOMERS, 1, run.id)).await;
        build(&store, key(0, 7), 0).await;
        let mut transaction = store.begin().await.unwrap();
        transaction.set_recurrence(CUSTOMERS, Some("* * * * *")).await.unwrap();
        transaction.commit().await.unwrap();
        assert!(ask(&store, table, place).await.is_none(), "{table}");

        database.execute(&format!("UPDATE {table} SET {column} = {value}")).await;
        let error = ask(&store, table, place).await.expect("it can't be understood");
        let text = error.to_string();
        let StoreError::Inconsistent { table: named, column: of, row: which, .. } = error else {
            panic!("{table}.{column}: {text}");
        };
        assert_eq!((named, of, which.as_str()), (table, column, row), "{text}");
        assert!(table == "job" || !text.contains("Karen"), "{text}");
        store.close().await;
        database.remove().await;
    }
}

async fn ask(store: &SharedStore, table: &str, place: Place) -> Option<StoreError> {
    match table {
        "job" => store.recurrences().await.err(),
        "job_run" => store.run(RunId(1)).await.err(),
        "session" => store.session(SessionId(1)).await.err(),
        "package" => store.package_of(PackageId(1)).await.err(),
        _ => store.operation(place).await.err(),
    }
}
