//! Packages, chunk by chunk.

use csu::{
    domain::{job::DownloadJob, session::PackageId},
    headquarters::store::{Package, PackageKey, SharedStore},
    storage::StoreResult,
};

use super::{
    job_steps::at,
    steps::{is_conflict, other},
};
use crate::harness::{Database, Engine, START};

crate::on_both_engines!(
    a_package_is_seen_when_it_is_whole,
    one_that_was_left_half_built_is_replaced,
    each_key_has_a_package_of_its_own,
    a_whole_package_changes_no_more,
    of_two_builders_of_one_package_one_begins,
    a_package_goes_with_its_chunks,
);

pub fn key(from: i64, to: i64) -> PackageKey {
    let job = DownloadJob::Customers;
    PackageKey { job, from, to, full: false, format: 1, filter: String::new() }
}

/// With bytes that are no text, and each of another length.
fn chunk(number: u8) -> Vec<u8> {
    let mut chunk = vec![number, 0, 0xff, b'\'', b'\\', 0x80];
    chunk.resize(4_000 + usize::from(number), number);
    chunk
}

fn finished(id: PackageId, key: PackageKey, chunks: u32) -> Package {
    let header = vec![0, 1, 0xff, 0];
    Package { id, key, header, chunks, rows: 4_000, bytes: u64::from(u32::MAX) * 5 }
}

async fn begin(store: &SharedStore, key: &PackageKey, seconds: u64) -> StoreResult<PackageId> {
    let mut transaction = store.begin().await?;
    let id = transaction.begin_package(key, at(seconds)).await?;
    transaction.commit().await?;
    Ok(id)
}

async fn add(
    store: &SharedStore,
    id: PackageId,
    first: u32,
    chunks: &[Vec<u8>],
) -> StoreResult<()> {
    let mut transaction = store.begin().await?;
    transaction.add_chunks(id, first, chunks).await?;
    transaction.commit().await
}

async fn finish(store: &SharedStore, package: &Package) -> StoreResult<()> {
    let mut transaction = store.begin().await?;
    transaction.finish_package(package).await?;
    transaction.commit().await
}

/// Builds one of two chunks.
pub async fn build(store: &SharedStore, key: PackageKey, seconds: u64) -> Package {
    let id = begin(store, &key, seconds).await.unwrap();
    add(store, id, 0, &[chunk(0), chunk(1)]).await.unwrap();
    let package = finished(id, key, 2);
    finish(store, &package).await.unwrap();
    package
}

async fn chunks(store: &SharedStore, id: PackageId) -> Vec<Option<Vec<u8>>> {
    let mut chunks = Vec::new();
    for ordinal in 0..4 {
        chunks.push(store.chunk(id, ordinal).await.unwrap());
    }
    chunks
}

async fn a_package_is_seen_when_it_is_whole(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let id = begin(&store, &key(0, 7), 0).await.unwrap();
    let unseen = async || {
        assert_eq!(store.package(&key(0, 7)).await.unwrap(), None);
        assert_eq!(store.package_of(id).await.unwrap(), None);
        assert_eq!(chunks(&store, id).await, [None, None, None, None]);
    };
    unseen().await;
    add(&store, id, 0, &[chunk(0), chunk(1)]).await.unwrap();
    add(&store, id, 2, &[]).await.unwrap();
    unseen().await;
    add(&store, id, 2, &[chunk(2)]).await.unwrap();
    unseen().await;
    let package = finished(id, key(0, 7), 3);
    let mut transaction = store.begin().await.unwrap();
    transaction.finish_package(&package).await.unwrap();
    unseen().await;
    transaction.commit().await.unwrap();

    assert_eq!(store.package(&key(0, 7)).await.unwrap().as_ref(), Some(&package));
    assert_eq!(store.package_of(id).await.unwrap(), Some(package));
    let expected = [Some(chunk(0)), Some(chunk(1)), Some(chunk(2)), None];
    assert_eq!(chunks(&store, id).await, expected);
    assert_eq!(store.package_of(PackageId(id.0 + 1)).await.unwrap(), None);
    store.close().await;
    database.remove().await;
}

