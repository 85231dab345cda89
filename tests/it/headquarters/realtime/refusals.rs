//! Who may write for which channel.

use tonic::Code;

use super::super::add_channel;
use crate::harness::{Engine, Headquarters, headquarters::new_origin, requests::reason, revisions};

crate::on_both_engines!(only_who_has_registered_writes, each_database_writes_for_its_channels);

async fn only_who_has_registered_writes(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let not_registered = (Code::PermissionDenied, "DATABASE_NOT_REGISTERED".to_owned());
    let mut unit = new_origin();
    let create = revisions::create("Berg");
    let refused = headquarters.create(&unit, create.clone()).await.unwrap_err();
    assert_eq!(reason(&refused), not_registered);
    headquarters.register("store-1", &unit).await.unwrap();
    let created = headquarters.create(&unit, create).await.unwrap();

    // Another life of the same database has to register too, and ends the one before.
    let old = unit.clone();
    unit.incarnation += 1;
    let rename = revisions::rename(&created, "Dahl");
    let refused = headquarters.update(&unit, rename.clone()).await.unwrap_err();
    assert_eq!(reason(&refused), not_registered);
    headquarters.register("store-1", &unit).await.unwrap();
    let refused = headquarters.update(&old, rename.clone()).await.unwrap_err();
    assert_eq!(reason(&refused), not_registered);
    headquarters.update(&unit, rename).await.unwrap();
    headquarters.close().await;
}

async fn each_database_writes_for_its_channels(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    add_channel(&headquarters, "BOSTON", "store-2").await;
    let unit = headquarters.registered("store-1").await;
    let created = headquarters.created(&unit, "Berg").await;
    let of_another = (Code::PermissionDenied, "CHANNEL_OF_ANOTHER_DATABASE".to_owned());
    for channel in ["BOSTON", "PORTLAND", "seattle"] {
        let mut create = revisions::create("Dahl");
        create.channel = channel.to_owned();
        let mut rename = revisions::rename(&created, "Dahl");
        rename.channel = channel.to_owned();
        let mut address = revisions::add_address(&created, "2 Pine Street");
        address.channel = channel.to_owned();
        for refused in [
            headquarters.create(&unit, create).await,
            headquarters.update(&unit, rename).await,
            headquarters.add_address(&unit, address).await,
        ] {
            assert_eq!(reason(&refused.unwrap_err()), of_another);
        }
    }
    // The channel moves: what comes for it now, comes from there.
    add_channel(&headquarters, "SEATTLE", "store-2").await;
    let other = headquarters.registered("store-2").await;
    let rename = revisions::rename(&created, "Dahl");
    let refused = headquarters.update(&unit, rename.clone()).await.unwrap_err();
    assert_eq!(reason(&refused), of_another);
    assert_eq!(headquarters.update(&other, rename).await.unwrap().version, 2);
    headquarters.close().await;
}
