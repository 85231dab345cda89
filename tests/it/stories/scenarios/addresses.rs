//! Addresses of customers.

use csu::proto::channel::{AddAddressRequest, Address, AddressPurpose, ExecutionMode, SyncState};
use tonic::Code;

use crate::harness::{
    Engine, Footprint, START, World,
    requests::{add_address, address, create, create_named, reason, violations},
    synced,
};

crate::on_both_engines!(
    scenario_17_added_to_a_synced_customer,
    scenario_18_three_for_a_pending_customer,
    scenario_22_empty,
    scenario_23_street_too_long,
    scenario_24_one_primary,
);

async fn scenario_17_added_to_a_synced_customer(engine: Engine) {
    let world = World::new(engine).await;
    let replica = world.replica();
    let synced = synced::plant(&world.database, "C-0000001", "Anna", "Rossi").await;
    world.advance(std::time::Duration::from_secs(5));

    let answer = replica.add_address(add_address(&synced.name, "2 Async Avenue")).await.unwrap();
    let (customer, execution) = (answer.customer.unwrap(), answer.execution.unwrap());
    assert_eq!(execution.mode(), ExecutionMode::Async);
    assert_eq!(execution.reason, "ASYNC_ADDRESS");
    assert_eq!(execution.headquarters_duration, None, "headquarters was not called");
    assert_eq!(replica.read(&synced.name).await, customer, "visible at once");

    let [old, new] = customer.addresses.as_slice() else { panic!("two addresses") };
    assert_eq!((&old.id, old.sync_state()), (&synced.address_id, SyncState::Synced));
    assert_eq!((&new.id, new.sync_state()), (&answer.address_id, SyncState::PendingUpload));
    assert_eq!(new.street, "2 Async Avenue");
    assert_eq!((new.purpose(), new.country.as_str()), (AddressPurpose::Home, "US"));
    let captured = new.create_time.unwrap().seconds;
    assert_eq!(captured, START.millis() / 1_000 + 5, "its own creation time");
    assert!(old.primary && !new.primary);
    assert_eq!(customer.sync_state(), SyncState::Synced, "the customer waits for nothing");
    assert_eq!(customer.account_number_display, "C-0000001");

    let staged =
        "SELECT custaccount || ' ' || street || ' ' || r.base_version FROM retailasyncaddressv2
                  JOIN revision r ON counter = replicationcounterfromorigin";
    assert_eq!(world.database.texts(staged).await, ["C-0000001 2 Async Avenue 7"]);
    world.close().await;
}

async fn scenario_18_three_for_a_pending_customer(engine: Engine) {
    let world = World::new(engine).await;
    let replica = world.replica();
    let name = replica.created(create_named("Karen", "Berg")).await.name;
    let mut ids = Vec::new();
    for street in ["1 First", "2 Second", "3 Third"] {
        world.advance(std::time::Duration::from_secs(1));
        let answer = replica.add_address(add_address(&name, street)).await.unwrap();
        assert_eq!(answer.execution.unwrap().reason, "ASYNC_ADDRESS");
        ids.push(answer.address_id);
    }
    let addresses = replica.read(&name).await.addresses;
    assert_eq!(addresses.iter().map(|address| address.id.clone()).collect::<Vec<_>>(), ids);
    let streets: Vec<_> = addresses.iter().map(|address| address.street.as_str()).collect();
    assert_eq!(streets, ["1 First", "2 Second", "3 Third"]);
    assert_eq!(
        addresses.iter().map(|address| address.primary).collect::<Vec<_>>(),
        [true, false, false]
    );
    world.close().await;
}

async fn scenario_22_empty(engine: Engine) {
    let world = World::new(engine).await;
    let replica = world.replica();
    let name = replica.created(create_named("Karen", "Berg")).await.name;
    let before = Footprint::of(&world.database).await;
    let blank = Address {
        street: "   ".to_owned(),
        purpose: AddressPurpose::Delivery.into(),
        primary: true,
        ..Address::default()
    };
    for empty in [Address::default(), blank] {
        let request = AddAddressRequest { address: Some(empty), ..add_address(&name, "") };
        let refused = replica.add_address(request).await.unwrap_err();
        assert_eq!(reason(&refused), (Code::InvalidArgument, "INVALID_FIELD".to_owned()));
        assert_eq!(violations(&refused), [("address".to_owned(), "EMPTY_ADDRESS".to_owned())]);
    }
    assert_eq!(Footprint::of(&world.database).await, before);
    world.close().await;
}

async fn scenario_23_street_too_long(engine: Engine) {
    let world = World::new(engine).await;
    let replica = world.replica();
    let name = replica.created(create_named("Karen", "Berg")).await.name;
    let before = Footprint::of(&world.database).await;
    let bad = Address {
        street: "x".repeat(300),
        county: "c".repeat(11),
        city: "d".repeat(61),
        country: "ZZ".to_owned(),
        purpose: 99,
        ..Address::default()
    };
    let request = AddAddressRequest { address: Some(bad), ..add_address(&name, "") };
    let refused = replica.add_address(request).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::InvalidArgument, "INVALID_FIELD".to_owned()));
    let mut found = violations(&refused);
    found.sort();
    let expected = [
        ("address.city", "TOO_LONG"),
        ("address.country", "INVALID_COUNTRY"),
        ("address.county", "COUNTY_LENGTH_EXCEEDED"),
        ("address.purpose", "INVALID_ENUM_VALUE"),
        ("address.street", "STREET_LENGTH_EXCEEDED"),
    ];
    assert_eq!(found, expected.map(|(field, why)| (field.to_owned(), why.to_owned())));
    assert_eq!(Footprint::of(&world.database).await, before);

    // The limit counts characters, and all of them are kept.
    let longest = "ß".repeat(250);
    let answer = replica.add_address(add_address(&name, &longest)).await.unwrap();
    assert_eq!(answer.customer.unwrap().addresses[0].street, longest);
    let staged = "SELECT street FROM retailasyncaddressv2";
    assert_eq!(world.database.texts(staged).await, [longest]);
    world.close().await;
}

async fn scenario_24_one_primary(engine: Engine) {
    let world = World::new(engine).await;
    let replica = world.replica();
    let primary = |street| Address { primary: true, ..address(street) };
    let before = Footprint::of(&world.database).await;
    let mut request = create();
    request.customer.as_mut().unwrap().addresses = vec![primary("1 First"), primary("2 Second")];
    let refused = replica.create(request).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::InvalidArgument, "INVALID_FIELD".to_owned()));
    let expected = ("customer.addresses".to_owned(), "MULTIPLE_PRIMARY_ADDRESSES".to_owned());
    assert_eq!(violations(&refused), [expected]);
    assert_eq!(Footprint::of(&world.database).await, before);

    let mut request = create();
    request.customer.as_mut().unwrap().addresses = vec![address("1 First"), primary("2 Second")];
    let name = replica.created(request).await.name;
    let primaries = async || -> Vec<_> {
        let addresses = replica.read(&name).await.addresses;
        addresses.into_iter().filter(|found| found.primary).map(|found| found.street).collect()
    };
    assert_eq!(primaries().await, ["2 Second"]);
    let mut request = add_address(&name, "");
    request.address = Some(primary("3 Third"));
    replica.add_address(request).await.unwrap();
    assert_eq!(primaries().await, ["3 Third"], "a new primary unmarks the old");
    replica.add_address(add_address(&name, "4 Fourth")).await.unwrap();
    assert_eq!(primaries().await, ["3 Third"]);
    world.close().await;
}
