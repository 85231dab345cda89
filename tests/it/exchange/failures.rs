//! Sessions that can't be applied, and uploads that come to nothing.

use csu::{
    proto::{
        exchange::{
            OutcomeRow, PackageRow, ReportSessionRequest, SessionResult,
            download_package_response::Part, package_row::Row,
        },
        headquarters::{RunStatus, SessionStatus},
    },
    wire::{
        origin_message,
        package::{Verifier, open_chunk},
    },
};

use super::{Played, away, is_pending, retry, session, sessions, status};
use crate::harness::{
    Chain, Engine, Headquarters, Passage,
    gate::gone,
    requests, revisions,
    road::{arriving, package_of},
    uploads::{captured, numbered, upload},
    wait,
};

crate::on_both_engines!(
    an_outcome_that_is_not_of_this_database_is_not_applied,
    what_headquarters_has_lost_is_uploaded_again,
    an_upload_whose_answer_is_lost_is_one,
    a_database_that_was_cloned_uploads_nothing,
    an_upload_that_fails_is_said,
);

/// The package with its outcomes changed, sound otherwise.
fn altered(parts: &[Part], change: impl Fn(&mut OutcomeRow)) -> Vec<Part> {
    let mut label = None;
    let mut rows = Vec::new();
    for part in parts {
        match part {
            Part::Header(header) => {
                label = Some(*Verifier::new(header.clone()).expect("a header").label());
            }
            Part::Chunk(chunk) => rows.extend(open_chunk(chunk).expect("a chunk").rows),
        }
    }
    let rows = rows.into_iter().map(|mut row| {
        if let Row::Outcome(outcome) = &mut row {
            change(outcome);
        }
        PackageRow { row: Some(row) }
    });
    package_of(&label.expect("a header"), rows.collect())
}

async fn waiting(chain: &Chain) -> i64 {
    let waiting = "SELECT count(*) FROM revision WHERE resolved_at IS NULL";
    chain.world.database.number(waiting).await
}

async fn an_outcome_that_is_not_of_this_database_is_not_applied(engine: Engine) {
    let chain = Chain::new(engine).await;
    chain.bring_configuration().await;
    let customer = chain.unit().created(requests::create()).await;
    for job in ["P-0001", "synchronize"] {
        chain.headquarters.run_well(job).await;
    }
    chain.gate.road.change_packages(|request, parts| match request.package {
        0 => arriving(parts),
        _ => arriving(altered(&parts, |outcome| outcome.counter = 99)),
    });
    let run = chain.headquarters.run("1010").await;
    assert_eq!(run.status(), RunStatus::Incomplete, "{run:?}");
    let failed = &run.sessions[0];
    assert_eq!((failed.status(), failed.try_count), (SessionStatus::Suspended, 3), "{failed:?}");
    assert!(!failed.error.is_empty());
    assert_eq!(waiting(&chain).await, 1, "the revision waits for its outcome");
    let unit = &chain.unit().serving.unit;
    let has = unit.store.applied(csu::domain::job::DownloadJob::Customers).await.unwrap();
    assert_eq!(has.unwrap().version, 0);
    let seen = chain.unit().read(&customer.name).await;
    assert_eq!((seen.first_name, seen.last_name), (customer.first_name, customer.last_name));

    chain.gate.road.clear();
    retry(&chain.headquarters, failed.id).await.unwrap();
    let is = async || status(&chain.headquarters, failed.id).await == SessionStatus::Applied;
    wait::until("it is applied", is).await;
    assert_eq!(waiting(&chain).await, 0);
    assert!(!is_pending(&chain, &customer.name).await);
    chain.close().await;
}

async fn what_headquarters_has_lost_is_uploaded_again(engine: Engine) {
    let chain = Chain::new(engine).await;
    chain.bring_configuration().await;
    let customer = chain.unit().created(requests::create()).await;
    chain.headquarters.run_well("P-0001").await;
    for lost in ["DELETE FROM revision", "DELETE FROM origin"] {
        chain.headquarters.database.execute(lost).await;
    }
    chain.unit().created(requests::create_named("Ann", "Dahl")).await;
    let run = chain.headquarters.run_well("P-0001").await;
    assert_eq!((run.rows, run.sessions[0].to_version), (2, 2), "{run:?}");
    for job in ["synchronize", "1010"] {
        chain.headquarters.run_well(job).await;
    }
    assert!(!is_pending(&chain, &customer.name).await);
    chain.close().await;
}

