//! What a customer, its contacts and its addresses are called, and by what names it is found.

use csu::proto::channel::{
    CreateCustomerRequest, Customer, SearchCustomersRequest, get_customer_request::Key,
};
use tonic::Code;
use uuid::Uuid;

use crate::harness::{
    Engine, Footprint, World,
    requests::{create, reason, request_id},
    synced,
};

crate::on_both_engines!(
    ids_are_computed_from_the_request_id,
    the_client_may_choose_the_id,
    found_by_every_name_and_no_other,
);

fn ids(customer: &Customer) -> Vec<Uuid> {
    let own = customer.name.trim_start_matches("customers/");
    let contacts = customer.contacts.iter().map(|contact| contact.id.as_str());
    let addresses = customer.addresses.iter().map(|address| address.id.as_str());
    let all = std::iter::once(own).chain(contacts).chain(addresses);
    all.map(|id| id.parse().expect("a UUID")).collect()
}

/// The same in every unit: a v7 gives v7s of its own time, any other gives v8s.
async fn ids_are_computed_from_the_request_id(engine: Engine) {
    const V7: &str = "0197e7a1-5f1e-7c3a-8000-000000000001";
    const V4: &str = "6f6e0d0a-41a5-4f2f-9c85-3b1cbb4b0001";
    let mut minted = Vec::new();
    for _ in 0..2 {
        let world = World::new(engine).await;
        for (request_id, version) in [(V7, 7), (V4, 8)] {
            let request = CreateCustomerRequest { request_id: request_id.to_owned(), ..create() };
            let ids = ids(&world.replica().created(request).await);
            assert_eq!(ids.len(), 4, "customer, two contacts, address");
            for id in &ids {
                assert_eq!(id.get_version_num(), version, "{request_id} makes {id}");
                let request_time = request_id.split_at(13).0;
                assert_eq!(id.to_string().starts_with(request_time), version == 7, "{id}");
            }
            minted.push(ids);
        }
        world.close().await;
    }
    assert_eq!(minted[..2], minted[2..], "two units mint the same");
    let mut all = minted[..2].concat();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 8, "no two of them alike");
}

async fn the_client_may_choose_the_id(engine: Engine) {
    let world = World::new(engine).await;
    let replica = world.replica();
    let chosen = request_id();
    let request = CreateCustomerRequest { customer_id: chosen.clone(), ..create() };
    let created = replica.create(request.clone()).await.unwrap();
    assert_eq!(created.customer.clone().unwrap().name, format!("customers/{chosen}"));
    assert_eq!(replica.create(request.clone()).await.unwrap(), created);

    // The id is taken for every other request, whatever the content, also for one by which it is computed.
    let before = Footprint::of(&world.database).await;
    let other = CreateCustomerRequest { request_id: request_id(), ..request };
    let refused = replica.create(other).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::AlreadyExists, "CUSTOMER_EXISTS".to_owned()));
    assert_eq!(Footprint::of(&world.database).await, before);
    let first = replica.created(create()).await;
    let stolen =
        CreateCustomerRequest { customer_id: first.account_number.to_uppercase(), ..create() };
    let refused = replica.create(stolen).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::AlreadyExists, "CUSTOMER_EXISTS".to_owned()));
    world.close().await;
}

async fn found_by_every_name_and_no_other(engine: Engine) {
    let world = World::new(engine).await;
    let replica = world.replica();
    let pending = replica.created(create()).await;
    let guid = pending.account_number.clone();
    for key in [
        Key::Name(pending.name.clone()),
        Key::Name(format!("customers/{}", guid.to_uppercase())),
        Key::AccountNumber(guid.clone()),
        Key::AccountNumber(format!(" {} ", guid.to_uppercase())),
    ] {
        assert_eq!(replica.get(key).await.unwrap(), pending);
    }
    let synced = synced::plant(&world.database, "C-0000042", "Anna", "Rossi").await;
    let id = synced.name.trim_start_matches("customers/");
    for key in [
        Key::Name(synced.name.clone()),
        Key::AccountNumber(id.to_owned()),
        Key::AccountNumber("C-0000042".to_owned()),
        Key::AccountNumber("c-0000042".to_owned()),
    ] {
        assert_eq!(replica.get(key).await.unwrap().name, synced.name);
    }
    for number in [id, "C-0000042"] {
        let search =
            SearchCustomersRequest { account_number: number.to_owned(), ..Default::default() };
        let found = replica.search(search).await.unwrap();
        assert_eq!(found.customers.len(), 1, "once, by {number}");
    }
    for key in [
        Key::Name(format!("customers/{}", request_id())),
        Key::AccountNumber(request_id()),
        Key::AccountNumber("C-0000043".to_owned()),
        Key::AccountNumber("C-000004".to_owned()),
    ] {
        let refused = replica.get(key).await.unwrap_err();
        assert_eq!(reason(&refused), (Code::NotFound, "CUSTOMER_NOT_FOUND".to_owned()));
    }
    world.close().await;
}
