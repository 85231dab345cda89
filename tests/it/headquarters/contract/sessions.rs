//! Sessions of channel databases.

use csu::{
    domain::{
        job::{Job, RunId},
        origin::Origin,
        session::{PackageId, Session, SessionId, SessionStatus},
    },
    headquarters::store::SessionQuery,
};

use super::{
    job_steps::{CONFIGURATION, CUSTOMERS, add_session, at, put_session, session},
    steps::{is_conflict, origin, other},
};
use crate::harness::{Database, Engine, START};

crate::on_both_engines!(
    a_session_is_kept_as_it_was_put,
    sessions_come_in_pages_the_latest_first,
    open_sessions_come_in_their_order,
    the_second_on_sessions_sees_what_the_first_has_put,
);

async fn a_session_is_kept_as_it_was_put(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    for (number, status) in (1..).zip(SessionStatus::ALL) {
        let new = session(Job::ChannelTransactions, number, RunId(4));
        let new = add_session(&store, Session { status: *status, ..new }).await;
        assert_eq!(store.session(new.id).await.unwrap().as_ref(), Some(&new));
        let put = Session {
            status: *status,
            from: 0,
            to: i64::MAX,
            full: true,
            try_count: 3,
            package: Some(PackageId(5)),
            outcomes: Some(PackageId(6)),
            rows: 7,
            bytes: i64::MAX.cast_unsigned(),
            error: Some("no \"room\": 'Ö'\\".to_owned()),
            available_at: Some(at(1)),
            downloaded_at: Some(at(2)),
            ended_at: Some(at(3)),
            ..new
        };
        let mut transaction = store.begin().await.unwrap();
        transaction.put_session(&put).await.unwrap();
        assert_eq!(transaction.session(put.id).await.unwrap().as_ref(), Some(&put));
        transaction.commit().await.unwrap();
        assert_eq!(store.session(put.id).await.unwrap().as_ref(), Some(&put));
        let open = store.open_sessions_of(origin(number)).await.unwrap();
        assert_eq!(open.len(), usize::from(status.is_open()), "{status:?}");
    }
    // What a unit says may hold what no text has room for on PostgreSQL.
    let torn = session(CUSTOMERS, 1, RunId(1));
    let torn = add_session(&store, Session { error: Some("a\0b".to_owned()), ..torn }).await;
    let torn = store.session(torn.id).await.unwrap().unwrap();
    assert_eq!(torn.error.as_deref(), Some("a\u{fffd}b"));

    let unknown = Session { id: SessionId(99_999), ..torn };
    assert_eq!(store.session(unknown.id).await.unwrap(), None);
    let mut transaction = store.begin().await.unwrap();
    assert_eq!(transaction.session(unknown.id).await.unwrap(), None);
    assert!(is_conflict(&transaction.put_session(&unknown).await));
    drop(transaction);
    store.close().await;
    database.remove().await;
}

async fn sessions_come_in_pages_the_latest_first(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let mut all = Vec::new();
    for number in 0..16_u8 {
        let job = if number % 3 == 0 { CONFIGURATION } else { CUSTOMERS };
        let new = session(job, u128::from(number % 2), RunId(i64::from(number / 4)));
        let status = if number % 5 < 2 { SessionStatus::Available } else { SessionStatus::Applied };
        all.insert(0, add_session(&store, Session { status, ..new }).await);
    }
    for number in 0..32_u8 {
        let query = SessionQuery {
            job: (number & 1 > 0).then_some(CUSTOMERS),
            database: (number & 2 > 0).then(|| "store-1".to_owned()),
            run: (number & 4 > 0).then_some(RunId(2)),
            open: number & 8 > 0,
            before: (number & 16 > 0).then(|| all[5].id),
            limit: 50,
        };
        let wanted = |session: &&Session| {
            query.job.is_none_or(|job| session.job == job)
                && query.database.as_ref().is_none_or(|name| session.database == *name)
                && query.run.is_none_or(|run| session.run == run)
                && (!query.open || session.status.is_open())
                && query.before.is_none_or(|before| session.id < before)
        };
        let expected: Vec<_> = all.iter().filter(wanted).cloned().collect();
        assert_eq!(store.sessions(&query).await.unwrap(), expected, "{query:?}");
        let first = SessionQuery { limit: 1, ..query };
        let found = store.sessions(&first).await.unwrap();
        assert_eq!(found, expected[..expected.len().min(1)], "{first:?}");
    }
    for unknown in ["store", "STORE-1", "a\0b", ""] {
        let database = Some(unknown.to_owned());
        let query = SessionQuery { database, limit: 50, ..SessionQuery::default() };
        assert_eq!(store.sessions(&query).await.unwrap(), [], "{unknown:?}");
    }
    store.close().await;
    database.remove().await;
}

