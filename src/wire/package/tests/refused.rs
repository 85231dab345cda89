//! What is refused, and why.

use prost::Message as _;

use super::*;
use crate::{
    proto::exchange::{CustomerRow, FeatureRow, OutcomeRow, PackageChunk},
    wire::Malformed,
};

fn feature() -> PackageRow {
    package_row(Row::Feature(FeatureRow { key: "f".to_owned(), enabled: true }))
}

/// Why these rows are none of a chunk of 1010.
fn why(rows: impl IntoIterator<Item = PackageRow>) -> PackageError {
    customers(rows.into_iter().filter_map(|row| row.row).collect()).unwrap_err()
}

/// Why an outcome is refused that was changed on its way.
fn why_outcome(counter: i64, change: impl FnOnce(&mut OutcomeRow)) -> PackageError {
    let mut row = of_outcome(&outcome(counter));
    let Some(Row::Outcome(outcome)) = &mut row.row else { panic!("it is an outcome") };
    change(outcome);
    why([row])
}

fn malformed(field: &'static str) -> PackageError {
    PackageError::Malformed(Malformed(field))
}

fn compressed(rows: Vec<PackageRow>, complete_up_to: &str) -> Vec<u8> {
    let chunk = PackageChunk { rows, complete_up_to: complete_up_to.to_owned() };
    zstd::bulk::compress(&chunk.encode_to_vec(), 1).unwrap()
}

/// A package of these chunks whose checksum is right: only what is in it can be wrong.
fn forged(label: &Label, chunks: Vec<Vec<u8>>) -> Package {
    let mut checksum = Checksum::default();
    for chunk in &chunks {
        checksum.add(chunk);
    }
    let mut header = label.header(u32::try_from(chunks.len()).unwrap());
    checksum.add(&header.encode_to_vec());
    header.checksum = checksum.finish().to_vec();
    Package { header: header.encode_to_vec(), chunks }
}

fn why_header(change: impl FnOnce(&mut PackageHeader)) -> PackageError {
    let package = build(&label(DownloadJob::ChannelConfiguration), [group(1)]).unwrap();
    let mut header = open_header(&package.header).unwrap();
    change(&mut header);
    verify(&Package { header: header.encode_to_vec(), ..package }).unwrap_err()
}

#[test]
fn headers_that_make_no_sense() {
    let newer = why_header(|header| header.format = FORMAT + 1);
    assert_eq!(newer, PackageError::Format { found: FORMAT + 1 });
    assert_eq!(
        why_header(|header| header.job = "1050".to_owned()),
        PackageError::OtherJob("1050".to_owned())
    );
    assert_eq!(why_header(|header| header.job = "x".repeat(2_000)), PackageError::TooLarge);
    assert_eq!(why_header(|header| header.chunks = 0), malformed("header.chunks"));
    assert_eq!(why_header(|header| header.create_time = None), malformed("header.create_time"));
    assert_eq!(why_header(|header| _ = header.checksum.pop()), malformed("header.checksum"));
    assert_eq!(why_header(|header| header.chunks = 2), PackageError::Truncated);
    assert_eq!(why_header(|header| header.to_version = 8), PackageError::Checksum);
    assert_eq!(open_header(&[0; 2_000]), Err(PackageError::TooLarge));
    assert_eq!(open_header(&[0xff; 20]), Err(PackageError::Truncated));
}

#[test]
fn versions_that_bring_nobody_anywhere() {
    let configuration = label(DownloadJob::GlobalConfiguration);
    let delta = label(DownloadJob::Customers);
    for label in [
        Label { to: 0, ..configuration },
        Label { to: -1, ..full() },
        Label { from: -1, ..delta },
        Label { from: 8, ..delta },
        Label { from: 3, ..full() },
    ] {
        let why = PackageError::Version { job: label.job.as_str(), from: label.from, to: label.to };
        assert_eq!(
            verify(&forged(&label, vec![compressed(Vec::new(), "")])),
            Err(why),
            "{label:?}"
        );
        assert!(build(&label, []).is_err(), "{label:?}");
    }
    assert!(build(&Label { from: 3, full: false, ..configuration }, []).is_ok());
}

