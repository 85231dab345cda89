//! Many writers at once.

use std::collections::BTreeSet;

use csu::proto::channel::{
    AddAddressRequest, CreateCustomerRequest, Customer, ReceiptOption, UpdateCustomerRequest,
};
use futures::future::{join_all, try_join_all};
use tonic::Code;

use crate::harness::{
    Engine, Replica, World,
    requests::{add_address, create, create_named, reason, request_id, update},
};

crate::on_both_engines!(
    one_request_id_ten_times_at_once,
    one_customer_id_wanted_by_ten,
    fifty_writes_of_one_customer,
);

/// One replica on SQLite, two on PostgreSQL.
async fn world(engine: Engine) -> World {
    let mut world = World::new(engine).await;
    if engine == Engine::Postgres {
        world.add_replica().await;
    }
    world
}

/// The replica for the `index`th of many calls.
fn replica(world: &World, index: usize) -> &Replica {
    &world.replicas()[index % world.replicas().len()]
}

async fn one_request_id_ten_times_at_once(engine: Engine) {
    let world = world(engine).await;
    for round in 1..=5 {
        let request = create();
        let calls = (0..10).map(|index| replica(&world, index).create(request.clone()));
        let answers = try_join_all(calls).await.unwrap();
        for answer in &answers {
            assert_eq!(answer.customer, answers[0].customer);
            let reason = &answer.execution.as_ref().unwrap().reason;
            assert_eq!(reason, "PROFILE_ASYNC_CREATE");
        }
        assert!(answers.iter().all(|answer| answer == &answers[0]), "ten equal answers");
        let customers = "SELECT count(*) FROM customer";
        assert_eq!(world.database.number(customers).await, round);
    }
    world.close().await;
}

async fn one_customer_id_wanted_by_ten(engine: Engine) {
    let world = world(engine).await;
    for round in 1..=5 {
        let customer_id = request_id();
        let requests: Vec<_> = (0..10)
            .map(|index| CreateCustomerRequest {
                customer_id: customer_id.clone(),
                ..create_named("Karen", &format!("Berg{index}"))
            })
            .collect();
        let calls = requests.iter().enumerate();
        let answers =
            join_all(calls.map(|(index, request)| replica(&world, index).create(request.clone())))
                .await;
        let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
        assert_eq!((won.len(), lost.len()), (1, 9));
        for refused in lost {
            let expected = (Code::AlreadyExists, "CUSTOMER_EXISTS".to_owned());
            assert_eq!(reason(&refused.unwrap_err()), expected);
        }
        let winner = won.into_iter().next().unwrap().unwrap().customer.unwrap();
        assert_eq!(replica(&world, 1).read(&winner.name).await, winner);
        let customers = "SELECT count(*) FROM customer";
        assert_eq!(world.database.number(customers).await, round);
    }
    world.close().await;
}

enum Write {
    Update(UpdateCustomerRequest),
    AddAddress(AddAddressRequest),
}

/// Each of the nine fields that an update of a person can change, and 41 addresses.
async fn fifty_writes_of_one_customer(engine: Engine) {
    let world = world(engine).await;
    let name = world.replica().created(create_named("Karen", "Berg")).await.name;
    let wanted = Customer {
        name: name.clone(),
        first_name: "Anna".to_owned(),
        middle_name: "Maria".to_owned(),
        last_name: "Rossi".to_owned(),
        language: "it-IT".to_owned(),
        customer_group: "10".to_owned(),
        currency: "EUR".to_owned(),
        receipt_option: ReceiptOption::Email.into(),
        receipt_email: "anna@example.com".to_owned(),
        identification_number: "RSSNNA".to_owned(),
        ..Customer::default()
    };
    let fields = [
        "first_name",
        "middle_name",
        "last_name",
        "language",
        "customer_group",
        "currency",
        "receipt_option",
        "receipt_email",
        "identification_number",
    ];
    let updates = fields.map(|field| Write::Update(update(wanted.clone(), &[field])));
    let streets: BTreeSet<_> = (0..41).map(|number| format!("{number} Many Street")).collect();
    let additions = streets.iter().map(|street| Write::AddAddress(add_address(&name, street)));
    let writes: Vec<_> = updates.into_iter().chain(additions).collect();
    assert_eq!(writes.len(), 50);
    let calls = writes.iter().enumerate().map(async |(index, write)| {
        let replica = replica(&world, index);
        match write {
            Write::Update(request) => replica.update(request.clone()).await.map(|_| ()),
            Write::AddAddress(request) => replica.add_address(request.clone()).await.map(|_| ()),
        }
    });
    try_join_all(calls).await.unwrap();

    let found = world.replica().read(&name).await;
    let content = |customer: &Customer| {
        let text = [
            &customer.first_name,
            &customer.middle_name,
            &customer.last_name,
            &customer.language,
            &customer.customer_group,
            &customer.currency,
            &customer.receipt_email,
            &customer.identification_number,
        ];
        (text.map(Clone::clone), customer.receipt_option)
    };
    assert_eq!(content(&found), content(&wanted));
    let there: BTreeSet<_> = found.addresses.into_iter().map(|address| address.street).collect();
    assert_eq!(there, streets);
    assert_eq!(world.database.number("SELECT revision FROM counter").await, 51);
    world.close().await;
}
