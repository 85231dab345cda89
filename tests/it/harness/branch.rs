//! A chain whose unit has hooks, dies, is set up anew, or is not the only one.

use std::{sync::Arc, time::Duration};

use csu::{
    channel::store::SharedStore,
    domain::setup::{Channel, Setup},
    roles::channel::ChannelSettings,
    runtime::clock::{Clock as _, TestClock},
};

use super::{Chain, Engine, Gate, Headquarters, Replica, START, World, WrappedStore, agreement};

/// A second unit of a chain, with a database and a gate of its own.
pub struct Branch {
    pub gate: Gate,
    pub world: World,
}

/// The demo company with exactly these features, and with DALLAS, which `store-2` serves and which creates customers
/// in real time.
pub fn setup(features: &[&str]) -> Setup {
    let mut setup = Setup::demo("store-1");
    let dallas = Channel { database: "store-2".to_owned(), ..setup.channels["HOUSTON"].clone() };
    setup.save_channel("DALLAS", dallas).expect("in order");
    setup.features = features.iter().map(|key| ((*key).to_owned(), true)).collect();
    setup
}

/// A unit that gives a call up after the usual time, and never takes headquarters for gone.
pub fn impatient() -> ChannelSettings {
    ChannelSettings { breaker_failures: 1_000, ..ChannelSettings::default() }
}

/// A unit that waits for headquarters longer than any test does.
pub fn patient() -> ChannelSettings {
    let mut settings = ChannelSettings { breaker_failures: 1_000, ..ChannelSettings::default() };
    settings.call_budget.headquarters_timeout = Duration::from_mins(5);
    settings.server.default_deadline = Duration::from_mins(5);
    settings
}

impl Chain {
    /// A chain whose unit has a store with hooks.
    pub async fn wrapped(
        engine: Engine,
        setup: Setup,
        settings: ChannelSettings,
    ) -> (Self, Arc<WrappedStore>) {
        let clock = Arc::new(TestClock::new(START));
        let headquarters = Headquarters::with(engine, Arc::clone(&clock), setup).await;
        let gate = Gate::before(&headquarters.url()).await;
        let mut world = World::towards(engine, Arc::clone(&clock), settings, gate.url()).await;
        let store = WrappedStore::around(world.database.open(clock.now()).await);
        world.add_replica_over(Arc::clone(&store) as SharedStore).await;
        (Self { clock, headquarters, gate, world }, store)
    }

    /// Has exactly these features on, at headquarters and in the unit, which is stopped and started for it.
    pub async fn switch_to(&mut self, features: &[&str]) {
        let features = features.iter().map(|key| ((*key).to_owned(), true)).collect();
        let writer = &self.headquarters.serving().headquarters.writer;
        let change = move |setup: &mut Setup| {
            setup.features = features;
            Ok(())
        };
        writer.change_setup(change).await.expect("the setup is changed");
        self.bring_configuration().await;
        Box::pin(self.world.restart(Vec::new())).await;
    }

    /// Customers and performed writes that headquarters has.
    pub async fn performed(&self) -> (i64, i64) {
        let count = async |table: &str| {
            self.headquarters.database.number(&format!("SELECT count(*) FROM {table}")).await
        };
        (count("customer").await, count("revision").await)
    }
}

impl Branch {
    /// The unit of `store-2`, which serves DALLAS.
    pub async fn of(chain: &Chain, engine: Engine, settings: ChannelSettings) -> Self {
        let gate = Gate::before(&chain.headquarters.url()).await;
        let clock = Arc::clone(&chain.clock);
        let mut world = World::towards(engine, clock, settings, gate.url()).await;
        let store = world.database.open_as("store-2", chain.clock.now()).await;
        world.add_replica_over(store).await;
        Self { gate, world }
    }

    pub fn unit(&self) -> &Replica {
        self.world.replica()
    }

    /// Before [`Chain::close`].
    pub async fn close(self, chain: &Chain) {
        let channel = &self.world.database;
        agreement::check(channel, &chain.headquarters.database).await;
        self.world.close().await;
    }
}
