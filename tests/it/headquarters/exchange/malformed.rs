//! Uploads that can't be read.

use csu::proto::exchange::{Origin, UploadRevisionsRequest, UploadedRevision};
use tonic::Code;

use crate::harness::{
    Engine, Headquarters,
    requests::{reason, violations},
    revisions,
    uploads::{captured, numbered, statuses, upload},
};

crate::on_both_engines!(what_can_t_be_read_is_named, capture_times_never_fall, an_upload_is_small);

type Spoil = fn(&mut UploadedRevision);

async fn what_can_t_be_read_is_named(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    let spoils: &[(Spoil, &str)] = &[
        (|it| it.counter = 0, "revisions.counter"),
        (|it| it.id = "R-1".to_owned(), "revisions.id"),
        (|it| it.capture_time = None, "revisions.capture_time"),
        (|it| it.revision = None, "revision.changes"),
        (|it| it.revision.as_mut().unwrap().changes.clear(), "revision.changes"),
        (|it| it.revision.as_mut().unwrap().request_id.clear(), "request_id"),
        (|it| it.revision.as_mut().unwrap().channel.clear(), "revision.channel"),
        (|it| it.revision.as_mut().unwrap().request_hash.clear(), "revision.request_hash"),
        (|it| it.revision.as_mut().unwrap().decision = None, "revision.decision"),
    ];
    for (spoil, field) in spoils {
        let mut bad = captured(2, 2, revisions::create("Berg"));
        spoil(&mut bad);
        let all = [captured(1, 1, revisions::create("Dahl")), bad];
        let refused = upload(&headquarters, &unit, &all).await.unwrap_err();
        assert_eq!(reason(&refused), (Code::InvalidArgument, "INVALID_FIELD".to_owned()));
        assert_eq!(violations(&refused)[0].0, *field);
    }
    for origin in [None, Some(Origin { incarnation: 0, ..unit })] {
        let request = UploadRevisionsRequest { origin, revisions: Vec::new() };
        let refused = headquarters.exchange().upload_revisions(request).await.unwrap_err();
        assert!(violations(&refused)[0].0.starts_with("origin"));
    }
    assert_eq!(statuses(&headquarters.database).await, [""; 0]);
    headquarters.close().await;
}

async fn capture_times_never_fall(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    let falling = [(1, 5), (2, 5), (3, 4)]
        .map(|(counter, at)| captured(counter, at, revisions::create("Berg")));
    let refused = upload(&headquarters, &unit, &falling).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::InvalidArgument, "INVALID_FIELD".to_owned()));
    let named = violations(&refused);
    assert_eq!(named, [("revisions.capture_time".to_owned(), "OUT_OF_RANGE".to_owned())]);
    upload(&headquarters, &unit, &falling[..2]).await.unwrap();
    headquarters.close().await;
}

async fn an_upload_is_small(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = headquarters.registered("store-1").await;
    let mut small = revisions::create("");
    small.changes.truncate(1);
    small.request_hash = vec![0; 32];
    let many = numbered((0..1_001).map(|_| {
        let mut another = revisions::create("");
        another.changes.clone_from(&small.changes);
        another.decision.clone_from(&small.decision);
        another
    }));
    let refused = upload(&headquarters, &unit, &many).await.unwrap_err();
    assert_eq!(reason(&refused).0, Code::InvalidArgument, "{refused:?}");
    assert_eq!(violations(&refused)[0].0, "revisions");
    headquarters.close().await;
}
