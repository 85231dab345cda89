//! The unit ends, or its database fails, between headquarters' commit and its own.

use std::sync::Arc;

use csu::{
    domain::id::CustomerId,
    proto::channel::{Customer, ExecutionMode},
    storage::StoreError,
};
use tonic::Code;

use super::call::{self, Answer, Call, looked_up};
use crate::harness::{
    Chain, Engine, WrappedStore, branch, faulty_store::Fault, wait, wrapped_store::Mode,
};

crate::on_both_engines!(
    a_create_of_a_unit_that_died_is_one_customer,
    an_update_of_a_unit_that_died_is_completed,
    an_update_of_a_unit_that_died_is_completed_though_its_etag_is_old_by_now,
    an_address_of_a_unit_that_died_is_completed,
    whatever_the_database_says_then_is_unavailable,
    a_commit_without_an_answer_is_looked_up,
    a_repetition_may_overtake_its_first,
);

async fn chain(engine: Engine) -> (Chain, Arc<WrappedStore>) {
    Chain::wrapped(engine, branch::setup(&[]), branch::patient()).await
}

/// Headquarters performs the write, and the unit dies before it has written anything.
async fn die_in_between(chain: &mut Chain, store: Arc<WrappedStore>, call: &Call) {
    let (_, revisions) = chain.performed().await;
    store.begin.set(Mode::Hold);
    let has_it = async || chain.performed().await.1 > revisions;
    tokio::select! {
        answer = call.send(chain.unit()) => panic!("the unit has written nothing: {answer:?}"),
        () = wait::until("headquarters has it", has_it) => {}
    }
    chain.world.cut_the_power().await;
    drop(store);
    chain.world.add_replica().await;
    let record = "SELECT count(*) FROM request_record WHERE request_id =";
    let id = chain.world.database.id(call.id().parse().expect("an id"));
    assert_eq!(chain.world.database.number(&format!("{record} {id}")).await, 0);
}

/// Repeats what headquarters has performed, and nothing is performed by it.
async fn completed(chain: &Chain, call: &Call) -> Answer {
    let before = chain.performed().await;
    let unit = chain.unit();
    let answer = call.sent(unit).await;
    assert_eq!(answer.execution.mode(), ExecutionMode::RealTime);
    assert_eq!(chain.performed().await, before);
    assert_eq!(unit.read(&answer.customer.name).await, answer.customer);
    assert_eq!(call.sent(unit).await, answer, "word for word");
    assert_eq!(looked_up(unit, call.id()).await, Some((answer.clone(), false)));
    answer
}

/// A chain with a customer.
async fn with_customer(engine: Engine) -> (Chain, Arc<WrappedStore>, Customer) {
    let (chain, store) = chain(engine).await;
    let customer = call::create().sent(chain.unit()).await.customer;
    (chain, store, customer)
}

async fn a_create_of_a_unit_that_died_is_one_customer(engine: Engine) {
    let (mut chain, store) = chain(engine).await;
    let create = call::create();
    die_in_between(&mut chain, store, &create).await;
    let (found, asked) = looked_up(chain.unit(), create.id()).await.expect("headquarters knows");
    assert!(asked);
    let answer = completed(&chain, &create).await;
    assert_eq!(answer.customer, found.customer);
    assert_eq!(answer.customer.account_number, "C-0000001");
    assert_eq!(chain.performed().await, (1, 1));
    chain.close().await;
}

async fn an_update_of_a_unit_that_died_is_completed(engine: Engine) {
    for with_etag in [false, true] {
        let (mut chain, store, customer) = with_customer(engine).await;
        let mut rename = call::rename(&customer, "Rossi");
        if with_etag {
            rename = rename.if_unchanged(&customer.etag);
        }
        die_in_between(&mut chain, store, &rename).await;
        assert_eq!(chain.unit().read(&customer.name).await, customer);
        let answer = completed(&chain, &rename).await;
        assert_eq!(answer.customer.last_name, "Rossi");
        assert_eq!(answer.execution.reason, "ASYNC_EDIT_OFF");
        chain.close().await;
    }
}

async fn an_update_of_a_unit_that_died_is_completed_though_its_etag_is_old_by_now(engine: Engine) {
    let (mut chain, store, customer) = with_customer(engine).await;
    let rename = call::rename(&customer, "Rossi").if_unchanged(&customer.etag);
    die_in_between(&mut chain, store, &rename).await;
    // Somebody else's change brings the lost one here with it.
    let maria = Customer { first_name: "Maria".to_owned(), ..customer.clone() };
    let between = call::update(&maria, "first_name").sent(chain.unit()).await.customer;
    assert_eq!((between.first_name.as_str(), between.last_name.as_str()), ("Maria", "Rossi"));
    assert_ne!(between.etag, customer.etag);

    let (writes, lookups) = (chain.gate.writes(), chain.gate.lookups());
    let answer = completed(&chain, &rename).await;
    assert_eq!(answer.customer, between, "as it is now");
    assert_eq!((chain.gate.writes(), chain.gate.lookups()), (writes, lookups + 1));

    // One that nobody has performed is refused for its etag, and so is other content.
    let stale = call::rename(&customer, "Verdi").if_unchanged(&customer.etag);
    let refused = stale.refused(chain.unit()).await;
    assert_eq!(refused, (Code::Aborted, "ETAG_MISMATCH".to_owned()));
    assert_eq!((chain.gate.writes(), chain.gate.lookups()), (writes, lookups + 2));
    assert_eq!(chain.unit().read(&customer.name).await, between);
    chain.close().await;
}

