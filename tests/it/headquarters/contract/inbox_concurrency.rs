//! Uploads of one origin at once, by several replicas.

use csu::domain::{revision::Counter, upload::Position};

use super::{
    inbox::{conclude, failed},
    steps::{captured, create, is_conflict, origin, other, receive},
};
use crate::harness::{Database, Engine, START};

crate::on_both_engines!(
    the_second_on_an_origin_sees_what_the_first_has_received,
    one_of_two_outcomes_wins,
    what_is_dropped_leaves_its_origin_where_it_was,
);

async fn the_second_on_an_origin_sees_what_the_first_has_received(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let second_store = other(&database, &store).await;
    let one = captured(create("Berg"), 1, 1);
    let after = Position::default().after(std::slice::from_ref(&one));
    let mut first = store.begin().await.unwrap();
    assert_eq!(first.lock_origin(origin(1)).await.unwrap(), Position::default());
    first.receive(origin(1), std::slice::from_ref(&one), START, after).await.unwrap();
    let second = async {
        let mut second = second_store.begin().await.unwrap();
        let position = second.lock_origin(origin(1)).await.unwrap();
        (position, second.received(origin(1), Counter(1), Counter(9)).await.unwrap())
    };
    let seen = database.behind(async { first.commit().await.unwrap() }, second).await;
    assert_eq!(seen, (after, vec![(Counter(1), one.revision_id())]));
    store.close().await;
    second_store.close().await;
    database.remove().await;
}

async fn one_of_two_outcomes_wins(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let second_store = other(&database, &store).await;
    let one = captured(create("Berg"), 1, 1);
    receive(&store, std::slice::from_ref(&one)).await.unwrap();
    let (first, second) =
        tokio::join!(conclude(&store, &one, failed()), conclude(&second_store, &one, failed()));
    assert!(first.is_ok() != second.is_ok());
    assert!(is_conflict(&first) || is_conflict(&second));
    assert_eq!(store.last_change().await.unwrap(), 1);
    store.close().await;
    second_store.close().await;
    database.remove().await;
}

async fn what_is_dropped_leaves_its_origin_where_it_was(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let one = captured(create("Berg"), 1, 1);
    let after = Position::default().after(std::slice::from_ref(&one));
    let mut transaction = store.begin().await.unwrap();
    transaction.lock_origin(origin(1)).await.unwrap();
    transaction.receive(origin(1), std::slice::from_ref(&one), START, after).await.unwrap();
    drop(transaction);
    assert_eq!(store.origin(origin(1)).await.unwrap(), Position::default());
    assert_eq!(store.inbox(9).await.unwrap(), []);
    receive(&store, &[one]).await.unwrap();
    store.close().await;
    database.remove().await;
}
