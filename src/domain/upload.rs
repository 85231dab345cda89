//! What headquarters takes of an upload: revisions of one origin, in the order of their counters and without a gap.

use crate::domain::{
    error::{Error, FieldReason, Result, Violation},
    id::RevisionId,
    revision::Counter,
    submission::{Capture, Submission},
};

/// Most revisions of one upload.
pub const MOST_REVISIONS: u16 = 1_000;

/// How far headquarters is with an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// 0: there is no revision of it.
    pub last_counter: Counter,
    pub last_revision_id: Option<RevisionId>,
}

impl Position {
    /// The position after these revisions.
    #[must_use]
    pub fn after(self, received: &[Submission]) -> Self {
        let last = received.last().and_then(|last| last.capture);
        last.map_or(self, |last| Self {
            last_counter: last.counter,
            last_revision_id: Some(last.revision_id),
        })
    }
}

/// Checks what can be checked of an upload alone.
///
/// # Errors
/// `InvalidFields`.
pub fn check(submissions: &[Submission]) -> Result<()> {
    let invalid = |field: &str, text: String| {
        Err(Error::InvalidFields(vec![Violation::new(field, FieldReason::OutOfRange, text)]))
    };
    if submissions.len() > MOST_REVISIONS.into() {
        return invalid("revisions", format!("at most {MOST_REVISIONS} at once"));
    }
    if !captures(submissions).is_sorted_by_key(|capture| capture.at) {
        return invalid("revisions.capture_time", "falls from one revision to the next".to_owned());
    }
    Ok(())
}

/// Those of an upload that headquarters does not have. `known`: ids of the revisions that it has, by counter, from
/// the first one of the upload on.
///
/// # Errors
/// `UploadGap`, `OriginDiverged`.
pub fn fresh<'a>(
    position: Position,
    known: &[(Counter, RevisionId)],
    submissions: &'a [Submission],
) -> Result<&'a [Submission]> {
    let Counter(last) = position.last_counter;
    let gap = Error::UploadGap { expected: last + 1 };
    let Some(first) = captures(submissions).next() else { return Ok(submissions) };
    let Counter(first) = first.counter;
    let follows = |(counter, capture): (i64, Capture)| Counter(counter) == capture.counter;
    let all_captured = captures(submissions).count() == submissions.len();
    if !all_captured || first > last + 1 || !(first..).zip(captures(submissions)).all(follows) {
        return Err(gap);
    }
    for repeated in captures(submissions).take_while(|it| it.counter <= position.last_counter) {
        let place = known.binary_search_by_key(&repeated.counter, |(counter, _)| *counter);
        let stored = place.ok().and_then(|place| known.get(place));
        if stored.is_none_or(|(_, id)| *id != repeated.revision_id) {
            return Err(Error::OriginDiverged { counter: repeated.counter.0 });
        }
    }
    let fresh = submissions.iter().skip_while(|submission| {
        submission.capture.is_some_and(|capture| capture.counter <= position.last_counter)
    });
    Ok(&submissions[submissions.len() - fresh.count()..])
}

fn captures(submissions: &[Submission]) -> impl Iterator<Item = Capture> {
    submissions.iter().filter_map(|submission| submission.capture)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use uuid::Uuid;

    use super::*;
    use crate::domain::{
        configuration::ConfigurationVersion,
        id::{CustomerId, RequestId},
        origin::Origin,
        revision::Draft,
        submission::Decision,
        time::Timestamp,
        write::Method,
    };

    fn id(counter: i64) -> RevisionId {
        RevisionId(Uuid::from_u128(u128::from(counter.unsigned_abs())))
    }

    fn submission(counter: i64, at: i64) -> Submission {
        Submission {
            origin: Origin { database_id: Uuid::nil(), incarnation: 1 },
            draft: Draft {
                request_id: RequestId(Uuid::nil()),
                customer_id: CustomerId(Uuid::nil()),
                base_version: None,
                changes: Vec::new(),
            },
            method: Method::UpdateCustomer,
            request_hash: [0; 32],
            channel: "SEATTLE".to_owned(),
            caller: "anonymous".to_owned(),
            decision: Decision {
                reason: "ASYNC_EDIT".to_owned(),
                configuration_version: ConfigurationVersion::default(),
                configuration_age: Duration::ZERO,
            },
            require_unchanged: false,
            capture: Some(Capture {
                revision_id: id(counter),
                counter: Counter(counter),
                at: Timestamp(at),
            }),
        }
    }

    /// Counters of those that are new at a headquarters that has all up to `last`.
    fn taken(last: i64, counters: &[i64]) -> Result<Vec<i64>> {
        let known: Vec<_> = (1..=last).map(|counter| (Counter(counter), id(counter))).collect();
        let position = Position { last_counter: Counter(last), last_revision_id: None };
        let all: Vec<_> = counters.iter().map(|counter| submission(*counter, 0)).collect();
        let fresh = fresh(position, &known, &all)?;
        Ok(captures(fresh).map(|capture| capture.counter.0).collect())
    }

    #[test]
    fn what_is_there_is_passed_over() {
        assert_eq!(taken(0, &[]), Ok(vec![]));
        assert_eq!(taken(0, &[1, 2]), Ok(vec![1, 2]));
        assert_eq!(taken(2, &[1, 2]), Ok(vec![]));
        assert_eq!(taken(2, &[2, 3, 4]), Ok(vec![3, 4]));
        assert_eq!(taken(2, &[3]), Ok(vec![3]));
    }

    #[test]
    fn nothing_is_taken_beyond_a_gap() {
        for (last, counters, expected) in
            [(0, &[2][..], 1), (2, &[4, 5], 3), (2, &[3, 5], 3), (2, &[2, 2], 3), (2, &[4, 3], 3)]
        {
            assert_eq!(taken(last, counters), Err(Error::UploadGap { expected }), "{counters:?}");
        }
    }

    #[test]
    fn another_revision_under_a_counter_is_another_life() {
        let position = Position { last_counter: Counter(2), last_revision_id: Some(id(2)) };
        let all = [submission(1, 0), submission(2, 0), submission(3, 0)];
        for known in [vec![(Counter(1), id(1)), (Counter(2), id(9))], vec![(Counter(1), id(1))]] {
            let refused = fresh(position, &known, &all);
            assert_eq!(refused, Err(Error::OriginDiverged { counter: 2 }));
        }
    }

    #[test]
    fn an_upload_is_small_and_its_times_do_not_fall() {
        let field = |submissions: &[Submission]| match check(submissions) {
            Err(Error::InvalidFields(violations)) => violations[0].field.clone(),
            other => format!("{other:?}"),
        };
        assert_eq!(check(&[]), Ok(()));
        assert_eq!(check(&[submission(1, 5), submission(2, 5), submission(3, 6)]), Ok(()));
        assert_eq!(field(&[submission(1, 5), submission(2, 4)]), "revisions.capture_time");
        assert_eq!(check(&vec![submission(1, 5); MOST_REVISIONS.into()]), Ok(()));
        assert_eq!(field(&vec![submission(1, 5); usize::from(MOST_REVISIONS) + 1]), "revisions");
    }

    #[test]
    fn a_position_moves_to_the_last_that_was_taken() {
        let start = Position::default();
        assert_eq!(start.after(&[]), start);
        let moved = start.after(&[submission(1, 0), submission(2, 0)]);
        let expected = Position { last_counter: Counter(2), last_revision_id: Some(id(2)) };
        assert_eq!(moved, expected);
    }
}
