//! Somebody looks at a customer without pause, from the create to the number and through everything that can happen
//! to the sessions that bring it.

use std::{cell::Cell, sync::Arc, time::Duration};

use csu::{
    domain::{feature, id::CustomerId},
    proto::{
        channel::{SyncState, get_customer_request::Key},
        headquarters::{
            CancelSessionRequest, RetrySessionRequest, Run, RunJobRequest, RunStatus, Session,
            SessionStatus,
        },
    },
    roles::channel::ChannelSettings,
    storage::StoreError,
};

use super::{
    add_address, by_number, by_phone, guid, rename, rename_family,
    view::{View, text},
};
use crate::harness::{
    Branch, Chain, Engine, Passage, WrappedStore, branch,
    replica::Clients,
    requests::{create, create_named},
    wait,
};

crate::on_both_engines!(
    between_create_and_number,
    while_a_session_is_canceled_and_replaced,
    while_a_session_is_suspended_and_another_waits_behind_it,
);

/// What has been written so far: whoever begins to read now sees that much, or more.
#[derive(Default)]
struct Written {
    first_name: Cell<usize>,
    last_name: Cell<usize>,
    addresses: Cell<usize>,
    over: Cell<bool>,
}

/// A unit with a customer at which somebody looks, and another unit that changes his last name.
struct Story {
    chain: Chain,
    store: Arc<WrappedStore>,
    dallas: Branch,
    name: String,
    written: Written,
}

impl Story {
    async fn new(engine: Engine) -> Self {
        let features = feature::ALL.iter().filter(|it| !it.mandatory).map(|it| it.key);
        let setup = branch::setup(&features.collect::<Vec<_>>());
        let (chain, store) = Chain::wrapped(engine, setup, ChannelSettings::default()).await;
        let dallas = Branch::of(&chain, engine, ChannelSettings::default()).await;
        let mut request = create();
        let new = request.customer.as_mut().expect("a customer");
        (new.first_name, new.last_name) = (text(0), text(0));
        let name = chain.unit().created(request).await.name;
        let written = Written::default();
        written.addresses.set(1);
        Self { chain, store, dallas, name, written }
    }

    /// The till gives him the next first name.
    async fn edit(&self) {
        let next = self.written.first_name.get() + 1;
        let edited = self.chain.unit().update(rename(&self.name, &text(next))).await;
        assert_eq!(edited.expect("edited").customer.expect("a customer").first_name, text(next));
        self.written.first_name.set(next);
    }

    async fn add_address(&self) {
        let added = self.chain.unit().add_address(add_address(&self.name, "2 Pine")).await;
        let shown = added.expect("added").customer.expect("a customer");
        self.written.addresses.set(shown.addresses.len());
    }

    /// The other unit gives him the next last name, which headquarters has at once.
    async fn edit_elsewhere(&self) {
        let next = self.written.last_name.get() + 1;
        let edit = rename_family("DALLAS", &self.name, &text(next));
        self.dallas.unit().update(edit).await.expect("edited");
        for job in ["P-0001", "synchronize"] {
            self.chain.headquarters.run_well(job).await;
        }
        self.written.last_name.set(next);
    }

    /// Does this while somebody looks.
    async fn polled<T>(&self, work: impl AsyncFnOnce() -> T) -> usize {
        self.written.over.set(false);
        let work = async {
            work().await;
            self.written.over.set(true);
        };
        let ((), looks) = tokio::join!(work, self.look());
        looks
    }

    /// Until it is over; says how often.
    async fn look(&self) -> usize {
        // By a connection of its own.
        let unit = Clients::connect(self.chain.unit().address).await;
        let temporary = guid(&self.name).to_owned();
        let mut before = View::default();
        let mut looks = 0;
        while !self.written.over.get() {
            let mut keys =
                vec![Key::Name(self.name.clone()), Key::AccountNumber(temporary.clone())];
            let mut searches = vec![by_number(&temporary), by_phone("4255550100")];
            if let Some(number) = &before.number {
                keys.push(Key::AccountNumber(number.clone()));
                searches.push(by_number(number));
            }
            for key in keys {
                let least = (self.written.first_name.get(), self.written.addresses.get());
                let shown = unit.get(key).await.expect("he is found");
                before = before.followed_by(&shown, &temporary);
                let (first_name, addresses) = least;
                assert!(before.first_name >= first_name, "what was answered is read");
                assert!(before.addresses >= addresses, "what was answered is read");
            }
            for search in searches {
                let found = unit.search(search.clone()).await.expect("an answer").customers;
                assert_eq!(found.len(), 1, "{search:?}");
                before = before.followed_by(&found[0], &temporary);
            }
            looks += 1;
        }
        looks
    }

    /// All that is written comes to its end, and both units show it.
    async fn close(self) {
        let Self { chain, store, dallas, name, written } = self;
        chain.headquarters.exchange_all().await;
        let shown = chain.unit().read(&name).await;
        assert_eq!(shown.sync_state(), SyncState::Synced);
        assert_eq!(shown.first_name, text(written.first_name.get()));
        assert_eq!(shown.last_name, text(written.last_name.get()));
        assert_eq!(shown.addresses.len(), written.addresses.get());
        assert_eq!(dallas.unit().read(&name).await, shown);
        drop(store);
        dallas.close(&chain).await;
        chain.close().await;
    }

