//! What a database is towards headquarters: made once, the same for ever.

use csu::{
    channel::store::{self, NewDatabase},
    runtime::ids,
    storage::OpenError,
};

use crate::harness::{Database, Engine, START};

crate::on_both_engines!(
    made_once_and_kept,
    made_once_by_whoever_comes_first,
    a_database_of_another_name_is_refused,
    the_first_key_stays,
);

fn new(name: &str) -> NewDatabase {
    NewDatabase { id: ids::new_database_id(), name: name.to_owned() }
}

async fn made_once_and_kept(engine: Engine) {
    let database = Database::new(engine).await;
    let first = new("store-1");
    let store = store::open(&database.parsed(), first.clone(), None, START).await.unwrap();
    let made = store.identity().await.unwrap();
    assert_eq!(made.origin.database_id, first.id);
    assert_eq!(made.database_name, "store-1");
    assert_eq!(made.request_hash_key, None, "it has not registered");
    assert_eq!(made.origin.incarnation, 1);
    store.close().await;
    drop(store);

    let store = store::open(&database.parsed(), new("store-2"), None, START).await.unwrap();
    assert!(store.identity().await.unwrap() == made, "what comes later changes nothing");
    store.close().await;
    assert_eq!(database.number("SELECT count(*) FROM origin").await, 1);
    database.remove().await;
}

/// Two replicas that start at once on a new database agree. On SQLite the second has to wait for its turn.
async fn made_once_by_whoever_comes_first(engine: Engine) {
    let database = Database::new(engine).await;
    let url = database.parsed();
    let open = |name| store::open(&url, new(name), None, START);
    match engine {
        Engine::Postgres => {
            let (one, other) = tokio::join!(open("store-1"), open("store-2"));
            let (one, other) = (one.unwrap(), other.unwrap());
            assert!(one.identity().await.unwrap() == other.identity().await.unwrap());
            tokio::join!(one.close(), other.close());
        }
        Engine::Sqlite => {
            let one = open("store-1").await.unwrap();
            assert!(matches!(open("store-2").await, Err(OpenError::Open { .. })));
            assert_eq!(one.identity().await.unwrap().database_name, "store-1");
            one.close().await;
        }
    }
    database.remove().await;
}

async fn a_database_of_another_name_is_refused(engine: Engine) {
    let database = Database::new(engine).await;
    let url = database.parsed();
    store::open(&url, new("store-1"), Some("store-1"), START).await.unwrap().close().await;
    let Err(error) = store::open(&url, new("store-2"), Some("store-2"), START).await else {
        panic!("it is refused");
    };
    let text = error.to_string();
    for part in ["\"store-1\"", "\"store-2\"", "--database-name"] {
        assert!(text.contains(part), "{text}");
    }
    store::open(&url, new("store-1"), Some("store-1"), START).await.unwrap().close().await;
    database.remove().await;
}

async fn the_first_key_stays(engine: Engine) {
    let database = Database::new(engine).await;
    let store = database.open(START).await;
    for (given, kept) in [([1; 32], [1; 32]), ([2; 32], [1; 32])] {
        let mut transaction = store.begin().await.unwrap();
        transaction.set_request_hash_key(&given).await.unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(store.identity().await.unwrap().request_hash_key, Some(kept));
    }
    store.close().await;
    database.remove().await;
}