async fn an_address_of_a_unit_that_died_is_completed(engine: Engine) {
    let (mut chain, store, customer) = with_customer(engine).await;
    let add = call::add_address(&customer, "2 Pine Street");
    die_in_between(&mut chain, store, &add).await;
    let answer = completed(&chain, &add).await;
    assert_eq!(answer.customer.addresses.len(), 2);
    assert_eq!(answer.execution.reason, "ASYNC_ADDRESS_OFF");
    chain.close().await;
}

/// Of each kind one, of this customer or a new one.
fn calls(customer: &Customer, number: usize) -> [Call; 3] {
    let text = format!("{number} Pine Street");
    [call::create(), call::rename(customer, &text), call::add_address(customer, &text)]
}

fn customer_of(call: &Call, customer: &Customer) -> CustomerId {
    match call {
        Call::Create(request) => {
            let id: uuid::Uuid = request.request_id.parse().expect("an id");
            csu::domain::id::RequestId(id).customer_id()
        }
        _ => CustomerId::from_resource_name(&customer.name).expect("a name"),
    }
}

/// What the database says of a write.
type Failure = fn() -> StoreError;

async fn whatever_the_database_says_then_is_unavailable(engine: Engine) {
    let (chain, store, customer) = with_customer(engine).await;
    let unit = chain.unit();
    let failures: [(Failure, &str); 3] = [
        (|| StoreError::Conflict, "NOT_COMPLETED"),
        (|| StoreError::Refused("a test says so".to_owned()), "NOT_COMPLETED"),
        (|| StoreError::Unavailable("a test says so".to_owned()), "STORE_UNAVAILABLE"),
    ];
    for (number, (failure, reason)) in failures.into_iter().enumerate() {
        for call in calls(&customer, number) {
            let (_, revisions) = chain.performed().await;
            let id = customer_of(&call, &customer);
            store.faults.refuse(id, failure);
            let refused = call.refused(unit).await;
            assert_eq!(refused, (Code::Unavailable, reason.to_owned()), "{call:?}");
            assert_eq!(chain.performed().await.1, revisions + 1);
            store.faults.accept(id);
            completed(&chain, &call).await;
        }
    }
    // The database is away.
    for call in calls(&customer, 9) {
        store.begin.set(Mode::Fail);
        let refused = call.refused(unit).await;
        assert_eq!(refused, (Code::Unavailable, "STORE_UNAVAILABLE".to_owned()), "{call:?}");
        store.begin.set(Mode::Pass);
        completed(&chain, &call).await;
    }
    let found = unit.read(&customer.name).await;
    assert_eq!((found.last_name.as_str(), found.addresses.len()), ("9 Pine Street", 5));
    assert_eq!(chain.performed().await, (5, 13));
    chain.close().await;
}

async fn a_commit_without_an_answer_is_looked_up(engine: Engine) {
    let (chain, store, customer) = with_customer(engine).await;
    let unit = chain.unit();
    for call in calls(&customer, 1) {
        store.faults.next(Fault::NoAnswerPerformed);
        call.sent(unit).await;
        completed(&chain, &call).await;
    }
    for call in calls(&customer, 2) {
        store.faults.next(Fault::NoAnswerNotPerformed);
        let refused = call.refused(unit).await;
        assert_eq!(refused, (Code::Unavailable, "STORE_UNAVAILABLE".to_owned()), "{call:?}");
        completed(&chain, &call).await;
    }
    chain.close().await;
}

/// The first one waits for its own database, and headquarters has the write. On PostgreSQL the repetition comes to another
/// replica; on SQLite it joins the first.
async fn a_repetition_may_overtake_its_first(engine: Engine) {
    let (mut chain, store, customer) = with_customer(engine).await;
    if engine == Engine::Postgres {
        chain.world.add_replica().await;
    }
    let replicas = chain.world.replicas();
    let (slow, quick) = (&replicas[0], &replicas[replicas.len() - 1]);
    for call in calls(&customer, 1) {
        let (_, revisions) = chain.performed().await;
        store.begin.set(Mode::Hold);
        let (first, second) = tokio::join!(call.sent(slow), async {
            let has_it = async || chain.performed().await.1 > revisions;
            wait::until("headquarters has it", has_it).await;
            let again = call.sent(quick);
            if engine == Engine::Postgres {
                let second = again.await;
                store.begin.set(Mode::Pass);
                second
            } else {
                store.begin.set(Mode::Pass);
                again.await
            }
        });
        assert_eq!(first, second, "word for word");
        assert_eq!(chain.performed().await.1, revisions + 1);
        for replica in replicas {
            assert_eq!(replica.read(&first.customer.name).await, first.customer);
        }
    }
    chain.close().await;
}
