//! What all methods have in common: the channel, the size of a message.

use csu::proto::channel::{Customer, ExplainRouteRequest, Operation, SearchCustomersRequest};
use tonic::{Code, Status};

use super::{assert_fields, assert_silent};
use crate::harness::{
    Company, Engine, Footprint, World,
    requests::{add_address, create, create_named, reason, update},
};

crate::on_both_engines!(the_channel_is_named_and_known, a_message_that_is_too_large);

/// What each method answers when it is asked at this channel.
async fn at_channel(world: &World, name: &str, channel: &str) -> Vec<Status> {
    let replica = world.replica();
    let channel = channel.to_owned();
    let mut create = create();
    create.channel.clone_from(&channel);
    let change =
        Customer { name: name.to_owned(), first_name: "Maria".to_owned(), ..Customer::default() };
    let mut update = update(change, &["first_name"]);
    update.channel.clone_from(&channel);
    let mut add = add_address(name, "2 Second");
    add.channel.clone_from(&channel);
    let search = SearchCustomersRequest {
        phone: "(425) 555-0100".to_owned(),
        channel: channel.clone(),
        ..SearchCustomersRequest::default()
    };
    let explain = ExplainRouteRequest {
        channel: channel.clone(),
        operation: Operation::CreateCustomer.into(),
        ..ExplainRouteRequest::default()
    };
    [
        replica.create(create).await.err(),
        replica.update(update).await.err(),
        replica.add_address(add).await.err(),
        replica.search(search).await.err(),
        replica.explain(explain).await.err(),
        replica.configuration(&channel).await.err(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

async fn the_channel_is_named_and_known(engine: Engine) {
    let mut world = World::new(engine).await;
    let name = world.replica().created(create()).await.name;
    let before = Footprint::of(&world.database).await;
    let missing = at_channel(&world, &name, "").await;
    assert_eq!(missing.len(), 6);
    for refused in missing {
        assert_fields(&refused, &[("channel", "REQUIRED")]);
        assert_silent(&refused, &["Karen", "Maria", "425"].map(str::to_owned));
    }
    let unlikely = ["PORTLAND", "seattle", " SEATTLE", "SEA\0TTLE", "🐟", &"S".repeat(100_000)];
    for channel in unlikely {
        let unknown = at_channel(&world, &name, channel).await;
        assert_eq!(unknown.len(), 6);
        for refused in unknown {
            let expected = (Code::FailedPrecondition, "CHANNEL_NOT_CONFIGURED".to_owned());
            assert_eq!(reason(&refused), expected);
            assert_silent(&refused, &["Karen", "Maria", "425 555"].map(str::to_owned));
            if channel == "PORTLAND" {
                assert!(refused.message().contains("HOUSTON, SEATTLE"), "it says what there is");
            }
        }
    }
    assert_eq!(Footprint::of(&world.database).await, before);

    // Where there is only one, it need not be named.
    world.restart(Company::new().version(2).only("SEATTLE").packages()).await;
    assert_eq!(at_channel(&world, &name, "").await.len(), 0);
    world.close().await;
}

async fn a_message_that_is_too_large(engine: Engine) {
    let world = World::new(engine).await;
    let before = Footprint::of(&world.database).await;
    let entered = ["Enormous".repeat(5 * 1024 * 1024 / 8)];
    let request = create_named(&entered[0], "Berg");
    let refused = world.replica().create(request.clone()).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::ResourceExhausted, "MESSAGE_TOO_LARGE".to_owned()));
    assert_silent(&refused, &["Enormous".to_owned()]);
    let search = SearchCustomersRequest { name: entered[0].clone(), ..Default::default() };
    let refused = world.replica().search(search).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::ResourceExhausted, "MESSAGE_TOO_LARGE".to_owned()));
    assert_eq!(Footprint::of(&world.database).await, before);

    // The connection and the request id are still good.
    let mut small = create();
    small.request_id = request.request_id;
    world.replica().created(small).await;
    world.close().await;
}
