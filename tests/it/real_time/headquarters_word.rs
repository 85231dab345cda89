//! What headquarters decides is the caller's answer, as it came: no fallback, nothing written, and no failure.

use std::fmt::Debug;

use csu::{
    domain::{error::Error, id::CustomerId},
    proto::{
        channel::{Address, CreateCustomerRequest, Customer, UpdateCustomerRequest},
        headquarters::DeleteCustomerGroupRequest,
    },
    roles::channel::ChannelSettings,
    server::status::Domain,
};
use futures::{FutureExt as _, future::BoxFuture};
use tonic::Status;
use tonic_types::StatusExt as _;

use super::stage::{Boston, add_address, company, connection, create, refusal, rename};
use crate::harness::{
    Chain, Engine, Footprint,
    requests::{self, REAL_TIME_CHANNEL},
};

crate::on_both_engines!(
    another_customer_has_the_id,
    the_customer_group_is_gone,
    the_customer_has_all_addresses_that_it_may_have,
    scenario_29_only_headquarters_knows_that_the_etag_is_stale,
    another_unit_has_used_the_request_id,
);

/// One failure would open the breaker.
async fn chain(engine: Engine) -> Chain {
    let settings = ChannelSettings { breaker_failures: 1, ..ChannelSettings::default() };
    Chain::with(engine, company(&[]), settings).await
}

/// That the call is answered with this error in headquarters' words, and that this is all that comes of it.
async fn assert_word<A: Debug>(
    chain: &Chain,
    call: BoxFuture<'_, Result<A, Status>>,
    error: &Error,
) {
    let before = Footprint::of(&chain.world.database).await;
    let calls = chain.gate.writes();
    let (refused, word) = (call.await.unwrap_err(), refusal(Domain::Headquarters, error));
    let info = refused.get_details_error_info().unwrap();
    assert_eq!(info.domain, "headquarters.commerce.csu");
    assert_eq!(
        (refused.code(), refused.message(), refused.details()),
        (word.code(), word.message(), word.details()),
        "as it came: {info:?}"
    );
    assert_eq!(chain.gate.writes(), calls + 1, "one call");
    assert_eq!(Footprint::of(&chain.world.database).await, before, "nothing is written");
    let connection = connection(chain.unit()).await;
    assert!(connection.reachable, "headquarters has answered: {connection:?}");
    assert_eq!((connection.failures, connection.last_failure.as_str()), (0, ""));
}

async fn another_customer_has_the_id(engine: Engine) {
    let chain = chain(engine).await;
    let (theirs, _) = Boston::of(&chain.headquarters).await.created("Rossi").await;
    let request = CreateCustomerRequest { customer_id: theirs.id.clone(), ..create() };
    let exists = Error::CustomerExists(CustomerId(theirs.id.parse().unwrap()));
    assert_word(&chain, chain.unit().create(request.clone()).boxed(), &exists).await;
    // It stays so however often it is asked.
    assert_word(&chain, chain.unit().create(request).boxed(), &exists).await;
    chain.close().await;
}

async fn the_customer_group_is_gone(engine: Engine) {
    let chain = chain(engine).await;
    let name = chain.unit().created(create()).await.name;
    let request = DeleteCustomerGroupRequest { code: "20".to_owned() };
    chain.headquarters.setup().delete_customer_group(request).await.unwrap();
    // Here it is still known.
    let gone = Error::CustomerGroupNotFound { code: "20".to_owned() };
    let mut request = create();
    request.customer.as_mut().unwrap().customer_group = "20".to_owned();
    assert_word(&chain, chain.unit().create(request).boxed(), &gone).await;
    let change = Customer { name, customer_group: "20".to_owned(), ..Customer::default() };
    let request = UpdateCustomerRequest {
        channel: REAL_TIME_CHANNEL.to_owned(),
        ..requests::update(change, &["customer_group"])
    };
    assert_word(&chain, chain.unit().update(request).boxed(), &gone).await;
    chain.close().await;
}

async fn the_customer_has_all_addresses_that_it_may_have(engine: Engine) {
    let chain = chain(engine).await;
    let unit = chain.unit();
    let street = |number| Address { street: format!("{number} Pike Place"), ..Address::default() };
    let mut request = create();
    request.customer.as_mut().unwrap().addresses = (1..=99).map(street).collect();
    let name = unit.created(request.clone()).await.name;
    Boston::of(&chain.headquarters).await.add_address(&request.request_id, "100 Pike").await;
    // Only headquarters knows of all of them.
    let full = Error::AddressLimit { limit: 100 };
    assert_word(&chain, unit.add_address(add_address(&name, "101 Pike")).boxed(), &full).await;
    assert_eq!(unit.read(&name).await.addresses.len(), 99);
    chain.close().await;
}

async fn scenario_29_only_headquarters_knows_that_the_etag_is_stale(engine: Engine) {
    let chain = chain(engine).await;
    let unit = chain.unit();
    let request = create();
    let read = unit.created(request.clone()).await;
    Boston::of(&chain.headquarters).await.rename(&request.request_id, "Maria").await;
    let stale = UpdateCustomerRequest { etag: read.etag.clone(), ..rename(&read.name, "Giulia") };
    assert_word(&chain, unit.update(stale).boxed(), &Error::EtagMismatch).await;
    assert_eq!(unit.read(&read.name).await, read, "1010 has not come");

    // What the caller saw of another field is still so; the answer brings what changed.
    let change = Customer { last_name: "Rossi".to_owned(), ..read.clone() };
    let request = UpdateCustomerRequest {
        channel: REAL_TIME_CHANNEL.to_owned(),
        etag: read.etag,
        ..requests::update(change, &["last_name"])
    };
    let changed = unit.update(request).await.unwrap().customer.unwrap();
    assert_eq!(changed.display_name, "Maria Rossi");
    assert_eq!(unit.read(&read.name).await, changed);
    let again = UpdateCustomerRequest { etag: changed.etag, ..rename(&read.name, "Giulia") };
    assert_eq!(unit.update(again).await.unwrap().customer.unwrap().display_name, "Giulia Rossi");
    chain.close().await;
}

async fn another_unit_has_used_the_request_id(engine: Engine) {
    let chain = chain(engine).await;
    let (_, request_id) = Boston::of(&chain.headquarters).await.created("Rossi").await;
    let reused = Error::RequestIdReused(request_id.parse().unwrap());
    let request = CreateCustomerRequest { request_id, ..create() };
    assert_word(&chain, chain.unit().create(request).boxed(), &reused).await;
    chain.close().await;
}
