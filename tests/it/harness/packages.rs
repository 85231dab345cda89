//! Configurations of a company, and the packages that bring them.

use std::{sync::Arc, time::Duration};

use csu::{
    channel::{
        store::{Applied, SharedStore},
        writer::{self, DEFAULT_QUEUE},
    },
    domain::{configuration::ConfigurationRows, feature, job::DownloadJob, time::Timestamp},
    proto::exchange::{
        ChannelRow, CustomerGroupRow, FeatureRow, LimitRow, PackageRow, package_row::Row,
    },
    roles::channel::ChannelSettings,
    runtime::{
        clock::{Clock as _, SharedClock, TestClock},
        task::{Task, Tasks},
    },
    wire::package::{self, Label, PackageWriter, Verifier, open_chunk, open_header},
};

use super::{Engine, Replica, World};

/// Key of the company's request hashes.
const COMPANY_KEY: [u8; 32] = [7; 32];

/// All that 1070 and 1110 bring. Begins as the demo company: SEATTLE with F0, HOUSTON without, all features on.
#[derive(Clone)]
pub struct Company {
    version: i64,
    channels: Vec<ChannelRow>,
    features: [(&'static str, bool); 3],
    limits: Vec<LimitRow>,
}

impl Company {
    pub fn new() -> Self {
        let channel = |number: &str, async_mode| ChannelRow {
            operating_unit_number: number.to_owned(),
            country: "US".to_owned(),
            create_customer_in_async_mode: async_mode,
            filter_shared_customer_data_tables: false,
            default_customer_group: "30".to_owned(),
            default_currency: "USD".to_owned(),
            default_language: "en-US".to_owned(),
            default_receipt_option: "STANDARD".to_owned(),
        };
        Self {
            version: 1,
            channels: vec![channel("HOUSTON", false), channel("SEATTLE", true)],
            features: [
                (feature::ENHANCED_ASYNC_CUSTOMER_CREATION, true),
                (feature::ASYNC_ADDRESS_CREATION, true),
                (feature::ASYNC_CUSTOMER_EDITING, true),
            ],
            limits: Vec::new(),
        }
    }

    /// Of both packages.
    #[must_use]
    pub fn version(mut self, version: i64) -> Self {
        self.version = version;
        self
    }

    /// Only this channel.
    #[must_use]
    pub fn only(mut self, channel: &str) -> Self {
        self.channels.retain(|row| row.operating_unit_number == channel);
        self
    }

    /// F0 of SEATTLE.
    #[must_use]
    pub fn f0(self, on: bool) -> Self {
        self.seattle(|row| row.create_customer_in_async_mode = on)
    }

    #[must_use]
    pub fn f1(mut self, on: bool) -> Self {
        self.features[0].1 = on;
        self
    }

    #[must_use]
    pub fn f2(mut self, on: bool) -> Self {
        self.features[1].1 = on;
        self
    }

    #[must_use]
    pub fn f3(mut self, on: bool) -> Self {
        self.features[2].1 = on;
        self
    }

    /// X, of every channel.
    #[must_use]
    pub fn x(mut self, on: bool) -> Self {
        for row in &mut self.channels {
            row.filter_shared_customer_data_tables = on;
        }
        self
    }

    #[must_use]
    pub fn limit(mut self, field: &str, most: u32) -> Self {
        self.limits.push(LimitRow { field: field.to_owned(), max_characters: most });
        self
    }

    #[must_use]
    pub fn seattle(mut self, change: impl FnOnce(&mut ChannelRow)) -> Self {
        let row = self.channels.iter_mut().find(|row| row.operating_unit_number == "SEATTLE");
        change(row.expect("SEATTLE"));
        self
    }

    /// 1070 and 1110.
    pub fn packages(&self) -> Vec<Vec<u8>> {
        let group = |code: &str| {
            Row::CustomerGroup(CustomerGroupRow { code: code.to_owned(), name: format!("G{code}") })
        };
        let channels = self.channels.iter().cloned().map(Row::Channel);
        let features = self.features.iter().map(|(key, enabled)| {
            Row::Feature(FeatureRow { key: (*key).to_owned(), enabled: *enabled })
        });
        let limits = self.limits.iter().cloned().map(Row::Limit);
        vec![
            self.package(
                DownloadJob::ChannelConfiguration,
                channels.chain(["10", "20", "30"].map(group)),
            ),
            self.package(DownloadJob::GlobalConfiguration, features.chain(limits)),
        ]
    }

    fn package(&self, job: DownloadJob, rows: impl Iterator<Item = Row>) -> Vec<u8> {
        let created_at = Timestamp(0);
        let label = Label { job, from: 0, to: self.version, full: true, created_at };
        let mut writer = PackageWriter::new();
        for row in rows {
            let complete = writer.push(PackageRow { row: Some(row) }).expect("a row");
            assert_eq!(complete, None, "a small company");
        }
        let package = writer.finish(&label).expect("a package");
        let length = u32::try_from(package.header.len()).expect("a short header");
        [&length.to_le_bytes(), package.header.as_slice(), &package.last].concat()
    }
}

/// What a package of [`Company::package`] brings: its header with its length, and its one chunk.
fn read(package: &[u8]) -> (Label, ConfigurationRows) {
    let (length, rest) = package.split_first_chunk().expect("a length");
    let (header, chunk) = rest.split_at(u32::from_le_bytes(*length) as usize);
    let mut verifier = Verifier::new(open_header(header).expect("a header")).expect("a package");
    verifier.chunk(chunk).expect("its chunk");
    let label = verifier.finish().expect("a whole package");
    let rows = open_chunk(chunk).expect("its chunk").rows;
    (label, package::configuration(label.job, rows).expect("a configuration"))
}

/// Puts into a database what registration and the exchange have brought, before headquarters went away.
pub async fn store(store: &SharedStore, clock: &Arc<TestClock>, packages: &[Vec<u8>]) {
    if packages.is_empty() {
        return;
    }
    let (writer, writer_loop) =
        writer::new(Arc::clone(store), Arc::clone(clock) as SharedClock, DEFAULT_QUEUE);
    let tasks = Tasks::new();
    tasks.spawn(Task::Writer, writer_loop.run(tasks.shutdown_token()));
    writer.set_request_hash_key(COMPANY_KEY).await.expect("the key is kept");
    for bytes in packages {
        let (label, rows) = read(bytes);
        let applied = Applied { version: label.to, at: clock.now() };
        writer.apply_configuration(rows, applied, None).await.expect("applied");
    }
    assert!(tasks.drain(Duration::from_secs(30)).await, "the writer ends");
}

impl World {
    /// A new database that serves this company by one replica.
    pub async fn of(engine: Engine, company: &Company) -> Self {
        Self::with(engine, ChannelSettings::default(), company.packages()).await
    }

    /// Brings the company's packages to the database, as the exchange will. Whether both were newer.
    pub async fn apply(&self, company: &Company) -> bool {
        let mut newer = true;
        for bytes in company.packages() {
            let (label, rows) = read(&bytes);
            let applied = Applied { version: label.to, at: self.clock.now() };
            let writer = &self.replica().serving.unit.writer;
            newer &= writer.apply_configuration(rows, applied, None).await.expect("applied");
        }
        newer
    }

    /// Another replica, which brings the company's packages with it.
    pub async fn add_replica_with(&mut self, company: &Company) -> &Replica {
        self.packages = company.packages();
        self.add_replica().await
    }
}
