//! A whole system in a test: databases of either engine, replicas in this process under a test clock, and real
//! gRPC clients. A story ends with [`World::close`], which checks the invariants row for row.

pub mod agreement;
pub mod bases;
pub mod branch;
pub mod calls;
pub mod chain;
pub mod database;
pub mod faulty_store;
pub mod flushes;
pub mod footprint;
pub mod gate;
pub mod headquarters;
pub mod invariants;
pub mod jobs;
pub mod packages;
pub mod postgres_server;
pub mod process;
pub mod replica;
pub mod requests;
pub mod revisions;
pub mod road;
pub mod synced;
pub mod tools;
pub mod uploads;
pub mod wait;
pub mod wrapped_store;
pub mod writes;

use std::{sync::Arc, time::Duration};

use csu::{
    channel::store::SharedStore,
    domain::time::Timestamp,
    roles::channel::ChannelSettings,
    runtime::clock::{Clock as _, TestClock},
};

use http::Uri;

pub use branch::Branch;
pub use chain::Chain;
pub use database::{Database, Engine};
pub use footprint::Footprint;
pub use gate::{Gate, Passage};
pub use headquarters::Headquarters;
pub use packages::Company;
pub use replica::Replica;
pub use wrapped_store::WrappedStore;

/// 2026-01-01T00:00:00Z.
pub const START: Timestamp = Timestamp(1_767_225_600_000);

/// Declares stories that run on both engines under the same names.
#[macro_export]
macro_rules! on_both_engines {
    // On the one thread that a test needs to stop tokio's time.
    (one_thread: $($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name($crate::harness::Engine::Sqlite).await;
            })*
        }
        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                super::$name($crate::harness::Engine::Postgres).await;
            })*
        }
    };
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::harness::Engine::Sqlite).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::harness::Engine::Postgres).await;
            })*
        }
    };
}

/// One database with its replicas.
pub struct World {
    pub clock: Arc<TestClock>,
    pub database: Database,
    replicas: Vec<Replica>,
    packages: Vec<Vec<u8>>,
    /// Of replicas that are added.
    pub settings: ChannelSettings,
    /// Where the replicas look for headquarters.
    headquarters: Uri,
    closed: bool,
}

impl World {
    /// A new database that serves the demo channels by one replica.
    pub async fn new(engine: Engine) -> Self {
        Self::with(engine, ChannelSettings::default(), Company::new().packages()).await
    }

    pub async fn with(engine: Engine, settings: ChannelSettings, packages: Vec<Vec<u8>>) -> Self {
        let mut world = Self::without_replica(engine, settings, packages).await;
        world.add_replica().await;
        world
    }

    /// A new database that serves the demo channels by one replica over a store with hooks.
    pub async fn wrapped(engine: Engine) -> (Self, Arc<WrappedStore>) {
        let packages = Company::new().packages();
        let mut world = Self::without_replica(engine, ChannelSettings::default(), packages).await;
        let store = WrappedStore::around(world.database.open(world.clock.now()).await);
        world.add_replica_over(Arc::clone(&store) as SharedStore).await;
        (world, store)
    }

    async fn without_replica(
        engine: Engine,
        settings: ChannelSettings,
        packages: Vec<Vec<u8>>,
    ) -> Self {
        Self {
            clock: Arc::new(TestClock::new(START)),
            database: Database::new(engine).await,
            replicas: Vec::new(),
            packages,
            settings,
            headquarters: nowhere(),
            closed: false,
        }
    }

    /// A new database without replicas yet: each registers with this headquarters.
    pub async fn towards(
        engine: Engine,
        clock: Arc<TestClock>,
        settings: ChannelSettings,
        headquarters: Uri,
    ) -> Self {
        let mut world = Self::without_replica(engine, settings, Vec::new()).await;
        (world.clock, world.headquarters) = (clock, headquarters);
        world
    }

    /// Another replica of the same database: PostgreSQL only, as an SQLite file has one process.
    pub async fn add_replica(&mut self) -> &Replica {
        let store = self.database.open(self.clock.now()).await;
        self.add_replica_over(store).await
    }

    /// A replica over this store, which may be wrapped to misbehave.
    pub async fn add_replica_over(&mut self, store: SharedStore) -> &Replica {
        packages::store(&store, &self.clock, &self.packages).await;
        let replica = Replica::start(
            store,
            Arc::clone(&self.clock),
            self.settings.clone(),
            self.headquarters.clone(),
        )
        .await;
        self.replicas.push(replica);
        self.replicas.last().expect("just added")
    }

    /// The first replica.
    pub fn replica(&self) -> &Replica {
        &self.replicas[0]
    }

    pub fn replicas(&self) -> &[Replica] {
        &self.replicas
    }

    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Stops all replicas and starts one anew on the same database, with the packages given.
    pub async fn restart(&mut self, packages: Vec<Vec<u8>>) {
        self.stop_replicas().await;
        self.packages = packages;
        self.add_replica().await;
    }

    /// Stops everything in an orderly way and checks the invariants.
    pub async fn close(mut self) {
        self.stop_replicas().await;
        invariants::check(&self.database).await;
        self.database.remove().await;
        self.closed = true;
    }

    /// Drops all replicas where they stand.
    pub async fn cut_the_power(&mut self) {
        for replica in &self.replicas {
            replica.serving.tasks.abort().await;
        }
        // Nothing is left to be done but to let go of the database.
        self.stop_replicas().await;
    }

    async fn stop_replicas(&mut self) {
        for replica in self.replicas.drain(..) {
            replica.stop().await;
        }
    }
}

/// Where no headquarters is: nobody listens there.
pub fn nowhere() -> Uri {
    Uri::from_static("http://127.0.0.1:1")
}

impl Drop for World {
    fn drop(&mut self) {
        assert!(
            self.closed || std::thread::panicking(),
            "a story ends with close(), which checks the invariants"
        );
    }
}
