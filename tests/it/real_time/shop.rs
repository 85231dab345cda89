//! A unit that is started again and again, not always towards its headquarters.

use std::sync::Arc;

use csu::{
    roles::channel::ChannelSettings,
    runtime::clock::{Clock as _, TestClock},
};
use http::Uri;

use super::stage::company;
use crate::harness::{Database, Engine, Gate, Headquarters, Replica, START, invariants};

/// A headquarters, and a database that it may serve; no unit runs. A story ends with [`Shop::close`].
pub struct Shop {
    pub clock: Arc<TestClock>,
    pub headquarters: Headquarters,
    /// Before headquarters.
    pub gate: Gate,
    pub database: Database,
}

impl Shop {
    pub async fn new(engine: Engine) -> Self {
        let clock = Arc::new(TestClock::new(START));
        let headquarters = Headquarters::with(engine, Arc::clone(&clock), company(&[])).await;
        let gate = Gate::before(&headquarters.url()).await;
        Self { clock, headquarters, gate, database: Database::new(engine).await }
    }

    /// Starts a unit of this database, which looks for headquarters there. One at a time.
    pub async fn start(database: &Database, clock: &Arc<TestClock>, headquarters: Uri) -> Replica {
        let store = database.open(clock.now()).await;
        let settings = ChannelSettings::default();
        Replica::start(store, Arc::clone(clock), settings, headquarters).await
    }

    /// Stops everything in an orderly way and checks the invariants.
    pub async fn close(self, unit: Replica) {
        unit.stop().await;
        invariants::bases_are_headquarters(&self.database, &self.headquarters.database).await;
        invariants::check(&self.database).await;
        self.database.remove().await;
        drop(self.gate);
        self.headquarters.close().await;
    }
}
