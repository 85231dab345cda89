//! `LookupRequest`: what became of a write.

use csu::proto::channel::{
    Customer, LookupRequestResponse, RequestState, lookup_request_response::Answer,
};
use tonic::Code;

use crate::harness::{
    Company, Engine, World,
    requests::{add_address, create, reason, request_id, update, violations},
    wait,
    wrapped_store::Mode,
};

crate::on_both_engines!(says_what_was_answered, sees_what_is_running, names_what_is_malformed);

async fn says_what_was_answered(engine: Engine) {
    let mut world = World::new(engine).await;
    let replica = world.replica();
    let create = create();
    let created = replica.create(create.clone()).await.unwrap();
    let name = created.customer.clone().unwrap().name;
    let change =
        Customer { name: name.clone(), first_name: "Maria".to_owned(), ..Customer::default() };
    let update = update(change, &["first_name"]);
    let updated = replica.update(update.clone()).await.unwrap();
    let add = add_address(&name, "2 Second");
    let added = replica.add_address(add.clone()).await.unwrap();

    let completed = |method: &str, execution, answer| LookupRequestResponse {
        state: RequestState::Completed.into(),
        method: method.to_owned(),
        resource: name.clone(),
        execution,
        answer: Some(answer),
        headquarters_asked: false,
    };
    let expected = [
        (
            create.request_id,
            completed("CreateCustomer", created.execution.clone(), Answer::CreateCustomer(created)),
        ),
        (
            update.request_id,
            completed("UpdateCustomer", updated.execution.clone(), Answer::UpdateCustomer(updated)),
        ),
        (
            add.request_id,
            completed("AddAddress", added.execution.clone(), Answer::AddAddress(added)),
        ),
    ];
    for _ in 0..2 {
        for (id, answer) in &expected {
            assert_eq!(&world.replica().lookup(id).await.unwrap(), answer);
        }
        assert!(world.replica().has_not_seen(&request_id()).await);
        world.restart(Company::new().packages()).await;
    }
    world.close().await;
}

async fn sees_what_is_running(engine: Engine) {
    let (world, store) = World::wrapped(engine).await;
    let replica = world.replica();
    let request = create();
    store.begin.set(Mode::Hold);
    let watching = async {
        wait::until("the write is seen to run", async || {
            let looked_up = replica.lookup(&request.request_id).await;
            looked_up.is_ok_and(|looked_up| looked_up.state() == RequestState::InProgress)
        })
        .await;
        store.begin.set(Mode::Pass);
    };
    let (first, second, ()) =
        tokio::join!(replica.create(request.clone()), replica.create(request.clone()), watching);
    assert_eq!(first.unwrap(), second.unwrap(), "the second call joins the first");
    let done = replica.lookup(&request.request_id).await.unwrap();
    assert_eq!(done.state(), RequestState::Completed);
    world.close().await;
}

async fn names_what_is_malformed(engine: Engine) {
    let world = World::new(engine).await;
    for (id, why) in [
        ("", "REQUIRED"),
        ("123", "INVALID_ID"),
        ("00000000-0000-0000-0000-000000000000", "INVALID_ID"),
        ("ffffffff-ffff-ffff-ffff-ffffffffffff", "INVALID_ID"),
        ("{0197e7a1-5f1e-7c3a-8000-000000000001}", "INVALID_ID"),
        ("0197e7a15f1e7c3a8000000000000001", "INVALID_ID"),
        ("urn:uuid:0197e7a1-5f1e-7c3a-8000-000000000001", "INVALID_ID"),
    ] {
        let refused = world.replica().lookup(id).await.unwrap_err();
        assert_eq!(reason(&refused), (Code::InvalidArgument, "INVALID_FIELD".to_owned()), "{id}");
        assert_eq!(violations(&refused), [("request_id".to_owned(), why.to_owned())], "{id}");
    }
    world.close().await;
}
