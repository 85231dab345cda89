//! Many at once, and callers who have stopped waiting.

use std::{collections::BTreeSet, sync::mpsc, time::Duration};

use csu::{proto::headquarters::CreateCustomerRequest, runtime::clock::monotonic};
use futures::future::join_all;
use tonic::{Code, Request};

use crate::harness::{Engine, Headquarters, revisions, wait};

crate::on_both_engines!(
    many_creates_get_numbers_of_their_own,
    one_request_many_times_is_one_customer,
    one_customer_changed_by_many_keeps_all_of_it,
    what_nobody_waits_for_is_not_written,
);

async fn many_creates_get_numbers_of_their_own(engine: Engine) {
    const MANY: usize = 200;
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    let calls = (0..MANY).map(|_| headquarters.created(&unit, "Berg"));
    let created = wait::bounded("all of them", join_all(calls)).await;
    let numbers: BTreeSet<_> = created.iter().map(|row| row.account_number.clone()).collect();
    let expected: BTreeSet<_> = (1..=MANY).map(|count| format!("C-{count:07}")).collect();
    assert_eq!(numbers, expected);
    let versions: BTreeSet<_> = created.iter().map(|row| row.version).collect();
    assert_eq!(versions, (1..=200).collect());
    headquarters.close().await;
}

async fn one_request_many_times_is_one_customer(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    let create = revisions::create("Berg");
    let calls = (0..20).map(|_| headquarters.create(&unit, create.clone()));
    let rows = wait::bounded("all of them", join_all(calls)).await;
    for row in rows {
        assert_eq!(row.unwrap().account_number, "C-0000001");
    }
    headquarters.close().await;
}

async fn one_customer_changed_by_many_keeps_all_of_it(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    let seen = headquarters.created(&unit, "Berg").await;
    let adds = (0..20).map(|number| {
        headquarters.add_address(&unit, revisions::add_address(&seen, &format!("{number} Pine")))
    });
    let added = wait::bounded("all of them", join_all(adds)).await;
    let versions: BTreeSet<_> = added.iter().map(|row| row.as_ref().unwrap().version).collect();
    assert_eq!(versions, (2..=21).collect());
    let repeated = headquarters.update(&unit, revisions::rename(&seen, "Dahl")).await.unwrap();
    assert_eq!(repeated.addresses.len(), 21);
    headquarters.close().await;
}

async fn what_nobody_waits_for_is_not_written(engine: Engine) {
    const PATIENCE: Duration = Duration::from_millis(300);
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    let (held, holds) = tokio::sync::oneshot::channel();
    let (release, released) = mpsc::channel::<()>();
    // The writer is busy, and what comes meanwhile waits in its queue.
    let busy = headquarters.serving().headquarters.writer.change_setup(move |_| {
        held.send(()).expect("the story waits");
        tokio::task::block_in_place(|| released.recv()).expect("the story goes on");
        Ok(())
    });
    let revision = revisions::create("Berg");
    let story = async {
        holds.await.expect("the writer is held");
        let mut request = Request::new(CreateCustomerRequest {
            origin: Some(unit.clone()),
            revision: Some(revision.clone()),
        });
        request.set_timeout(PATIENCE);
        let started = monotonic();
        let refused = headquarters.realtime().create_customer(request).await.unwrap_err();
        // tonic's client has a clock of its own, which says CANCELLED.
        assert!([Code::DeadlineExceeded, Code::Cancelled].contains(&refused.code()), "{refused}");
        let passed = async || started.elapsed() > PATIENCE * 2;
        wait::until("the deadline has passed for everyone", passed).await;
        release.send(()).expect("the writer waits");
    };
    let (changed, ()) = tokio::join!(busy, story);
    changed.expect("nothing to change");

    let other = headquarters.created(&unit, "Dahl").await;
    assert_eq!((other.account_number.as_str(), other.version), ("C-0000001", 1));
    assert_eq!(headquarters.lookup(&unit, &revision.request_id).await.unwrap(), None);
    let created = headquarters.create(&unit, revision).await.unwrap();
    assert_eq!(created.account_number, "C-0000002", "it is new when it is repeated");
    headquarters.close().await;
}
