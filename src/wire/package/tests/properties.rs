//! What holds of every package.

use proptest::{collection::btree_set, prelude::*};

use super::*;
use crate::wire::package::{
    chunk::MAX_CHUNK_BYTES,
    writer::{CHUNK_BYTES, CHUNK_ROWS},
};

/// Three chunks of customers, full.
fn three_chunks() -> Package {
    let mut sent = base(1);
    sent.customer.addresses.clear();
    sent.customer.contacts.clear();
    let rows = (1..=2_001).map(|number| {
        sent.customer.id = customer_id(number);
        of_customer(&sent)
    });
    build(&full(), rows.collect::<Vec<_>>()).unwrap()
}

fn status() -> impl Strategy<Value = OutcomeStatus> {
    prop::sample::select(OutcomeStatus::ALL)
}

fn any_outcome() -> impl Strategy<Value = OutcomeContent> {
    let reason = prop::option::of("[A-Z_]{1,20}");
    (1i64.., status(), 1i64.., 1i64.., reason, any::<[u8; 32]>(), 0..i64::MAX / 2).prop_map(
        |(counter, status, change, contained_in, error_reason, request_hash, at)| {
            let in_force =
                matches!(status, OutcomeStatus::Synchronized | OutcomeStatus::Superseded);
            OutcomeContent {
                counter: Some(Counter(counter)),
                status,
                change,
                contained_in: if in_force { contained_in } else { 0 },
                error_reason,
                request_hash,
                processed_at: Timestamp(at),
                ..outcome(1)
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read(
        ids in btree_set(1u128.., 0..40),
        outcomes in prop::collection::vec((any_outcome(), any::<bool>()), 0..40),
        version in 1i64..,
        name in "[^\0]{1,60}",
    ) {
        let bases: Vec<_> = ids
            .into_iter()
            .map(|id| {
                let mut base = Base { version, ..base(id) };
                base.customer.contacts[0].typed.clone_from(&name);
                base
            })
            .collect();
        let outcomes: Vec<_> = outcomes
            .into_iter()
            .map(|(outcome, real_time)| {
                let real_time = real_time && outcome.contained_in > 0;
                OutcomeContent { counter: outcome.counter.filter(|_| !real_time), ..outcome }
            })
            .collect();
        let rows: Vec<_> =
            bases.iter().map(of_customer).chain(outcomes.iter().map(of_outcome)).collect();
        let label = label(DownloadJob::Customers);
        let package = build(&label, rows.clone()).unwrap();
        prop_assert_eq!(&package, &build(&label, rows).unwrap(), "the same rows, the same bytes");
        prop_assert_eq!(verify(&package), Ok(label));
        let read = customers(super::rows(&package)).unwrap();
        prop_assert_eq!(read.bases, bases);
        let (sent, performed): (Vec<_>, Vec<_>) =
            outcomes.iter().partition(|outcome| outcome.counter.is_some());
        prop_assert_eq!(read.outcomes.len(), sent.len());
        for (read, sent) in read.outcomes.iter().zip(sent) {
            prop_assert_eq!(Some(read.counter), sent.counter);
            prop_assert_eq!(read.status, sent.status);
            prop_assert_eq!((read.change, read.version), (sent.change, sent.contained_in));
            prop_assert_eq!(&read.error_reason, &sent.error_reason);
        }
        prop_assert_eq!(read.performed.len(), performed.len());
        for (read, sent) in read.performed.iter().zip(performed) {
            prop_assert_eq!(read.request_hash, sent.request_hash);
            prop_assert_eq!((read.version, read.performed_at), (sent.contained_in, sent.processed_at));
        }
    }

    #[test]
    fn nothing_damaged_is_accepted(position: prop::sample::Index, flip in 1u8.., cut: prop::sample::Index) {
        let rows = (1..=20).map(|number| of_customer(&base(number)));
        let package = build(&full(), rows).unwrap();
        let mut damaged = package.clone();
        let chunk = &mut damaged.chunks[0];
        chunk[position.index(package.chunks[0].len())] ^= flip;
        prop_assert!(verify(&damaged).is_err());
        let mut short = package.clone();
        short.chunks[0].truncate(cut.index(package.chunks[0].len()));
        prop_assert!(verify(&short).is_err());
        let mut long = package.clone();
        long.chunks[0].push(flip);
        prop_assert!(verify(&long).is_err());
        let mut damaged = package.clone();
        damaged.header[position.index(package.header.len())] ^= flip;
        // Another spelling of the same header is no damage.
        if open_header(&damaged.header) != open_header(&package.header) {
            prop_assert!(verify(&damaged).is_err());
        }
        let mut short = package.clone();
        short.header.truncate(cut.index(package.header.len()));
        prop_assert!(verify(&short).is_err());
    }
}

#[test]
fn chunks_come_once_each_and_in_their_order() {
    let package = three_chunks();
    assert_eq!(package.chunks.len(), 3);
    assert_eq!(verify(&package), Ok(full()));
    for order in [
        &[0, 1][..],
        &[1, 2],
        &[0, 2],
        &[],
        &[0, 2, 1],
        &[1, 0, 2],
        &[2, 1, 0],
        &[0, 0, 2],
        &[0, 1, 1],
        &[0, 0, 1, 2],
        &[0, 1, 2, 2],
    ] {
        let chunks = order.iter().map(|chunk| package.chunks[*chunk].clone()).collect();
        let other = Package { chunks, ..package.clone() };
        assert!(verify(&other).is_err(), "{order:?}");
    }
}

/// Without the order of ids, it is the checksum that tells.
#[test]
fn chunks_without_order_of_their_own_come_in_theirs_too() {
    let label = label(DownloadJob::ChannelConfiguration);
    let package = build(&label, (0..2_001).map(group)).unwrap();
    for order in [[0, 2, 1], [1, 0, 2], [2, 1, 0], [0, 0, 2], [0, 1, 1]] {
        let chunks = order.iter().map(|chunk| package.chunks[*chunk].clone()).collect();
        let other = Package { chunks, ..package.clone() };
        assert_eq!(verify(&other), Err(PackageError::Checksum), "{order:?}");
    }
}

#[test]
fn memory_is_bounded_by_a_chunk() {
    let mut writer = PackageWriter::new();
    let (mut chunks, mut found) = (0, 0);
    let mut measure = |chunk: Vec<u8>| {
        let plain = zstd::bulk::decompress(&chunk, MAX_CHUNK_BYTES).unwrap();
        // The id up to which it is complete comes on top of the rows.
        assert!(plain.len() <= CHUNK_BYTES + 64);
        let rows = open_chunk(&chunk).unwrap().rows.len();
        assert!((1..=CHUNK_ROWS).contains(&rows));
        chunks += 1;
        found += rows;
    };
    for number in 0..100_000 {
        if let Some(chunk) = writer.push(group(number)).unwrap() {
            measure(chunk);
        }
    }
    let finished = writer.finish(&label(DownloadJob::ChannelConfiguration)).unwrap();
    measure(finished.last);
    assert_eq!((chunks, found), (100, 100_000));
    assert_eq!((finished.chunks, finished.rows), (100, 100_000));
}

#[test]
fn large_rows_make_chunks_of_fewer() {
    let large = |number: u32, bytes: usize| {
        let row = CustomerGroupRow { code: number.to_string(), name: "x".repeat(bytes) };
        package_row(Row::CustomerGroup(row))
    };
    let label = label(DownloadJob::ChannelConfiguration);
    let sizes = [CHUNK_BYTES / 3, CHUNK_BYTES / 3, CHUNK_BYTES / 2, 3 * CHUNK_BYTES, 1];
    let rows = (0..).zip(sizes).map(|(number, bytes)| large(number, bytes));
    let package = build(&label, rows).unwrap();
    let rows = package.chunks.iter().map(|chunk| open_chunk(chunk).unwrap().rows.len());
    assert_eq!(rows.collect::<Vec<_>>(), [2, 1, 1, 1]);
    assert_eq!(verify(&package), Ok(label));
    assert!(build(&label, [large(1, MAX_CHUNK_BYTES)]).is_err(), "nobody could read it");
}
