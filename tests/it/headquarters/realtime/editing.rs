//! Changing customers: etags, addresses, and what two units write without knowing each other.

use std::time::Duration;

use csu::{
    proto::exchange::{CustomerFields, Origin},
    runtime::clock::Clock as _,
};
use tonic::Code;

use super::super::add_channel;
use crate::harness::{Engine, Headquarters, requests::reason, revisions};

crate::on_both_engines!(
    only_the_fields_of_the_mask_have_to_be_unchanged,
    two_units_are_merged,
    the_later_of_two_values_wins,
    addresses_come_by_their_id,
    who_is_not_there_is_not_changed,
);

fn first_name(name: &str) -> CustomerFields {
    CustomerFields { first_name: Some(name.to_owned()), ..CustomerFields::default() }
}

async fn only_the_fields_of_the_mask_have_to_be_unchanged(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    let seen = headquarters.created(&unit, "Berg").await;
    headquarters.update(&unit, revisions::rename(&seen, "Dahl")).await.unwrap();

    let refused = headquarters.update_unchanged(&unit, revisions::rename(&seen, "Falk")).await;
    assert_eq!(reason(&refused.unwrap_err()), (Code::Aborted, "ETAG_MISMATCH".to_owned()));
    // The first name is what the caller saw, whatever the last name is.
    let changed =
        headquarters.update_unchanged(&unit, revisions::update(&seen, first_name("Maria"))).await;
    let changed = changed.unwrap();
    assert_eq!(changed.version, 3, "what is refused takes no version");
    let fields = changed.fields.clone().unwrap();
    assert_eq!(fields.first_name.as_deref(), Some("Maria"));
    assert_eq!(fields.last_name.as_deref(), Some("Dahl"));
    // Read again, it may be changed.
    let renamed = headquarters.update_unchanged(&unit, revisions::rename(&changed, "Falk")).await;
    assert_eq!(renamed.unwrap().version, 4);
    headquarters.close().await;
}

async fn two_units_are_merged(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let (one, two) = two_units(&headquarters).await;
    let seen = headquarters.created(&one, "Berg").await;
    headquarters.clock.advance(Duration::from_secs(1));
    headquarters.update(&one, revisions::rename(&seen, "Dahl")).await.unwrap();
    let mut change = revisions::update(&seen, first_name("Maria"));
    change.channel = "BOSTON".to_owned();
    let merged = headquarters.update(&two, change).await.unwrap();
    let fields = merged.fields.unwrap();
    assert_eq!(fields.last_name.as_deref(), Some("Dahl"));
    assert_eq!(fields.first_name.as_deref(), Some("Maria"));
    assert_eq!(merged.version, 3);
    headquarters.close().await;
}

async fn the_later_of_two_values_wins(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    let seen = headquarters.created(&unit, "Berg").await;
    let begin = headquarters.clock.now();
    headquarters.clock.advance(Duration::from_secs(10));
    let renamed = headquarters.update(&unit, revisions::rename(&seen, "Dahl")).await.unwrap();
    // Written without knowing the first, and earlier, as the clock was set back.
    headquarters.clock.set(begin.plus(Duration::from_secs(5)));
    let late = revisions::rename(&seen, "Falk");
    let kept = headquarters.update(&unit, late.clone()).await.unwrap();
    assert_eq!(kept, renamed, "nothing has changed, its version neither");
    let performed = headquarters.lookup(&unit, &late.request_id).await.unwrap();
    assert_eq!(performed.unwrap().customer, Some(renamed.clone()));
    let lost = "SELECT superseded FROM revision WHERE superseded IS NOT NULL";
    let lost = headquarters.database.texts(lost).await;
    assert_eq!(lost.len(), 1);
    assert!(lost[0].contains("last_name") && lost[0].contains("Falk") && lost[0].contains("Dahl"));

    // Whoever knows it replaces it whatever his clock says; and the lost write has had a version of its own.
    let known = headquarters.update(&unit, revisions::rename(&renamed, "Holm")).await.unwrap();
    assert_eq!(known.version, 4);
    assert_eq!(known.fields.unwrap().last_name.as_deref(), Some("Holm"));
    headquarters.close().await;
}

async fn addresses_come_by_their_id(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    let seen = headquarters.created(&unit, "Berg").await;
    headquarters.clock.advance(Duration::from_secs(1));
    let add = revisions::add_address(&seen, "2 Pine Street");
    let added = headquarters.add_address(&unit, add.clone()).await.unwrap();
    assert_eq!(added.version, 2);
    let streets: Vec<_> = added
        .addresses
        .iter()
        .map(|address| address.fields.clone().unwrap().street.unwrap())
        .collect();
    assert_eq!(streets, ["1 Pike Place", "2 Pine Street"]);
    assert_eq!(headquarters.add_address(&unit, add).await.unwrap(), added);
    let mut last = added;
    for number in 3..=100 {
        let add = revisions::add_address(&last, &format!("{number} Pine Street"));
        last = headquarters.add_address(&unit, add).await.unwrap();
    }
    let one_more = revisions::add_address(&last, "101 Pine Street");
    let refused = headquarters.add_address(&unit, one_more).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::ResourceExhausted, "ADDRESS_LIMIT".to_owned()));
    headquarters.close().await;
}

async fn who_is_not_there_is_not_changed(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    let mut seen = headquarters.created(&unit, "Berg").await;
    seen.id = revisions::create("Dahl").customer_id;
    let not_found = (Code::NotFound, "CUSTOMER_NOT_FOUND".to_owned());
    let refused = headquarters.update(&unit, revisions::rename(&seen, "Falk")).await;
    assert_eq!(reason(&refused.unwrap_err()), not_found);
    let refused = headquarters.add_address(&unit, revisions::add_address(&seen, "2 Pine")).await;
    assert_eq!(reason(&refused.unwrap_err()), not_found);
    headquarters.close().await;
}

/// Units of `store-1` and `store-2`, where BOSTON is.
async fn two_units(headquarters: &Headquarters) -> (Origin, Origin) {
    add_channel(headquarters, "BOSTON", "store-2").await;
    (headquarters.registered("store-1").await, headquarters.registered("store-2").await)
}
