//! What a database is: made once, with its initial setup, and the same for ever.

use csu::{
    domain::{configuration::ConfigurationVersion, setup::Setup},
    headquarters::store::{self, VersionedSetup},
    storage::OpenError,
};

use super::steps::everything;
use crate::harness::{Database, Engine, START};

crate::on_both_engines!(
    made_once_and_kept,
    made_once_by_whoever_comes_first,
    an_empty_setup_is_one_too,
);

fn first(setup: Setup) -> VersionedSetup {
    let version = ConfigurationVersion { channel_configuration: 1, global_configuration: 1 };
    VersionedSetup { setup, version }
}

async fn made_once_and_kept(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let new = Database::new_identity(Setup::initial());
    let store = store::open(&database.parsed(), new.clone(), START).await.unwrap();
    let made = store.identity().await.unwrap();
    assert_eq!(made.database_id, new.database_id);
    assert_eq!(made.request_hash_key, new.request_hash_key);
    assert_eq!(made.incarnation, 1);
    assert_eq!(store.setup().await.unwrap(), first(Setup::initial()));
    let created_at = database.number("SELECT created_at FROM headquarters").await;
    assert_eq!(created_at, START.millis());
    store.close().await;
    drop(store);

    let before = everything(&database).await;
    let later = Database::new_identity(Setup::demo("store-1"));
    let store = store::open(&database.parsed(), later, START).await.unwrap();
    assert!(store.identity().await.unwrap() == made, "what comes later changes nothing");
    assert_eq!(store.setup().await.unwrap(), first(Setup::initial()));
    assert_eq!(everything(&database).await, before);
    store.close().await;
    database.remove().await;
}

/// Replicas that start at once on a new database agree, on the setup too. On SQLite the second has to wait for its
/// turn.
async fn made_once_by_whoever_comes_first(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let url = database.parsed();
    let new = |number: usize| Database::new_identity(Setup::demo(&format!("store-{number}")));
    match engine {
        Engine::Postgres => {
            let starting: Vec<_> = (0..4).map(new).collect();
            let opened = starting.iter().map(|new| store::open(&url, new.clone(), START));
            let opened = futures::future::join_all(opened).await;
            for store in opened.into_iter().map(Result::unwrap) {
                let made = store.identity().await.unwrap();
                let of = |new: &&store::NewIdentity| new.database_id == made.database_id;
                let winner = starting.iter().find(of).expect("one of them");
                assert_eq!(made.request_hash_key, winner.request_hash_key);
                assert_eq!(store.setup().await.unwrap(), first(winner.setup.clone()));
                store.close().await;
            }
        }
        Engine::Sqlite => {
            let one = store::open(&url, new(1), START).await.unwrap();
            let other = store::open(&url, new(2), START).await;
            assert!(matches!(other, Err(OpenError::Open { .. })));
            assert_eq!(one.setup().await.unwrap(), first(Setup::demo("store-1")));
            one.close().await;
        }
    }
    assert_eq!(database.number("SELECT count(*) FROM headquarters").await, 1);
    database.remove().await;
}

async fn an_empty_setup_is_one_too(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let new = Database::new_identity(Setup::default());
    let store = store::open(&database.parsed(), new, START).await.unwrap();
    assert_eq!(store.setup().await.unwrap(), first(Setup::default()));
    store.close().await;
    database.remove().await;
}