#[test]
fn chunks_that_are_none() {
    let label = label(DownloadJob::ChannelConfiguration);
    let refused = |chunks| verify(&forged(&label, chunks)).unwrap_err();
    let one = || compressed(vec![group(1)], "");
    assert_eq!(refused(vec![Vec::new()]), PackageError::Truncated);
    assert_eq!(refused(vec![b"not compressed".to_vec()]), PackageError::TooLarge);
    let bomb = zstd::bulk::compress(&vec![0; chunk::MAX_CHUNK_BYTES + 1], 1).unwrap();
    assert_eq!(refused(vec![bomb]), PackageError::TooLarge);
    let garbage = zstd::bulk::compress(&[0xff; 9], 1).unwrap();
    assert_eq!(refused(vec![garbage]), PackageError::Truncated);
    assert_eq!(refused(vec![one(), compressed(Vec::new(), "")]), malformed("chunk.rows"));
    assert_eq!(refused(vec![compressed(vec![group(1)], "C-1")]), malformed("chunk.complete_up_to"));
    let unknown = PackageRow { row: None };
    assert_eq!(refused(vec![compressed(vec![unknown], "")]), PackageError::UnknownRow);
    let mut too_many = forged(&label, vec![one()]);
    too_many.chunks.push(one());
    assert_eq!(verify(&too_many), Err(PackageError::TooMany));
}

#[test]
fn rows_of_other_jobs() {
    let customer = of_customer(&base(1));
    for (job, row, kind, text) in [
        (DownloadJob::GlobalConfiguration, group(30), "customer group", "a customer group row"),
        (DownloadJob::ChannelConfiguration, feature(), "feature", "a feature row"),
        (DownloadJob::ChannelConfiguration, customer, "customer", "a customer row"),
        (DownloadJob::Customers, group(30), "customer group", "a customer group row"),
        (DownloadJob::GlobalConfiguration, of_outcome(&outcome(1)), "outcome", "an outcome row"),
    ] {
        let package = forged(&label(job), vec![compressed(vec![row.clone()], "")]);
        let why = verify(&package).unwrap_err();
        assert_eq!(why, PackageError::ForeignRow { kind, job: job.as_str() });
        assert!(why.to_string().starts_with(text), "{why}");
        assert!(build(&label(job), [row]).is_err(), "nor is it written");
    }
    assert!(build(&label(DownloadJob::Customers), [of_customer(&base(1)), group(1)]).is_err());
    let other = configuration(DownloadJob::Customers, Vec::new());
    assert_eq!(other, Err(PackageError::OtherJob("1010".to_owned())));
}

#[test]
fn configuration_that_is_ambiguous_or_has_no_name() {
    let refused = |row: Row| {
        let rows = vec![row.clone(), row];
        configuration(job_of(&rows[0]), rows).unwrap_err()
    };
    let group = |code: &str, name: &str| {
        Row::CustomerGroup(CustomerGroupRow { code: code.to_owned(), name: name.to_owned() })
    };
    assert_eq!(refused(group("30", "Retail")), PackageError::Twice("30".to_owned()));
    assert_eq!(refused(group("", "Retail")), malformed("customer_group.code"));
    assert_eq!(refused(group("30", "Re\0tail")), malformed("customer_group.name"));
    let channels =
        of_channel_configuration(Setup::demo("store-1").channel_configuration("store-1"));
    let channel = channels.into_iter().find_map(|row| row.row).unwrap();
    assert_eq!(refused(channel), PackageError::Twice("HOUSTON".to_owned()));
    assert_eq!(refused(feature().row.unwrap()), PackageError::Twice("f".to_owned()));
}

