//! A chain of stores: a headquarters with units that reach it through a gate, each on a database of its own.

use std::sync::Arc;

use csu::{domain::setup::Setup, roles::channel::ChannelSettings, runtime::clock::TestClock};

use super::{Database, Engine, Gate, Headquarters, Replica, START, World, agreement};

/// A story ends with [`Chain::close`], which checks the invariants of every database and between them.
pub struct Chain {
    pub clock: Arc<TestClock>,
    pub headquarters: Headquarters,
    pub gate: Gate,
    /// The unit of `store-1`.
    pub world: World,
}

impl Chain {
    /// The demo company with one unit, which serves HOUSTON and SEATTLE; all features are on.
    pub async fn new(engine: Engine) -> Self {
        Self::with(engine, Setup::demo("store-1"), ChannelSettings::default()).await
    }

    /// The demo company with these features only.
    pub async fn with_features(engine: Engine, features: &[&str]) -> Self {
        let mut setup = Setup::demo("store-1");
        setup.features = features.iter().map(|key| ((*key).to_owned(), true)).collect();
        Self::with(engine, setup, ChannelSettings::default()).await
    }

    pub async fn with(engine: Engine, setup: Setup, settings: ChannelSettings) -> Self {
        let clock = Arc::new(TestClock::new(START));
        let headquarters = Headquarters::with(engine, Arc::clone(&clock), setup).await;
        let gate = Gate::before(&headquarters.url()).await;
        let mut world = World::towards(engine, Arc::clone(&clock), settings, gate.url()).await;
        world.add_replica().await;
        Self { clock, headquarters, gate, world }
    }

    /// The unit.
    pub fn unit(&self) -> &Replica {
        self.world.replica()
    }

    /// Stops everything in an orderly way and checks the invariants.
    pub async fn close(self) {
        let Self { headquarters, gate, world, .. } = self;
        let unit: &Database = &world.database;
        agreement::check(unit, &headquarters.database).await;
        world.close().await;
        drop(gate);
        headquarters.close().await;
    }
}
