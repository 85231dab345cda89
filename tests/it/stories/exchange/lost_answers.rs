//! Answers of the exchange that are lost, and units that die between two of its steps: everything is repeated, and
//! nothing is there twice.

use csu::{
    domain::{
        error::{Error, Unavailable},
        lease::LEASE_LASTS,
    },
    proto::{
        channel::{CreateCustomerRequest, ExecutionMode, SyncState},
        headquarters::{Run, RunStatus, Session, SessionStatus},
    },
    roles::channel::ChannelSettings,
    server::status::{Domain, status_of},
};

use super::{numbered, staged};
use crate::harness::{
    Chain, Engine, Footprint, Passage, branch,
    requests::{REAL_TIME_CHANNEL, create},
    uploads::statuses,
    wait,
    wrapped_store::Mode,
};

crate::on_both_engines!(
    the_answer_to_an_upload_is_lost,
    the_unit_dies_between_upload_and_mark,
    the_word_about_a_session_is_lost,
    the_unit_dies_between_apply_and_word,
    a_real_time_create_that_the_unit_forgot_comes_with_1010,
);

/// The connection breaks.
fn broken() -> tonic::Status {
    status_of(Domain::Channel, &Error::Unavailable(Unavailable::Stopping))
}

/// The only session of a run at its end, which may come after the run's.
async fn ended(chain: &Chain, run: &Run, status: SessionStatus) -> Session {
    let [session] = run.sessions.as_slice() else { panic!("one session: {run:?}") };
    let now = async || {
        let sessions = chain.headquarters.sessions(&run.job, false).await;
        sessions.into_iter().find(|it| it.id == session.id).expect("the session")
    };
    wait::until("the session is done", async || now().await.status() == status).await;
    now().await
}

async fn the_answer_to_an_upload_is_lost(engine: Engine) {
    let chain = Chain::new(engine).await;
    let unit = chain.unit();
    for number in 1..=2 {
        let name = unit.created(create()).await.name;
        // The first call only asks how far headquarters is.
        chain.gate.next_upload(Passage::Pass);
        chain.gate.next_upload(Passage::LoseAnswer(broken()));
        let run = chain.headquarters.run_well("P-0001").await;
        assert_eq!((run.status(), run.rows), (RunStatus::Succeeded, 1));
        assert_eq!(unit.read(&name).await.sync_state(), SyncState::PendingProcessing);
        assert_eq!(statuses(&chain.headquarters.database).await.len(), number);
    }
    chain.headquarters.exchange_all().await;
    assert_eq!(chain.performed().await, (2, 2));
    assert_eq!(staged(&chain.world.database).await.0, 0);
    chain.close().await;
}

async fn the_unit_dies_between_upload_and_mark(engine: Engine) {
    let mut chain = Chain::new(engine).await;
    let name = chain.unit().created(create()).await.name;
    chain.gate.next_upload(Passage::Pass);
    chain.gate.next_upload(Passage::HoldAnswer);
    // The run does not wait for a database that has gone; its session does.
    let (run, ()) = tokio::join!(chain.headquarters.run("P-0001"), async {
        let there = async || !statuses(&chain.headquarters.database).await.is_empty();
        wait::until("headquarters has it", there).await;
        assert_eq!(chain.world.replica().read(&name).await.sync_state(), SyncState::PendingUpload);
        chain.world.cut_the_power().await;
        // Its successor takes the job over when the dead one's lease has lapsed.
        chain.clock.advance(LEASE_LASTS);
        chain.gate.release();
        chain.world.add_replica().await;
    });
    let session = ended(&chain, &run, SessionStatus::Applied).await;
    assert_eq!((session.rows, session.to_version), (1, 1));
    assert_eq!(statuses(&chain.headquarters.database).await, ["1 RECEIVED 0"]);
    assert_eq!(chain.unit().read(&name).await.sync_state(), SyncState::PendingProcessing);
    chain.headquarters.exchange_all().await;
    assert_eq!(chain.unit().read(&name).await.account_number, "C-0000001");
    assert_eq!(chain.performed().await, (1, 1));
    chain.close().await;
}

