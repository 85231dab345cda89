//! A request id is for one write: with anything else it is refused, and what it stands for stays.

use csu::proto::channel::{
    AddAddressRequest, CreateCustomerRequest, Customer, UpdateCustomerRequest,
};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::assert_silent;
use crate::harness::{
    Engine, Footprint, World,
    requests::{REAL_TIME_CHANNEL, add_address, create, email, reason, update},
};

crate::on_both_engines!(a_request_id_with_other_content);

async fn a_request_id_with_other_content(engine: Engine) {
    let world = World::new(engine).await;
    let replica = world.replica();
    let first = create();
    let created = replica.create(first.clone()).await.unwrap();
    let name = created.customer.clone().unwrap().name;
    let change =
        Customer { name: name.clone(), first_name: "Maria".to_owned(), ..Customer::default() };
    let renamed = update(change.clone(), &["first_name"]);
    replica.update(renamed.clone()).await.unwrap();
    let added = add_address(&name, "2 Second");
    replica.add_address(added.clone()).await.unwrap();
    let before = Footprint::of(&world.database).await;

    let refused = |refused: Status, used: &str| {
        assert_eq!(reason(&refused), (Code::AlreadyExists, "REQUEST_ID_REUSED".to_owned()));
        assert_eq!(refused.get_details_error_info().unwrap().metadata["request_id"], used);
        let entered = ["Karen", "Berg", "Maria", "Second", "karen@example.com"];
        assert_silent(&refused, &entered.map(str::to_owned));
    };
    let id = first.request_id.clone();
    let customer = first.customer.clone().unwrap();
    let other = |change: fn(&mut Customer)| {
        let mut customer = customer.clone();
        change(&mut customer);
        CreateCustomerRequest { customer: Some(customer), ..first.clone() }
    };
    for request in [
        other(|karen| karen.first_name = "Maria".to_owned()),
        other(|karen| karen.middle_name = "Maria".to_owned()),
        other(|karen| karen.contacts.swap(0, 1)),
        other(|karen| karen.contacts.push(email("berg@example.com"))),
        other(|karen| karen.addresses.clear()),
        // Content that would be refused by itself.
        other(|karen| karen.currency = "QQQ".to_owned()),
        CreateCustomerRequest { customer_id: renamed.request_id.clone(), ..first.clone() },
        CreateCustomerRequest { channel: REAL_TIME_CHANNEL.to_owned(), ..first.clone() },
    ] {
        refused(replica.create(request).await.unwrap_err(), &id);
    }
    // For another method, either way.
    let update_of = |request_id: &str| UpdateCustomerRequest {
        request_id: request_id.to_owned(),
        ..renamed.clone()
    };
    refused(replica.update(update_of(&id)).await.unwrap_err(), &id);
    refused(replica.update(update_of(&added.request_id)).await.unwrap_err(), &added.request_id);
    let address = AddAddressRequest { request_id: id.clone(), ..added.clone() };
    refused(replica.add_address(address).await.unwrap_err(), &id);
    let creation = CreateCustomerRequest { request_id: added.request_id.clone(), ..create() };
    refused(replica.create(creation).await.unwrap_err(), &added.request_id);
    // An update of other fields, or with another etag.
    let wider = UpdateCustomerRequest {
        request_id: renamed.request_id.clone(),
        ..update(change, &["first_name", "last_name"])
    };
    refused(replica.update(wider).await.unwrap_err(), &renamed.request_id);
    let guarded = UpdateCustomerRequest { etag: "1-00".to_owned(), ..renamed.clone() };
    refused(replica.update(guarded).await.unwrap_err(), &renamed.request_id);

    assert_eq!(Footprint::of(&world.database).await, before, "nothing is left behind");
    assert_eq!(replica.create(first).await.unwrap(), created, "and the first one stays");
    world.close().await;
}
