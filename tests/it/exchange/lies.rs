//! Units that do not tell the truth, or speak of what is not theirs.

use csu::proto::{
    exchange::{
        AppliedVersion, DownloadPackageRequest, Origin, ReportSessionRequest, SessionResult,
        SubscribeSessionsRequest,
    },
    headquarters::SessionStatus,
};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::{Played, away, contents, run_for, session, sessions, status};
use crate::harness::{
    Engine, Headquarters,
    headquarters::new_origin,
    requests::{reason, violations},
    uploads::upload,
};

crate::on_both_engines!(
    versions_that_were_never_given_are_refused,
    nobody_has_applied_what_he_does_not_have,
    sessions_of_others_are_not_to_be_had,
    strangers_get_nothing,
    what_can_not_be_read_is_named,
    a_session_comes_to_what_its_job_comes_to,
    what_goes_on_from_elsewhere_is_made_anew,
    a_unit_that_has_lost_everything_gets_everything,
    claims_beyond_measure_do_no_harm,
);

/// A word about a session, however senseless.
async fn says(headquarters: &Headquarters, request: ReportSessionRequest) -> Result<(), Status> {
    headquarters.exchange().report_session(request).await.map(|_| ())
}

fn word(origin: &Origin, session: i64, result: SessionResult) -> ReportSessionRequest {
    let (origin, result) = (Some(origin.clone()), result.into());
    ReportSessionRequest { origin, session, result, ..ReportSessionRequest::default() }
}

fn version(job: &str, version: i64) -> AppliedVersion {
    AppliedVersion { job: job.to_owned(), version }
}

async fn versions_that_were_never_given_are_refused(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let mut unit = Played::current(&headquarters, "store-1").await;
    headquarters.created(&unit.origin, "Berg").await;
    let id = away(&headquarters).await.run("1010").await.sessions[0].id;
    let before = contents(&away(&headquarters).await.database).await;
    for (job, lie, given) in [("1010", 2, 1), ("1070", 1_000, 1), ("1110", i64::MAX, 1)] {
        let truth = unit.has.insert(job, lie).unwrap();
        let (job, given) = (job.to_owned(), given.to_string());
        let subscribed = headquarters.subscribe(&unit.origin, &unit.applied()).await;
        let said = unit.says(&headquarters, id, SessionResult::Applied).await;
        for refused in [subscribed.err().unwrap(), said.unwrap_err()] {
            let expected = (Code::FailedPrecondition, "HQ_RESTORED".to_owned());
            assert_eq!(reason(&refused), expected);
            let metadata = refused.get_details_error_info().unwrap().metadata;
            let found = (&metadata["job"], &metadata["version"]);
            assert_eq!(found, (&job, &lie.to_string()));
            if job != "1070" && job != "1110" {
                assert_eq!(metadata["given"], given);
            }
        }
        *unit.has.values_mut().find(|version| **version == lie).unwrap() = truth;
    }
    assert_eq!(contents(&away(&headquarters).await.database).await, before, "it is not believed");
    unit.take(&headquarters, "1010").await;
    headquarters.close().await;
}

async fn nobody_has_applied_what_he_does_not_have(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let mut unit = Played::current(&headquarters, "store-1").await;
    headquarters.created(&unit.origin, "Berg").await;
    headquarters.created(&unit.origin, "Dahl").await;
    let id = away(&headquarters).await.run("1010").await.sessions[0].id;
    unit.begins(&headquarters, id).await;
    for short in [Some(0), Some(1), None] {
        unit.has.remove("1010");
        unit.has.extend(short.map(|version| ("1010", version)));
        let refused = unit.says(&headquarters, id, SessionResult::Applied).await.unwrap_err();
        assert_eq!(violations(&refused), [("applied".to_owned(), "OUT_OF_RANGE".to_owned())]);
        assert_eq!(status(&headquarters, id).await, SessionStatus::Requested);
    }
    let delivered = "SELECT count(*) FROM revision WHERE delivered_at IS NOT NULL";
    assert_eq!(headquarters.database.number(delivered).await, 0);
    unit.has.insert("1010", 0);
    assert_eq!(unit.take(&headquarters, "1010").await.id, id);
    assert_eq!(headquarters.database.number(delivered).await, 2);
    headquarters.close().await;
}

