//! Uploads into the inbox.

use csu::proto::exchange::UploadedRevision;
use futures::future::join_all;
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::{
    harness::{
        Engine, Headquarters,
        headquarters::new_origin,
        requests::reason,
        revisions,
        uploads::{captured, exchange, numbered, statuses, upload},
        wait,
    },
    headquarters::{add_channel, add_database},
};

crate::on_both_engines!(
    what_is_uploaded_waits_in_the_inbox,
    what_is_there_is_passed_over,
    nothing_is_taken_beyond_a_gap,
    another_revision_under_a_counter_is_refused,
    only_registered_databases_upload,
    each_life_has_counters_of_its_own,
    many_uploads_at_once_are_one,
    a_channel_that_has_moved_does_not_stop_an_upload,
);

fn three() -> Vec<UploadedRevision> {
    numbered(["Berg", "Dahl", "Falk"].map(revisions::create))
}

async fn what_is_uploaded_waits_in_the_inbox(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    let empty = upload(&headquarters, &unit, &[]).await.unwrap();
    assert_eq!((empty.last_counter, empty.last_revision_id.as_str()), (0, ""));

    let revisions = three();
    let taken = upload(&headquarters, &unit, &revisions).await.unwrap();
    assert_eq!((taken.last_counter, &taken.last_revision_id), (3, &revisions[2].id));
    assert_eq!(upload(&headquarters, &unit, &[]).await.unwrap(), taken);
    let waiting = ["1 RECEIVED 0", "2 RECEIVED 0", "3 RECEIVED 0"];
    assert_eq!(statuses(&headquarters.database).await, waiting);
    assert_eq!(headquarters.database.number("SELECT count(*) FROM customer").await, 0);
    headquarters.close().await;
}

async fn what_is_there_is_passed_over(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    let revisions = three();
    for (count, last) in [(1, 1), (1, 1), (2, 2), (3, 3), (1, 3)] {
        let answer = upload(&headquarters, &unit, &revisions[..count]).await.unwrap();
        assert_eq!(answer.last_counter, last);
        assert_eq!(answer.last_revision_id, revisions[usize::try_from(last).unwrap() - 1].id);
    }
    assert_eq!(statuses(&headquarters.database).await.len(), 3);
    // What has an outcome keeps it.
    exchange(&headquarters, &unit, &revisions).await;
    let done = statuses(&headquarters.database).await;
    assert!(done.iter().all(|status| status.contains("SYNCHRONIZED")), "{done:?}");
    upload(&headquarters, &unit, &revisions).await.unwrap();
    assert_eq!(statuses(&headquarters.database).await, done);
    headquarters.close().await;
}

async fn nothing_is_taken_beyond_a_gap(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    let revisions = three();
    let refused = async |revisions: &[UploadedRevision], expected: &str| {
        let refused = upload(&headquarters, &unit, revisions).await.unwrap_err();
        assert_eq!(reason(&refused), (Code::FailedPrecondition, "UPLOAD_GAP".to_owned()));
        let metadata = refused.get_details_error_info().unwrap().metadata;
        assert_eq!(metadata["expected_counter"], expected);
    };
    refused(&revisions[1..], "1").await;
    upload(&headquarters, &unit, &revisions[..1]).await.unwrap();
    refused(&revisions[2..], "2").await;
    refused(&[revisions[0].clone(), revisions[2].clone()], "2").await;
    assert_eq!(statuses(&headquarters.database).await.len(), 1, "nothing of what was refused");
    upload(&headquarters, &unit, &revisions[1..]).await.unwrap();
    headquarters.close().await;
}

async fn another_revision_under_a_counter_is_refused(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    let revisions = three();
    upload(&headquarters, &unit, &revisions[..2]).await.unwrap();
    let other = captured(2, 2, revisions::create("Lund"));
    let diverged = [revisions[0].clone(), other, revisions[2].clone()];
    let refused = upload(&headquarters, &unit, &diverged).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::FailedPrecondition, "ORIGIN_DIVERGED".to_owned()));
    assert_eq!(refused.get_details_error_info().unwrap().metadata["counter"], "2");
    assert_eq!(statuses(&headquarters.database).await.len(), 2);
    headquarters.close().await;
}

async fn only_registered_databases_upload(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    let mut earlier = unit.clone();
    earlier.incarnation += 1;
    for stranger in [new_origin(), earlier] {
        for revisions in [&[][..], &three()] {
            let refused = upload(&headquarters, &stranger, revisions).await.unwrap_err();
            let expected = (Code::PermissionDenied, "DATABASE_NOT_REGISTERED".to_owned());
            assert_eq!(reason(&refused), expected);
        }
    }
    headquarters.close().await;
}

async fn each_life_has_counters_of_its_own(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let mut unit = headquarters.registered("store-1").await;
    upload(&headquarters, &unit, &three()).await.unwrap();
    unit.incarnation = 2;
    headquarters.register("store-1", &unit).await.unwrap();
    assert_eq!(upload(&headquarters, &unit, &[]).await.unwrap().last_counter, 0);
    assert_eq!(upload(&headquarters, &unit, &three()).await.unwrap().last_counter, 3);
    headquarters.close().await;
}

async fn many_uploads_at_once_are_one(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    let revisions = three();
    let uploads = (0..20).map(|_| upload(&headquarters, &unit, &revisions));
    for answer in wait::bounded("all of them", join_all(uploads)).await {
        assert_eq!(answer.unwrap().last_counter, 3);
    }
    assert_eq!(statuses(&headquarters.database).await.len(), 3);
    headquarters.close().await;
}

/// It was acknowledged at a till: only real-time calls are refused for that.
async fn a_channel_that_has_moved_does_not_stop_an_upload(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    add_database(&headquarters, "store-2").await;
    add_channel(&headquarters, "SEATTLE", "store-2").await;
    let refused = headquarters.create(&unit, revisions::create("Lund")).await.unwrap_err();
    assert_eq!(reason(&refused).1, "CHANNEL_OF_ANOTHER_DATABASE");
    assert_eq!(exchange(&headquarters, &unit, &three()).await.synchronized, 3);
    headquarters.close().await;
}
