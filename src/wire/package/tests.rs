//! Packages that come over as they were sent.

mod properties;
mod refused;

use std::time::Duration;

use super::*;
use crate::{
    domain::{
        base::Base,
        configuration::{ConfigurationRows, ConfigurationVersion},
        id::{CustomerId, RequestId},
        outcome::OutcomeStatus,
        revision::Counter,
        sample::{anna, synced},
        setup::Setup,
        submission::Decision,
        write::Method,
    },
    proto::exchange::CustomerGroupRow,
};

/// A package as it travels.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Package {
    header: Vec<u8>,
    chunks: Vec<Vec<u8>>,
}

fn label(job: DownloadJob) -> Label {
    let full = job != DownloadJob::Customers;
    Label { job, from: 0, to: 7, full, created_at: Timestamp(9_123) }
}

/// Of customers alone.
fn full() -> Label {
    Label { full: true, ..label(DownloadJob::Customers) }
}

fn build(label: &Label, rows: impl IntoIterator<Item = PackageRow>) -> std::io::Result<Package> {
    let mut writer = PackageWriter::new();
    let mut chunks = Vec::new();
    for row in rows {
        chunks.extend(writer.push(row)?);
    }
    let finished = writer.finish(label)?;
    chunks.push(finished.last);
    assert_eq!(finished.chunks as usize, chunks.len());
    assert_eq!(finished.bytes, chunks.iter().map(|chunk| chunk.len() as u64).sum::<u64>());
    Ok(Package { header: finished.header, chunks })
}

fn verify(package: &Package) -> Result<Label, PackageError> {
    let mut verifier = Verifier::new(open_header(&package.header)?)?;
    for chunk in &package.chunks {
        verifier.chunk(chunk)?;
    }
    verifier.finish()
}

fn rows(package: &Package) -> Vec<Row> {
    package.chunks.iter().flat_map(|chunk| open_chunk(chunk).unwrap().rows).collect()
}

fn group(number: u32) -> PackageRow {
    let code = format!("{number:06}");
    package_row(Row::CustomerGroup(CustomerGroupRow { code, name: "x".repeat(50) }))
}

fn customer_id(number: u128) -> CustomerId {
    CustomerId(uuid::Uuid::from_u128(number))
}

fn base(number: u128) -> Base {
    let mut customer = synced(anna()).customer;
    customer.id = customer_id(number);
    Base { customer, version: 7 }
}

fn outcome(counter: i64) -> OutcomeContent {
    let request_id = RequestId(uuid::Uuid::from_u128(0x1000 + u128::from(counter.unsigned_abs())));
    OutcomeContent {
        revision_id: request_id.revision_id(),
        counter: (counter > 0).then_some(Counter(counter)),
        request_id,
        request_hash: [7; 32],
        customer_id: customer_id(1),
        method: Method::CreateCustomer,
        decision: Decision {
            reason: "ALL_FEATURES_ON".to_owned(),
            configuration_version: ConfigurationVersion {
                channel_configuration: 3,
                global_configuration: 4,
            },
            configuration_age: Duration::from_millis(1_500),
        },
        status: OutcomeStatus::Synchronized,
        change: 6,
        contained_in: 5,
        error_reason: None,
        processed_at: Timestamp(8_500),
    }
}

#[test]
fn a_configuration_comes_back_as_it_was_sent() {
    let mut setup = Setup::demo("store-1");
    setup.save_limit("address.street", 60).unwrap();
    let channel = setup.channel_configuration("store-1");
    let global = setup.global_configuration();
    assert_eq!((channel.channels.len(), global.features.len(), global.limits.len()), (2, 4, 1));
    for (job, sent, sent_rows) in [
        (
            DownloadJob::ChannelConfiguration,
            ConfigurationRows::Channel(channel.clone()),
            of_channel_configuration(channel),
        ),
        (
            DownloadJob::GlobalConfiguration,
            ConfigurationRows::Global(global.clone()),
            of_global_configuration(global),
        ),
    ] {
        let package = build(&label(job), sent_rows).unwrap();
        assert_eq!(verify(&package), Ok(label(job)));
        assert_eq!(configuration(job, rows(&package)), Ok(sent));
    }
}