async fn sessions_of_others_are_not_to_be_had(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let mut owner = Played::current(&headquarters, "store-1").await;
    let thief = Played::current(&headquarters, "store-2").await;
    headquarters.created(&owner.origin, "Berg").await;
    let id = run_for(away(&headquarters).await, "1010", "store-1", false).await.sessions[0].id;
    for (session, is_there) in [(id, true), (99_999, false), (0, false), (-1, false)] {
        for result in [
            SessionResult::Applied,
            SessionResult::DownloadFailed,
            SessionResult::NotApplicable,
            SessionResult::UploadFailed,
        ] {
            let refused = thief.says(&headquarters, session, result).await.unwrap_err();
            let expected = (Code::NotFound, "SESSION_NOT_FOUND".to_owned());
            assert_eq!(reason(&refused), expected, "{session} {is_there}");
        }
        let refused = thief.fetch(&headquarters, session, 0).await.err().unwrap();
        assert_eq!(reason(&refused).1, "SESSION_NOT_OPEN");
    }
    assert_eq!(status(&headquarters, id).await, SessionStatus::Available);
    // Nor does it see what becomes of the other's revisions.
    assert_eq!(thief.told(&headquarters).await.sessions, []);
    owner.take(&headquarters, "1010").await;
    headquarters.close().await;
}

async fn strangers_get_nothing(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = Played::current(&headquarters, "store-1").await;
    headquarters.created(&unit.origin, "Berg").await;
    let id = away(&headquarters).await.run("1010").await.sessions[0].id;
    let before = contents(&away(&headquarters).await.database).await;
    let life = Origin { incarnation: 2, ..unit.origin.clone() };
    for stranger in [new_origin(), life] {
        let calls = [
            headquarters.subscribe(&stranger, &[]).await.err(),
            headquarters.fetch(&stranger, id, 0).await.err(),
            headquarters.report(&stranger, id, SessionResult::Applied, &[("1010", 1)]).await.err(),
            upload(&headquarters, &stranger, &[]).await.err(),
        ];
        for refused in calls {
            let expected = (Code::PermissionDenied, "DATABASE_NOT_REGISTERED".to_owned());
            assert_eq!(reason(&refused.expect("refused")), expected);
        }
    }
    assert_eq!(contents(&away(&headquarters).await.database).await, before);
    headquarters.close().await;
}

async fn what_can_not_be_read_is_named(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = Played::current(&headquarters, "store-1").await;
    headquarters.created(&unit.origin, "Berg").await;
    let id = away(&headquarters).await.run("1010").await.sessions[0].id;
    let before = contents(&away(&headquarters).await.database).await;
    let applied = word(&unit.origin, id, SessionResult::Applied);
    for senseless in [
        version("1010", -1),
        version("1070", i64::MIN),
        version("1011", 1),
        version("P-0001", 1),
        version("", 1),
        version("1010\0", 1),
    ] {
        let applied = ReportSessionRequest { applied: vec![senseless.clone()], ..applied.clone() };
        let refused = says(&headquarters, applied).await.unwrap_err();
        assert_eq!(violations(&refused)[0].0, "applied", "{senseless:?}");
        let (origin, applied) = (Some(unit.origin.clone()), vec![senseless]);
        let subscribe = SubscribeSessionsRequest { origin, applied };
        let refused = headquarters.exchange().subscribe_sessions(subscribe).await.err().unwrap();
        assert_eq!(violations(&refused)[0].0, "applied");
    }
    for (request, field) in [
        (ReportSessionRequest { result: 0, ..applied.clone() }, "result"),
        (ReportSessionRequest { result: 99, ..applied.clone() }, "result"),
        (ReportSessionRequest { error: "a\0b".to_owned(), ..applied.clone() }, "error"),
        (ReportSessionRequest { origin: None, ..applied }, "origin"),
    ] {
        let refused = says(&headquarters, request).await.unwrap_err();
        assert_eq!(reason(&refused).0, Code::InvalidArgument);
        assert!(violations(&refused)[0].0.starts_with(field), "{refused:?}");
    }
    let download = DownloadPackageRequest {
        origin: Some(unit.origin.clone()),
        session: id,
        package: 0,
        first_chunk: 0,
    };
    for (request, field) in [
        (DownloadPackageRequest { package: 2, ..download.clone() }, "package"),
        (DownloadPackageRequest { package: u32::MAX, ..download.clone() }, "package"),
    ] {
        let refused = headquarters.exchange().download_package(request).await.err().unwrap();
        assert_eq!(violations(&refused), [(field.to_owned(), "OUT_OF_RANGE".to_owned())]);
    }
    assert_eq!(contents(&away(&headquarters).await.database).await, before);
    let request = DownloadPackageRequest { first_chunk: 2, ..download };
    let refused = headquarters.exchange().download_package(request).await.err().unwrap();
    assert_eq!(violations(&refused)[0].0, "first_chunk");
    headquarters.close().await;
}

