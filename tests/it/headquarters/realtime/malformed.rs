//! What can't be read is refused by the name of its field, and nothing is written.

use csu::proto::{
    exchange::{Change, ContactRow, Origin, Revision, UpdateCustomer, change::Change as Kind},
    headquarters::CreateCustomerRequest,
};
use tonic::Code;

use crate::harness::{
    Engine, Headquarters,
    requests::{reason, violations},
    revisions,
};

crate::on_both_engines!(what_is_malformed_is_named);

type Damage = fn(&mut CreateCustomerRequest);

fn origin(request: &mut CreateCustomerRequest) -> &mut Origin {
    request.origin.as_mut().expect("an origin")
}

fn revision(request: &mut CreateCustomerRequest) -> &mut Revision {
    request.revision.as_mut().expect("a revision")
}

fn contact(request: &mut CreateCustomerRequest) -> &mut ContactRow {
    match revision(request).changes[1].change.as_mut() {
        Some(Kind::AddContact(add)) => add.contact.as_mut().expect("a contact"),
        other => panic!("{other:?}"),
    }
}

const DAMAGES: &[(&str, Damage)] = &[
    ("origin", |request| request.origin = None),
    ("origin.database_id", |request| origin(request).database_id = "store-1".to_owned()),
    ("origin.incarnation", |request| origin(request).incarnation = 0),
    ("revision", |request| request.revision = None),
    ("revision.changes", |request| revision(request).changes.clear()),
    ("revision.changes", |request| revision(request).changes.swap(0, 1)),
    ("revision.changes", |request| revision(request).changes.push(Change { change: None })),
    ("revision.changes", |request| {
        let update = UpdateCustomer { fields: None };
        let change = Change { change: Some(Kind::UpdateCustomer(update)) };
        revision(request).changes.push(change);
    }),
    ("revision.base_version", |request| revision(request).base_version = -1),
    ("revision.channel", |request| revision(request).channel.clear()),
    ("revision.channel", |request| revision(request).channel = "S".repeat(1_000)),
    ("revision.channel", |request| revision(request).channel = "SEA\0TTLE".to_owned()),
    ("revision.caller", |request| revision(request).caller.clear()),
    ("revision.customer_id", |request| revision(request).customer_id = "C-0000001".to_owned()),
    ("revision.request_hash", |request| revision(request).request_hash.truncate(31)),
    ("request_id", |request| revision(request).request_id.clear()),
    ("request_id", |request| {
        revision(request).request_id = "ffffffff-ffff-ffff-ffff-ffffffffffff".to_owned();
    }),
    ("revision.decision", |request| revision(request).decision = None),
    ("contacts.kind", |request| contact(request).kind = "FAX".to_owned()),
    ("contacts.id", |request| contact(request).id.clear()),
];

async fn what_is_malformed_is_named(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    let sound = CreateCustomerRequest {
        origin: Some(unit.clone()),
        revision: Some(revisions::create("Berg")),
    };
    for (field, damage) in DAMAGES {
        let mut request = sound.clone();
        damage(&mut request);
        let refused = headquarters.realtime().create_customer(request).await.unwrap_err();
        let expected = (Code::InvalidArgument, "INVALID_FIELD".to_owned());
        assert_eq!(reason(&refused), expected, "{field}");
        let named: Vec<_> = violations(&refused).into_iter().map(|(field, _)| field).collect();
        let ends = named.len() == 1 && named[0].ends_with(field);
        assert!(ends, "{named:?} for {field}");
        assert!(!refused.message().contains("Berg"));
    }
    // Each method takes its own changes only.
    let create = sound.revision.clone().expect("a revision");
    for refused in [
        headquarters.update(&unit, create.clone()).await,
        headquarters.add_address(&unit, create).await,
    ] {
        assert_eq!(violations(&refused.unwrap_err())[0].0, "revision.changes");
    }
    headquarters.realtime().create_customer(sound).await.expect("it was sound");
    headquarters.close().await;
}
