//! A repetition gets the first answer, word for word.

use std::time::Duration;

use csu::{
    channel::upkeep,
    domain::write::REQUEST_RECORDS_KEPT,
    proto::channel::{CreateCustomerRequest, Customer, RequestState},
};

use crate::harness::{
    Company, Engine, Footprint, World,
    requests::{add_address, create, email, reason, request_id, update},
};

crate::on_both_engines!(
    the_first_answer_again_whatever_has_changed,
    a_change_that_changes_nothing_writes_no_revision,
    remembered_for_seven_days_and_never_created_twice,
);

/// Also after later writes, after a restart, and under a configuration that would refuse it now.
async fn the_first_answer_again_whatever_has_changed(engine: Engine) {
    let mut world = World::new(engine).await;
    let mut create = create();
    // A second e-mail address, which a channel without F1 would refuse.
    create.customer.as_mut().unwrap().contacts.push(email("berg@example.com"));
    let created = world.replica().create(create.clone()).await.unwrap();
    let name = created.customer.clone().unwrap().name;
    let change = Customer {
        name: name.clone(),
        first_name: "Maria".to_owned(),
        last_name: "Rossi".to_owned(),
        ..Customer::default()
    };
    let rename = update(change, &["first_name", "last_name"]);
    world.advance(Duration::from_secs(40));
    let renamed = world.replica().update(rename.clone()).await.unwrap();
    let add = add_address(&name, "2 Second");
    let added = world.replica().add_address(add.clone()).await.unwrap();
    assert_ne!(added.customer, renamed.customer);
    assert_ne!(added.execution, created.execution, "each has an age of its own");
    let after = world.replica().read(&name).await;
    let before = Footprint::of(&world.database).await;

    let repeated_all = async |world: &World| {
        let replica = world.replica();
        assert_eq!(replica.create(create.clone()).await.unwrap(), created);
        // The same id in other letters.
        let mut shouted = create.clone();
        shouted.request_id = shouted.request_id.to_uppercase();
        assert_eq!(replica.create(shouted).await.unwrap(), created);
        assert_eq!(replica.update(rename.clone()).await.unwrap(), renamed);
        assert_eq!(replica.add_address(add.clone()).await.unwrap(), added);
        assert_eq!(replica.read(&name).await, after);
    };
    repeated_all(&world).await;
    assert_eq!(Footprint::of(&world.database).await, before, "repetitions write nothing");

    world.restart(Company::new().packages()).await;
    repeated_all(&world).await;

    // No second contacts, no async addresses, no async edits, and short names only.
    let strict =
        Company::new().version(2).f1(false).f2(false).f3(false).limit("customer.first_name", 2);
    world.restart(strict.packages()).await;
    repeated_all(&world).await;
    for refused in [
        world.replica().create(with_new_id(&create)).await.err(),
        world.replica().update(update(change_of(&name), &["first_name"])).await.err(),
        world.replica().add_address(add_address(&name, "3 Third")).await.err(),
    ] {
        refused.expect("a new request is refused by the new configuration");
    }

    // Even their channel is served elsewhere now.
    world.restart(Company::new().version(3).only("HOUSTON").packages()).await;
    repeated_all(&world).await;
    let refused = world.replica().create(with_new_id(&create)).await.unwrap_err();
    assert_eq!(reason(&refused).1, "CHANNEL_NOT_CONFIGURED");
    world.close().await;
}

fn with_new_id(request: &CreateCustomerRequest) -> CreateCustomerRequest {
    CreateCustomerRequest { request_id: request_id(), ..request.clone() }
}

fn change_of(name: &str) -> Customer {
    Customer { name: name.to_owned(), first_name: "Li".to_owned(), ..Customer::default() }
}

async fn a_change_that_changes_nothing_writes_no_revision(engine: Engine) {
    let world = World::new(engine).await;
    let replica = world.replica();
    let customer = replica.created(create()).await;
    let request = update(customer.clone(), &["first_name", "last_name", "receipt_email"]);
    world.advance(Duration::from_secs(1));
    let unchanged = replica.update(request.clone()).await.unwrap();
    assert_eq!(unchanged.customer.as_ref(), Some(&customer));
    assert_eq!(world.database.number("SELECT count(*) FROM revision").await, 1);
    assert_eq!(world.database.number("SELECT event FROM counter").await, 1);

    // It is remembered all the same: somebody else's change doesn't make its repetition a change.
    let other = Customer { first_name: "Maria".to_owned(), ..customer.clone() };
    replica.update(update(other, &["first_name"])).await.unwrap();
    assert_eq!(replica.update(request).await.unwrap(), unchanged);
    assert_eq!(replica.read(&customer.name).await.first_name, "Maria");
    world.close().await;
}

async fn remembered_for_seven_days_and_never_created_twice(engine: Engine) {
    let world = World::new(engine).await;
    let replica = world.replica();
    let unit = &replica.serving.unit;
    let (create, later) = (create(), create());
    let created = replica.create(create.clone()).await.unwrap();
    let name = created.customer.clone().unwrap().name;
    let add = add_address(&name, "2 Second");
    let added = replica.add_address(add.clone()).await.unwrap();
    world.advance(Duration::from_millis(1));
    replica.create(later.clone()).await.unwrap();

    // To the millisecond: 7 days are kept.
    world.advance(REQUEST_RECORDS_KEPT - Duration::from_millis(1));
    assert_eq!(upkeep::prune(&unit.writer, &unit.clock).await.unwrap(), 0);
    assert_eq!(replica.create(create.clone()).await.unwrap(), created);
    world.advance(Duration::from_millis(1));
    assert_eq!(upkeep::prune(&unit.writer, &unit.clock).await.unwrap(), 2);
    assert!(replica.has_not_seen(&create.request_id).await);
    assert!(replica.has_not_seen(&add.request_id).await);
    let looked_up = replica.lookup(&later.request_id).await.unwrap();
    assert_eq!(looked_up.state(), RequestState::Completed);

    // A repetition after that finds what it made, and makes nothing.
    let rows = "SELECT revision || ' ' || event FROM counter";
    let before = world.database.texts(rows).await;
    let again = replica.create(create.clone()).await.unwrap();
    assert_eq!(again.customer.unwrap(), replica.read(&name).await);
    let again = replica.add_address(add).await.unwrap();
    assert_eq!(again.address_id, added.address_id);
    assert_eq!(again.customer, added.customer);
    assert_eq!(world.database.texts(rows).await, before);

    // Another request may not have its id.
    let mut thief = create_with_id(&name);
    thief.customer.as_mut().unwrap().first_name = "Other".to_owned();
    let refused = replica.create(thief).await.unwrap_err();
    assert_eq!(reason(&refused).1, "CUSTOMER_EXISTS");
    world.close().await;
}

fn create_with_id(name: &str) -> CreateCustomerRequest {
    let customer_id = name.trim_start_matches("customers/").to_owned();
    CreateCustomerRequest { customer_id, ..create() }
}