async fn a_session_comes_to_what_its_job_comes_to(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let mut unit = Played::current(&headquarters, "store-1").await;
    headquarters.created(&unit.origin, "Berg").await;
    let download = away(&headquarters).await.run("1010").await.sessions[0].id;
    let upload = away(&headquarters).await.run("P-0001").await.sessions[0].id;
    let before = contents(&away(&headquarters).await.database).await;
    let (uploaded, upload_failed) = (SessionResult::Uploaded, SessionResult::UploadFailed);
    for (session, result) in [
        (download, uploaded),
        (download, upload_failed),
        (upload, SessionResult::Downloaded),
        (upload, SessionResult::Applied),
        (upload, SessionResult::DownloadFailed),
        (upload, SessionResult::ApplyFailed),
        (upload, SessionResult::NotApplicable),
    ] {
        let claim = ReportSessionRequest {
            rows: 7,
            bytes: 700,
            applied: unit.applied().into_iter().map(|(job, it)| version(job, it)).collect(),
            ..word(&unit.origin, session, result)
        };
        let refused = says(&headquarters, claim).await.unwrap_err();
        assert_eq!(violations(&refused), [("result".to_owned(), "OUT_OF_RANGE".to_owned())]);
    }
    assert_eq!(contents(&away(&headquarters).await.database).await, before);
    unit.take(&headquarters, "1010").await;
    unit.says(&headquarters, upload, uploaded).await.unwrap();
    assert_eq!(status(&headquarters, upload).await, SessionStatus::NoData);
    headquarters.close().await;
}

async fn what_goes_on_from_elsewhere_is_made_anew(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let mut unit = Played::current(&headquarters, "store-1").await;
    for name in ["Berg", "Dahl"] {
        headquarters.created(&unit.origin, name).await;
        away(&headquarters).await.run("1010").await;
        unit.take(&headquarters, "1010").await;
    }
    headquarters.created(&unit.origin, "Falk").await;
    away(&headquarters).await.run("1010").await;
    // Its database was set back to where the first one was applied.
    unit.has.insert("1010", 1);
    let offered = unit.offered(&headquarters, "1010").await;
    assert_eq!((offered.from_version, offered.to_version), (2, 3));
    unit.says(&headquarters, offered.id, SessionResult::NotApplicable).await.unwrap();
    let canceled = session(&headquarters, offered.id).await;
    assert_eq!(canceled.status(), SessionStatus::Canceled);
    assert!(canceled.error.contains("another version"), "{canceled:?}");
    let anew = unit.take(&headquarters, "1010").await;
    assert_eq!((anew.from_version, anew.to_version, anew.full), (1, 3, false));
    headquarters.close().await;
}

async fn a_unit_that_has_lost_everything_gets_everything(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let mut unit = Played::current(&headquarters, "store-1").await;
    headquarters.created(&unit.origin, "Berg").await;
    let delta = away(&headquarters).await.run("1010").await.sessions[0].id;
    unit.has.remove("1010");
    assert_eq!(unit.offered(&headquarters, "1010").await.id, delta);
    unit.says(&headquarters, delta, SessionResult::NotApplicable).await.unwrap();
    let anew = unit.take(&headquarters, "1010").await;
    assert_eq!((anew.from_version, anew.to_version, anew.full), (0, 1, true));
    headquarters.close().await;
}

async fn claims_beyond_measure_do_no_harm(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let mut units = Vec::new();
    for name in ["store-1", "store-2", "store-3"] {
        units.push(Played::current(&headquarters, name).await);
    }
    let run = away(&headquarters).await.run("P-0001").await;
    for unit in &units {
        let asked = unit.told(&headquarters).await.upload_session;
        let claim = ReportSessionRequest {
            rows: u64::MAX,
            bytes: u64::MAX,
            applied: unit.applied().into_iter().map(|(job, it)| version(job, it)).collect(),
            ..word(&unit.origin, asked, SessionResult::Uploaded)
        };
        says(&headquarters, claim).await.unwrap();
    }
    let claimed = sessions(&headquarters, "P-0001", "").await;
    assert!(claimed.iter().all(|it| it.status() == SessionStatus::Applied && it.to_version == 0));
    assert_eq!(claimed.len(), run.sessions.len());
    // And words that are too long.
    let id = run_for(away(&headquarters).await, "1070", "store-1", true).await.sessions[0].id;
    let failed = ReportSessionRequest {
        error: "Ö".repeat(10_000),
        applied: units[0].applied().into_iter().map(|(job, it)| version(job, it)).collect(),
        ..word(&units[0].origin, id, SessionResult::ApplyFailed)
    };
    says(&headquarters, failed).await.unwrap();
    assert_eq!(session(&headquarters, id).await.error.chars().count(), 500);
    headquarters.close().await;
}