async fn one_that_was_left_half_built_is_replaced(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let left = begin(&store, &key(0, 7), 0).await.unwrap();
    add(&store, left, 0, &[chunk(7), chunk(8), chunk(9)]).await.unwrap();
    let package = build(&store, key(0, 7), 1).await;
    assert!(package.id > left, "its number does not come again");
    let expected = [Some(chunk(0)), Some(chunk(1)), None, None];
    assert_eq!(chunks(&store, package.id).await, expected);
    assert_eq!(chunks(&store, left).await, [None, None, None, None]);
    assert_eq!(database.number("SELECT count(*) FROM package_chunk").await, 2);
    // Whoever still builds the one before is told.
    assert!(is_conflict(&add(&store, left, 3, &[chunk(3)]).await));
    assert!(is_conflict(&finish(&store, &finished(left, key(0, 7), 3)).await));
    store.close().await;
    database.remove().await;
}

async fn each_key_has_a_package_of_its_own(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let one = key(3, 7);
    let keys = [
        one.clone(),
        PackageKey { job: DownloadJob::ChannelConfiguration, ..one.clone() },
        PackageKey { from: 4, ..one.clone() },
        PackageKey { to: 8, ..one.clone() },
        PackageKey { full: true, ..one.clone() },
        PackageKey { format: 2, ..one.clone() },
        PackageKey { filter: "outcomes:1.1".to_owned(), ..one.clone() },
    ];
    let mut built = Vec::new();
    for key in &keys {
        assert_eq!(store.package(key).await.unwrap(), None, "{key:?}");
        built.push(build(&store, key.clone(), 1).await);
    }
    for (key, package) in keys.iter().zip(&built) {
        assert_eq!(store.package(key).await.unwrap().as_ref(), Some(package));
    }
    store.close().await;
    database.remove().await;
}

async fn a_whole_package_changes_no_more(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let package = build(&store, key(0, 7), 0).await;
    assert!(is_conflict(&begin(&store, &key(0, 7), 1).await));
    assert!(is_conflict(&add(&store, package.id, 2, &[chunk(2)]).await));
    let other = Package { header: vec![7], ..package.clone() };
    assert!(is_conflict(&finish(&store, &other).await));
    assert_eq!(store.package_of(package.id).await.unwrap().as_ref(), Some(&package));
    let expected = [Some(chunk(0)), Some(chunk(1)), None, None];
    assert_eq!(chunks(&store, package.id).await, expected);

    // A chunk comes once.
    let id = begin(&store, &key(0, 8), 1).await.unwrap();
    add(&store, id, 0, &[chunk(0)]).await.unwrap();
    assert!(is_conflict(&add(&store, id, 0, &[chunk(1)]).await));
    store.close().await;
    database.remove().await;
}

async fn of_two_builders_of_one_package_one_begins(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let second_store = other(&database, &store).await;
    let key = key(0, 7);
    let mut first = store.begin().await.unwrap();
    let id = first.begin_package(&key, START).await.unwrap();
    first.finish_package(&finished(id, key.clone(), 0)).await.unwrap();
    let second = begin(&second_store, &key, 1);
    let begun = database.behind(async { first.commit().await.unwrap() }, second).await;
    assert!(is_conflict(&begun), "{begun:?}");
    store.close().await;
    second_store.close().await;
    database.remove().await;
}

async fn a_package_goes_with_its_chunks(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let (one, two) = (build(&store, key(0, 7), 0).await, build(&store, key(0, 8), 0).await);
    let mut transaction = store.begin().await.unwrap();
    transaction.delete_package(two.id).await.unwrap();
    transaction.delete_package(two.id).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(store.package_of(two.id).await.unwrap(), None);
    assert_eq!(chunks(&store, two.id).await, [None, None, None, None]);
    assert_eq!(database.number("SELECT count(*) FROM package_chunk").await, 2);
    assert_eq!(store.package_of(one.id).await.unwrap(), Some(one));
    let next = begin(&store, &key(0, 8), 0).await.unwrap();
    assert!(next > two.id, "numbers never come twice");
    store.close().await;
    database.remove().await;
}