#[test]
fn full_packages_that_would_delete_what_they_should_not() {
    let row = |number| of_customer(&base(number));
    let refused = |chunks| verify(&forged(&full(), chunks));
    let up_to = |number| customer_id(number).to_string();
    let two = |first: Vec<PackageRow>, complete: &str, second: Vec<PackageRow>| {
        refused(vec![compressed(first, complete), compressed(second, "")])
    };
    assert_eq!(two(vec![row(1), row(2)], &up_to(2), vec![row(3)]), Ok(full()));
    assert_eq!(two(vec![row(2), row(1)], &up_to(1), vec![row(3)]), Err(malformed("chunk.rows")));
    assert_eq!(two(vec![row(1), row(3)], &up_to(3), vec![row(2)]), Err(malformed("chunk.rows")));
    for complete in [String::new(), up_to(1), up_to(3)] {
        let why = Err(malformed("chunk.complete_up_to"));
        assert_eq!(two(vec![row(1), row(2)], &complete, vec![row(4)]), why, "{complete}");
    }
    let all = refused(vec![compressed(vec![row(1)], &up_to(1))]);
    assert_eq!(all, Err(malformed("chunk.complete_up_to")), "what of the rest?");
    let why = PackageError::ForeignRow { kind: "outcome", job: "1010" };
    assert_eq!(refused(vec![compressed(vec![of_outcome(&outcome(1))], "")]), Err(why));
    for rows in [vec![row(2), row(1)], vec![row(1), of_outcome(&outcome(1))]] {
        assert!(build(&full(), rows.clone()).is_err(), "nor is it written");
        assert!(build(&label(DownloadJob::Customers), rows).is_ok(), "a change may have it");
    }
}

#[test]
fn customers_that_come_twice_are_named_by_id_alone() {
    let twice = PackageError::Twice(customer_id(1).to_string());
    assert_eq!(why([of_customer(&base(1)), of_customer(&base(1))]), twice);
    let rows = [of_customer(&base(1)), of_outcome(&outcome(1)), of_customer(&base(1))];
    assert!(build(&label(DownloadJob::Customers), rows).is_err());
    let broken = CustomerRow { id: "C-1".to_owned(), ..CustomerRow::default() };
    assert!(build(&full(), [package_row(Row::Customer(broken))]).is_err());
}

#[test]
fn outcomes_that_are_none() {
    let newer = |field, text: &str| PackageError::UnknownText { field, text: text.to_owned() };
    let status = why_outcome(3, |row| row.status = "ERASED".to_owned());
    assert_eq!(status, newer("status", "ERASED"));
    assert!(status.to_string().ends_with("update the program"), "{status}");
    assert_eq!(why_outcome(3, |row| row.method = "Merge".to_owned()), newer("method", "Merge"));
    let failed = |row: &mut OutcomeRow| {
        row.status = "FAILED".to_owned();
        row.contained_in = 0;
    };
    assert_eq!(why_outcome(0, failed), malformed("outcome.status"), "it would not be remembered");
    assert_eq!(why_outcome(3, |row| row.counter = -1), malformed("outcome.counter"));
    assert_eq!(why_outcome(3, |row| row.version = 0), malformed("outcome.version"));
    for contained_in in [-1, 0] {
        let why = why_outcome(3, |row| row.contained_in = contained_in);
        assert_eq!(why, malformed("outcome.contained_in"));
    }
    let parked = why_outcome(3, |row| row.status = "PARKED".to_owned());
    assert_eq!(parked, malformed("outcome.contained_in"), "it is not in force");
    assert_eq!(why_outcome(3, |row| _ = row.request_hash.pop()), malformed("outcome.request_hash"));
    assert_eq!(why_outcome(3, |row| row.revision_id.clear()), malformed("outcome.revision_id"));
    assert_eq!(why_outcome(3, |row| row.request_id.clear()), malformed("request_id"));
    assert_eq!(why_outcome(3, |row| row.customer_id.clear()), malformed("outcome.customer_id"));
    assert_eq!(why_outcome(3, |row| row.process_time = None), malformed("outcome.process_time"));
    assert_eq!(
        why_outcome(3, |row| row.error_reason.push('\0')),
        malformed("outcome.error_reason")
    );
    assert_eq!(why_outcome(3, |row| row.decision = None), malformed("revision.decision"));
    let nul = why_outcome(3, |row| row.decision.as_mut().unwrap().reason.push('\0'));
    assert_eq!(nul, malformed("outcome.decision.reason"));
    let negative = why_outcome(3, |row| row.decision.as_mut().unwrap().global_configuration = -1);
    assert_eq!(negative, malformed("outcome.decision"));
}