async fn an_upload_whose_answer_is_lost_is_one(engine: Engine) {
    let chain = Chain::new(engine).await;
    chain.bring_configuration().await;
    chain.unit().created(requests::create()).await;
    // Of the question and of the upload.
    for passage in [Passage::LoseAnswer(gone()), Passage::Pass, Passage::LoseAnswer(gone())] {
        chain.gate.next_upload(passage);
    }
    let run = chain.headquarters.run_well("P-0001").await;
    assert_eq!(run.sessions[0].to_version, 1, "{run:?}");
    let inbox = "SELECT count(*) FROM revision WHERE counter > 0";
    assert_eq!(chain.headquarters.database.number(inbox).await, 1);
    for job in ["synchronize", "1010"] {
        chain.headquarters.run_well(job).await;
    }
    assert_eq!(waiting(&chain).await, 0);
    chain.close().await;
}

async fn a_database_that_was_cloned_uploads_nothing(engine: Engine) {
    let chain = Chain::new(engine).await;
    chain.bring_configuration().await;
    let unit = chain.unit().serving.unit.store.identity().await.unwrap().origin;
    // Its clone was first.
    let other = numbered([revisions::create("Clone")]);
    upload(&chain.headquarters, &origin_message(unit), &other).await.unwrap();
    let customer = chain.unit().created(requests::create()).await;
    let run = chain.headquarters.run("P-0001").await;
    assert_eq!(run.status(), RunStatus::Failed, "{run:?}");
    let failed = &run.sessions[0];
    assert_eq!(failed.status(), SessionStatus::UploadFailed);
    assert!(failed.error.contains("restored or cloned"), "{failed:?}");
    // Neither now nor when it is asked again.
    let run = chain.headquarters.run("P-0001").await;
    assert_eq!(run.status(), RunStatus::Failed, "{run:?}");
    let inbox = "SELECT count(*) FROM revision WHERE counter > 0";
    assert_eq!(chain.headquarters.database.number(inbox).await, 1);
    assert!(is_pending(&chain, &customer.name).await, "it is where it was");
    assert_eq!(waiting(&chain).await, 1);
    let captured = "SELECT count(*) FROM revision";
    assert_eq!(chain.world.database.number(captured).await, 1);
    // Not `Chain::close`: it is what they say here that the two are not in agreement.
    let Chain { headquarters, world, .. } = chain;
    world.close().await;
    headquarters.close().await;
}

async fn an_upload_that_fails_is_said(engine: Engine) {
    let headquarters = Headquarters::new(engine).await;
    let unit = Played::current(&headquarters, "store-1").await;
    let run = away(&headquarters).await.run("P-0001").await;
    assert_eq!(run.status(), RunStatus::Incomplete, "{run:?}");
    let asked = unit.told(&headquarters).await.upload_session;
    assert_eq!(asked, run.sessions[0].id);
    // One that waits stands for all later runs.
    assert_eq!(away(&headquarters).await.run("P-0001").await.sessions[0].id, asked);
    let request = ReportSessionRequest {
        origin: Some(unit.origin.clone()),
        session: asked,
        result: SessionResult::UploadFailed.into(),
        error: "no room".to_owned(),
        ..ReportSessionRequest::default()
    };
    headquarters.exchange().report_session(request).await.unwrap();
    let failed = session(&headquarters, asked).await;
    assert_eq!((failed.status(), failed.error.as_str()), (SessionStatus::UploadFailed, "no room"));
    assert_eq!(unit.told(&headquarters).await.upload_session, 0);

    away(&headquarters).await.run("P-0001").await;
    let again = unit.told(&headquarters).await.upload_session;
    assert!(again > asked);
    let revision = captured(1, 1, revisions::create("Berg"));
    upload(&headquarters, &unit.origin, &[revision]).await.unwrap();
    unit.says(&headquarters, again, SessionResult::Uploaded).await.unwrap();
    let found = sessions(&headquarters, "P-0001", "store-1").await;
    assert_eq!(found.len(), 2);
    assert_eq!((found[1].from_version, found[1].to_version), (0, 1));
    headquarters.close().await;
}