async fn the_word_about_a_session_is_lost(engine: Engine) {
    let chain = Chain::new(engine).await;
    for (number, loss) in
        [Passage::LoseAnswer(broken()), Passage::Refuse(broken())].into_iter().enumerate()
    {
        let name = chain.unit().created(create()).await.name;
        for job in ["P-0001", "synchronize"] {
            chain.headquarters.run_well(job).await;
        }
        let reports = chain.gate.reports();
        // The first says that it is downloaded.
        chain.gate.next_report(Passage::Pass);
        chain.gate.next_report(loss.clone());
        let run = chain.headquarters.run_well("1010").await;
        assert_eq!(run.status(), RunStatus::Succeeded);
        let said_again = async || chain.gate.reports() >= reports + 3;
        if number == 1 {
            assert!(said_again().await, "it was said again: {}", chain.gate.reports());
        }
        assert_eq!(run.sessions[0].status(), SessionStatus::Applied);
        let synced = chain.unit().read(&name).await;
        assert_eq!(synced.account_number, format!("C-{:07}", number + 1));
        let events = "SELECT count(*) FROM event";
        let count = chain.world.database.number(events).await;
        assert_eq!(chain.headquarters.run_well("1010").await.status(), RunStatus::NoData);
        assert_eq!(chain.world.database.number(events).await, count, "nobody was told twice");
    }
    chain.close().await;
}

async fn the_unit_dies_between_apply_and_word(engine: Engine) {
    let mut chain = Chain::new(engine).await;
    let name = chain.unit().created(create()).await.name;
    for job in ["P-0001", "synchronize"] {
        chain.headquarters.run_well(job).await;
    }
    chain.gate.next_report(Passage::Pass);
    chain.gate.next_report(Passage::Swallow);
    let (mut before, reports) = (None, chain.gate.reports());
    let (run, ()) = tokio::join!(chain.headquarters.run("1010"), async {
        wait::bounded("it is applied", chain.gate.reports_reached(reports + 2)).await;
        assert_eq!(chain.world.replica().read(&name).await.account_number, "C-0000001");
        chain.world.cut_the_power().await;
        // Its successor takes the job over when the dead one's lease has lapsed.
        chain.clock.advance(LEASE_LASTS);
        before = Some(Footprint::of(&chain.world.database).await);
        chain.world.add_replica().await;
    });
    let session = ended(&chain, &run, SessionStatus::Applied).await;
    assert_eq!(session.rows, 2);
    assert_eq!(before, Some(Footprint::of(&chain.world.database).await), "it is not applied twice");
    assert_eq!(chain.unit().read(&name).await.sync_state(), SyncState::Synced);
    chain.close().await;
}

/// Headquarters has performed it, and the unit died before it wrote anything. It has the customer, and the answer.
async fn a_real_time_create_that_the_unit_forgot_comes_with_1010(engine: Engine) {
    let setup = branch::setup(&[]);
    let (mut chain, store) = Chain::wrapped(engine, setup, ChannelSettings::default()).await;
    let request = CreateCustomerRequest { channel: REAL_TIME_CHANNEL.to_owned(), ..create() };
    store.begin.set(Mode::Hold);
    let has_it = async || chain.performed().await == (1, 1);
    tokio::select! {
        answer = chain.unit().create(request.clone()) => panic!("nothing is written here: {answer:?}"),
        () = wait::until("headquarters has it", has_it) => {}
    }
    chain.world.cut_the_power().await;
    drop(store);
    chain.world.add_replica().await;
    let counts = async |chain: &Chain| {
        let database = &chain.world.database;
        let records = database.number("SELECT count(*) FROM request_record").await;
        (database.number("SELECT count(*) FROM customer").await, records)
    };
    assert_eq!(counts(&chain).await, (0, 0));
    chain.headquarters.run_well("1010").await;
    assert_eq!(counts(&chain).await, (1, 1), "its base row and its request record");
    let shown = numbered(chain.unit(), "C-0000001").await;

    // The repetition needs nobody: headquarters is away.
    chain.headquarters.stop().await;
    let (writes, lookups) = (chain.gate.writes(), chain.gate.lookups());
    for _ in 0..2 {
        let answer = chain.unit().create(request.clone()).await.expect("it was performed");
        assert_eq!(answer.customer.as_ref(), Some(&shown));
        let execution = answer.execution.expect("a way");
        assert_eq!(execution.mode(), ExecutionMode::RealTime);
        assert_eq!(execution.reason, "PROFILE_REAL_TIME");
    }
    assert_eq!((chain.gate.writes(), chain.gate.lookups()), (writes, lookups));
    assert_eq!(counts(&chain).await, (1, 1));
    chain.headquarters.start().await;
    assert_eq!(chain.performed().await, (1, 1));
    chain.close().await;
}
