//! Creating customers.

use csu::proto::{exchange::CustomerFields, headquarters::DeleteCustomerGroupRequest};
use tonic::Code;

use crate::harness::{Engine, Headquarters, requests::reason, revisions};

crate::on_both_engines!(
    a_customer_gets_the_next_number,
    an_id_belongs_to_one_request,
    a_group_has_to_be_there,
    numbers_go_on_after_a_restart,
);

async fn a_customer_gets_the_next_number(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    let revision = revisions::create("Berg");
    let first = headquarters.create(&unit, revision.clone()).await.unwrap();
    assert_eq!(first.account_number, "C-0000001");
    assert_eq!((first.id.as_str(), first.version), (revision.customer_id.as_str(), 1));
    assert_eq!(first.created_by, revision.request_id);
    let fields = first.fields.unwrap();
    assert_eq!(fields.last_name.as_deref(), Some("Berg"));
    assert_eq!(fields.customer_group.as_deref(), Some("30"));
    assert_eq!(first.contacts[0].value, "+14255550100");
    assert_eq!(first.addresses.len(), 1);
    assert_eq!((first.create_time, first.update_time), (first.update_time, first.create_time));

    let second = headquarters.created(&unit, "Dahl").await;
    assert_eq!((second.account_number.as_str(), second.version), ("C-0000002", 2));
    headquarters.close().await;
}

async fn an_id_belongs_to_one_request(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    let first = headquarters.created(&unit, "Berg").await;
    let mut other = revisions::create("Dahl");
    other.customer_id = first.id.clone();
    let refused = headquarters.create(&unit, other).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::AlreadyExists, "CUSTOMER_EXISTS".to_owned()));
    let second = headquarters.created(&unit, "Dahl").await;
    assert_eq!(second.account_number, "C-0000002", "what is refused takes no number");
    headquarters.close().await;
}

async fn a_group_has_to_be_there(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    let mut unknown = revisions::create("Berg");
    revisions::set_group(&mut unknown, "31");
    let refused = headquarters.create(&unit, unknown.clone()).await.unwrap_err();
    let expected = (Code::FailedPrecondition, "CUSTOMER_GROUP_NOT_FOUND".to_owned());
    assert_eq!(reason(&refused), expected);
    assert_eq!(headquarters.lookup(&unit, &unknown.request_id).await.unwrap(), None);

    let mut staff = revisions::create("Dahl");
    revisions::set_group(&mut staff, "90");
    let created = headquarters.create(&unit, staff.clone()).await.unwrap();
    let request = DeleteCustomerGroupRequest { code: "90".to_owned() };
    headquarters.setup().delete_customer_group(request).await.unwrap();
    // What was performed is performed.
    assert_eq!(headquarters.create(&unit, staff).await.unwrap(), created);
    let fields = CustomerFields { customer_group: Some("90".to_owned()), ..Default::default() };
    let update = revisions::update(&created, fields);
    let refused = headquarters.update(&unit, update).await.unwrap_err();
    assert_eq!(reason(&refused), expected);
    // Other fields of such a customer may change, and the group may be taken away.
    let renamed = headquarters.update(&unit, revisions::rename(&created, "Falk")).await.unwrap();
    let fields = CustomerFields { customer_group: Some(String::new()), ..Default::default() };
    let without = headquarters.update(&unit, revisions::update(&renamed, fields)).await.unwrap();
    assert_eq!(without.fields.unwrap().customer_group, None);
    headquarters.close().await;
}

async fn numbers_go_on_after_a_restart(engine: Engine) {
    let mut headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    let revision = revisions::create("Berg");
    let first = headquarters.create(&unit, revision.clone()).await.unwrap();
    headquarters.stop().await;
    headquarters.start().await;
    assert_eq!(headquarters.create(&unit, revision).await.unwrap(), first);
    let second = headquarters.created(&unit, "Dahl").await;
    assert_eq!((second.account_number.as_str(), second.version), ("C-0000002", 2));
    headquarters.close().await;
}
