//! `AddAddress`. What is wrong with an address itself is scenario 22 to 24's.

use csu::proto::channel::{AddAddressRequest, Address};
use tonic::Code;
use tonic_types::StatusExt as _;

use super::{assert_fields, assert_silent};
use crate::harness::{
    Engine, Footprint, World,
    requests::{add_address, address, create, reason, request_id},
};

crate::on_both_engines!(all_that_is_wrong_at_once, a_hundred_and_no_more);

async fn all_that_is_wrong_at_once(engine: Engine) {
    let world = World::new(engine).await;
    let replica = world.replica();
    let name = replica.created(create()).await.name;
    let before = Footprint::of(&world.database).await;
    let nothing =
        AddAddressRequest { request_id: String::new(), address: None, ..add_address("", "") };
    let refused = replica.add_address(nothing).await.unwrap_err();
    assert_fields(
        &refused,
        &[("request_id", "REQUIRED"), ("customer", "REQUIRED"), ("address", "REQUIRED")],
    );
    let good = add_address(&name, "2 Second");
    let bad = AddAddressRequest {
        customer: "customers/karen".to_owned(),
        address: Some(Address { country: "Atlantis".to_owned(), ..address("2 Second\u{1b}[0m") }),
        ..good.clone()
    };
    let refused = replica.add_address(bad).await.unwrap_err();
    assert_fields(
        &refused,
        &[
            ("customer", "INVALID_NAME"),
            ("address.street", "CONTROL_CHARACTER"),
            ("address.country", "INVALID_COUNTRY"),
        ],
    );
    assert_silent(&refused, &["2 Second", "Atlantis", "Seattle", "98101"].map(str::to_owned));

    let nobody =
        AddAddressRequest { customer: format!("customers/{}", request_id()), ..good.clone() };
    let refused = replica.add_address(nobody).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::NotFound, "CUSTOMER_NOT_FOUND".to_owned()));
    assert_eq!(Footprint::of(&world.database).await, before);

    assert!(replica.add_address(good).await.is_ok(), "the request id is still good");
    world.close().await;
}

async fn a_hundred_and_no_more(engine: Engine) {
    let world = World::new(engine).await;
    let replica = world.replica();
    let mut request = create();
    request.customer.as_mut().unwrap().addresses =
        (0..99).map(|number| address(&format!("{number} Pike"))).collect();
    let name = replica.created(request).await.name;
    let last = add_address(&name, "99 Pike");
    let added = replica.add_address(last.clone()).await.unwrap();
    let before = Footprint::of(&world.database).await;
    let refused = replica.add_address(add_address(&name, "100 Pike")).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::ResourceExhausted, "ADDRESS_LIMIT".to_owned()));
    assert_eq!(refused.get_details_error_info().unwrap().metadata["limit"], "100");
    assert!(refused.get_details_retry_info().is_none(), "repeating it is of no use");
    assert_eq!(replica.add_address(last).await.unwrap(), added, "a repetition is no addition");
    assert_eq!(Footprint::of(&world.database).await, before);
    world.close().await;
}