#[test]
fn a_package_comes_over_in_chunks_and_is_verified_whole() {
    let label = label(DownloadJob::ChannelConfiguration);
    let package = build(&label, (0..2_500).map(group)).unwrap();
    assert_eq!(package.chunks.len(), 3);
    assert_eq!(verify(&package), Ok(label));
    let read = configuration(label.job, rows(&package)).unwrap();
    let ConfigurationRows::Channel(read) = read else { panic!("it is 1070") };
    assert_eq!(read.customer_groups.len(), 2_500);
    let verifier = Verifier::new(open_header(&package.header).unwrap()).unwrap();
    assert_eq!((verifier.chunks(), *verifier.label()), (3, label));
    assert_eq!(verifier.finish(), Err(PackageError::Truncated), "nothing of it has come");
}

#[test]
fn a_full_package_of_customers_says_up_to_where_each_chunk_is_complete() {
    let package = build(&full(), (1..=2_100).map(|number| of_customer(&base(number)))).unwrap();
    assert_eq!(verify(&package), Ok(full()));
    let chunks: Vec<_> = package.chunks.iter().map(|chunk| open_chunk(chunk).unwrap()).collect();
    assert!(chunks.len() >= 3);
    let (last, others) = chunks.split_last().unwrap();
    for chunk in others {
        let read = customers(chunk.rows.clone()).unwrap().bases;
        assert_eq!(chunk.complete_up_to, read.last().map(|base| base.customer.id));
    }
    assert_eq!(last.complete_up_to, None);
    let read = customers(rows(&package)).unwrap().bases;
    assert!(read.into_iter().eq((1..=2_100).map(base)));
}

#[test]
fn a_package_may_bring_nothing() {
    for label in [
        full(),
        Label { to: 0, ..full() },
        Label { from: 7, ..label(DownloadJob::Customers) },
        label(DownloadJob::ChannelConfiguration),
    ] {
        let package = build(&label, []).unwrap();
        assert_eq!(package.chunks.len(), 1);
        assert_eq!(verify(&package), Ok(label));
        assert_eq!(rows(&package), []);
        let nothing = Package { chunks: vec![Vec::new()], ..package };
        assert_eq!(verify(&nothing), Err(PackageError::Truncated), "that is no chunk");
    }
}

#[test]
fn outcomes_come_apart_by_the_way_of_their_writes() {
    let failed = OutcomeContent {
        status: OutcomeStatus::Failed,
        contained_in: 0,
        error_reason: Some("CUSTOMER_GROUP_NOT_FOUND".to_owned()),
        ..outcome(4)
    };
    let real_time = OutcomeContent { status: OutcomeStatus::Superseded, ..outcome(0) };
    let sent = [of_customer(&base(2)), of_outcome(&outcome(3)), of_outcome(&failed)];
    let sent = sent.into_iter().chain([of_outcome(&real_time)]);
    let package = build(&label(DownloadJob::Customers), sent).unwrap();
    assert_eq!(verify(&package), Ok(label(DownloadJob::Customers)));
    let read = customers(rows(&package)).unwrap();
    assert_eq!(read.bases, [base(2)]);
    let [synchronized, failed] = read.outcomes.as_slice() else { panic!("two are async") };
    assert_eq!(
        (synchronized.counter, synchronized.change, synchronized.version),
        (Counter(3), 6, 5)
    );
    assert_eq!(
        (synchronized.status, &synchronized.error_reason),
        (OutcomeStatus::Synchronized, &None)
    );
    assert_eq!((failed.status, failed.version), (OutcomeStatus::Failed, 0));
    assert_eq!(failed.error_reason.as_deref(), Some("CUSTOMER_GROUP_NOT_FOUND"));
    let [performed] = read.performed.as_slice() else { panic!("one is real-time") };
    assert_eq!(performed.request_id, real_time.request_id);
    assert_eq!((performed.request_hash, performed.customer_id), ([7; 32], customer_id(1)));
    assert_eq!((performed.method, performed.version), (Method::CreateCustomer, 5));
    assert_eq!(
        (&performed.decision, performed.performed_at),
        (&real_time.decision, Timestamp(8_500))
    );
}