    /// Runs 1010 as far as this session of the unit, which is there and may not be done. The run goes on by itself.
    async fn begin_1010(&self) -> Session {
        let headquarters = &self.chain.headquarters;
        let known = self.sessions().await.first().map_or(0, |session| session.id);
        let request = RunJobRequest { job: "1010".to_owned(), ..RunJobRequest::default() };
        drop(headquarters.scheduler().run_job(request).await.expect("it runs"));
        let offered = async || {
            let sessions = self.sessions().await;
            let newest = sessions.first();
            newest.is_some_and(|it| it.id > known && it.status() != SessionStatus::Started)
        };
        wait::until("a session is made", offered).await;
        self.sessions().await.remove(0)
    }

    /// Of 1010 at the unit, the latest first.
    async fn sessions(&self) -> Vec<Session> {
        let mut sessions = self.chain.headquarters.sessions("1010", false).await;
        sessions.retain(|session| session.database == "store-1");
        sessions
    }

    async fn session(&self, id: i64) -> Session {
        let sessions = self.sessions().await;
        sessions.into_iter().find(|session| session.id == id).expect("the session")
    }

    async fn reaches(&self, id: i64, status: SessionStatus) {
        let reached = async || self.session(id).await.status() == status;
        wait::until(&format!("session {id} is {status:?}"), reached).await;
    }
}

async fn between_create_and_number(engine: Engine) {
    let story = Story::new(engine).await;
    let headquarters = &story.chain.headquarters;
    let looks = story
        .polled(async || {
            headquarters.run_well("P-0001").await;
            story.edit().await;
            headquarters.run_well("synchronize").await;
            story.edit().await;
            headquarters.run_well("1010").await;
            story.edit().await;
            story.edit_elsewhere().await;
            story.edit().await;
            headquarters.run_well("1010").await;
            story.add_address().await;
            for _ in 0..3 {
                story.chain.clock.advance(Duration::from_secs(1));
                story.edit().await;
                story.edit_elsewhere().await;
                headquarters.exchange_all().await;
            }
        })
        .await;
    assert!(looks > 20, "{looks}");
    story.close().await;
}

/// Its packages are here when it is canceled; the unit may apply them all the same.
async fn while_a_session_is_canceled_and_replaced(engine: Engine) {
    let story = Story::new(engine).await;
    let (headquarters, gate) = (&story.chain.headquarters, &story.chain.gate);
    let looks = story
        .polled(async || {
            headquarters.exchange_all().await;
            for round in 0..3 {
                story.edit().await;
                story.edit_elsewhere().await;
                gate.next_report(Passage::Hold);
                let reports = gate.reports();
                let session = story.begin_1010().await;
                wait::bounded("the unit has it", gate.reports_reached(reports + 1)).await;
                let request = CancelSessionRequest { session: session.id };
                headquarters.scheduler().cancel_session(request).await.expect("it is open");
                story.edit().await;
                story.edit_elsewhere().await;
                let next = story.begin_1010().await;
                assert!(next.from_version <= session.from_version, "round {round}: {next:?}");
                gate.release();
                story.reaches(next.id, SessionStatus::Applied).await;
                assert_eq!(story.session(session.id).await.status(), SessionStatus::Canceled);
            }
        })
        .await;
    assert!(looks > 20, "{looks}");
    story.close().await;
}

/// Somebody else's row can't be written: nothing of the session's last steps is there until somebody mends it.
async fn while_a_session_is_suspended_and_another_waits_behind_it(engine: Engine) {
    let story = Story::new(engine).await;
    let headquarters = &story.chain.headquarters;
    let looks = story
        .polled(async || {
            headquarters.exchange_all().await;
            let mut other = create_named("Anna", "Rossi");
            other.channel = "DALLAS".to_owned();
            let other = story.dallas.unit().created(other).await.name;
            let other = CustomerId::from_resource_name(&other).expect("a name");
            story.edit().await;
            story.edit_elsewhere().await;
            story.store.faults.refuse(other, || StoreError::Refused("a test says so".to_owned()));
            let first = story.begin_1010().await;
            story.reaches(first.id, SessionStatus::Suspended).await;
            let suspended = story.session(first.id).await;
            assert_eq!(suspended.try_count, 3);
            assert!(suspended.error.contains("a test says so"), "{}", suspended.error);

            story.edit().await;
            story.edit_elsewhere().await;
            let second = story.begin_1010().await;
            assert_eq!(second.status(), SessionStatus::Available, "it waits for the first");
            story.edit().await;
            let run: Run = headquarters.run("synchronize").await;
            assert_eq!(run.status(), RunStatus::NoData);

            story.store.faults.accept(other);
            let request = RetrySessionRequest { session: first.id };
            headquarters.scheduler().retry_session(request).await.expect("it is suspended");
            for session in [first.id, second.id] {
                story.reaches(session, SessionStatus::Applied).await;
            }
        })
        .await;
    assert!(looks > 20, "{looks}");
    story.close().await;
}
