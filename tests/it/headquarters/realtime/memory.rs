//! The memory of requests: what was performed is answered, before anything else is asked.

use csu::proto::exchange::CustomerFields;
use tonic::Code;

use crate::harness::{
    Engine, Headquarters,
    headquarters::new_origin,
    requests::{reason, request_id, violations},
    revisions,
};

crate::on_both_engines!(
    a_repetition_gets_the_first_result,
    the_memory_comes_before_all_checks,
    what_was_performed_is_looked_up,
);

async fn a_repetition_gets_the_first_result(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    let create = revisions::create("Berg");
    let first = headquarters.create(&unit, create.clone()).await.unwrap();
    assert_eq!(headquarters.create(&unit, create.clone()).await.unwrap(), first);

    let mut other = create.clone();
    other.request_hash[0] ^= 1;
    let refused = headquarters.create(&unit, other).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::AlreadyExists, "REQUEST_ID_REUSED".to_owned()));

    // An update under the id of a create is another content too.
    let mut rename = revisions::rename(&first, "Dahl");
    rename.request_id = create.request_id.clone();
    let refused = headquarters.update(&unit, rename).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::AlreadyExists, "REQUEST_ID_REUSED".to_owned()));

    // It is answered with the customer as it is by then.
    let now = headquarters.update(&unit, revisions::rename(&first, "Dahl")).await.unwrap();
    assert_eq!(headquarters.create(&unit, create).await.unwrap(), now);
    headquarters.close().await;
}

async fn the_memory_comes_before_all_checks(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    let create = revisions::create("Berg");
    let seen = headquarters.create(&unit, create.clone()).await.unwrap();
    let rename = revisions::rename(&seen, "Dahl");
    headquarters.update_unchanged(&unit, rename.clone()).await.unwrap();
    let now = headquarters.update(&unit, revisions::rename(&seen, "Falk")).await.unwrap();

    // The etag is an old one, the customer exists, and its origin has never registered.
    assert_eq!(headquarters.update_unchanged(&unit, rename.clone()).await.unwrap(), now);
    assert_eq!(headquarters.create(&unit, create.clone()).await.unwrap(), now);
    let stranger = new_origin();
    assert_eq!(headquarters.create(&stranger, create.clone()).await.unwrap(), now);
    let mut other = create;
    other.request_hash[0] ^= 1;
    let refused = headquarters.create(&stranger, other).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::AlreadyExists, "REQUEST_ID_REUSED".to_owned()));
    // A repetition that names another customer is still that of the first.
    let second = headquarters.created(&unit, "Lund").await;
    let mut elsewhere = rename;
    elsewhere.customer_id = second.id;
    assert_eq!(headquarters.update(&unit, elsewhere).await.unwrap(), now);
    headquarters.close().await;
}

async fn what_was_performed_is_looked_up(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    assert_eq!(headquarters.lookup(&unit, &request_id()).await.unwrap(), None);
    let create = revisions::create("Berg");
    let created = headquarters.create(&unit, create.clone()).await.unwrap();
    let fields = CustomerFields { first_name: Some("Maria".to_owned()), ..Default::default() };
    let update = revisions::update(&created, fields);
    let updated = headquarters.update(&unit, update.clone()).await.unwrap();
    let address = revisions::add_address(&updated, "2 Pine Street");
    let now = headquarters.add_address(&unit, address.clone()).await.unwrap();
    for (revision, method) in
        [(create, "CreateCustomer"), (update, "UpdateCustomer"), (address, "AddAddress")]
    {
        let performed = headquarters.lookup(&unit, &revision.request_id).await.unwrap().unwrap();
        assert_eq!(performed.method, method);
        assert_eq!(performed.request_hash, revision.request_hash);
        let decision = performed.decision.unwrap();
        assert_eq!(decision.reason, "PROFILE_REAL_TIME");
        assert_eq!((decision.channel_configuration, decision.global_configuration), (1, 1));
        assert_eq!(performed.customer.as_ref(), Some(&now));
    }
    for id in ["", "C-1", "00000000-0000-0000-0000-000000000000"] {
        let refused = headquarters.lookup(&unit, id).await.unwrap_err();
        assert_eq!(reason(&refused), (Code::InvalidArgument, "INVALID_FIELD".to_owned()));
        assert_eq!(violations(&refused)[0].0, "request_id");
    }
    let refused = headquarters.lookup(&new_origin(), &request_id()).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::PermissionDenied, "DATABASE_NOT_REGISTERED".to_owned()));
    headquarters.close().await;
}