async fn open_sessions_come_in_their_order(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let life = |incarnation| Origin { incarnation, ..origin(1) };
    let mut all = Vec::new();
    for (job, number, incarnation, status) in [
        (CUSTOMERS, 1, 1, SessionStatus::Applied),
        (CUSTOMERS, 1, 1, SessionStatus::Suspended),
        (CONFIGURATION, 1, 1, SessionStatus::Started),
        (CUSTOMERS, 2, 1, SessionStatus::Available),
        (CUSTOMERS, 1, 2, SessionStatus::Downloaded),
        (CONFIGURATION, 1, 1, SessionStatus::Canceled),
        (CUSTOMERS, 1, 1, SessionStatus::ApplyFailed),
    ] {
        let origin = Origin { incarnation, ..origin(number) };
        let new = Session { origin, status, ..session(job, number, RunId(1)) };
        all.push(add_session(&store, new).await);
    }
    let of = |numbers: &[usize]| numbers.iter().map(|it| all[*it].clone()).collect::<Vec<_>>();
    assert_eq!(store.open_sessions_of(life(1)).await.unwrap(), of(&[1, 2, 6]));
    assert_eq!(store.open_sessions_of(life(2)).await.unwrap(), of(&[4]));
    assert_eq!(store.open_sessions_of(life(3)).await.unwrap(), []);
    let mut transaction = store.begin().await.unwrap();
    for (name, job, expected) in [
        ("store-1", None, of(&[1, 2, 4, 6])),
        ("store-1", Some(CUSTOMERS), of(&[1, 4, 6])),
        ("store-1", Some(CONFIGURATION), of(&[2])),
        ("store-1", Some(Job::ChannelTransactions), of(&[])),
        ("store-2", None, of(&[3])),
        ("a\0b", None, of(&[])),
    ] {
        let found = transaction.open_sessions(name, job).await.unwrap();
        assert_eq!(found, expected, "{name:?} {job:?}");
    }
    drop(transaction);
    // One that has come to its end, and one that is offered again.
    put_session(&store, &Session { status: SessionStatus::Applied, ..all[1].clone() }).await;
    let again = Session { status: SessionStatus::Available, ..all[0].clone() };
    put_session(&store, &again).await;
    let expected: Vec<_> = [vec![again], of(&[2, 6])].concat();
    assert_eq!(store.open_sessions_of(life(1)).await.unwrap(), expected);
    store.close().await;
    database.remove().await;
}

async fn the_second_on_sessions_sees_what_the_first_has_put(engine: Engine) {
    let database = Database::new_headquarters(engine).await;
    let store = database.open_headquarters(START).await;
    let second_store = other(&database, &store).await;
    for alone in [true, false] {
        let new = add_session(&store, session(CUSTOMERS, 1, RunId(1))).await;
        let mut first = store.begin().await.unwrap();
        let found = first.open_sessions("store-1", None).await.unwrap();
        assert_eq!(found, std::slice::from_ref(&new));
        let second = async {
            let mut second = second_store.begin().await.unwrap();
            if alone {
                Vec::from_iter(second.session(new.id).await.unwrap())
            } else {
                second.open_sessions("store-1", None).await.unwrap()
            }
        };
        let applied = Session { status: SessionStatus::Applied, ..new.clone() };
        let release = async {
            first.put_session(&applied).await.unwrap();
            first.commit().await.unwrap();
        };
        let seen = database.behind(release, second).await;
        assert_eq!(seen, if alone { vec![applied] } else { vec![] });
    }
    store.close().await;
    second_store.close().await;
    database.remove().await;
}
