//! What headquarters concludes of the async revisions that were uploaded to it.

use crate::domain::{
    error::{Error, Result},
    named::named,
    revision::Counter,
    submission::{Submission, Verdict},
    time::Timestamp,
};

named! {
    /// Where a revision stands at headquarters.
    RevisionStatus {
        /// It waits for the batch.
        Received = "RECEIVED",
        /// Its request is performed, by it or by another revision.
        Synchronized = "SYNCHRONIZED",
        /// Somebody has to edit it, or discard it.
        Failed = "FAILED",
        /// An earlier revision of its customer from its origin has failed.
        Parked = "PARKED",
    }
}

/// Why a revision was not performed. The text holds no personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Stable; that of the error on the wire.
    pub reason: &'static str,
    pub text: String,
}

/// What was concluded of a revision, as its batch is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conclusion {
    Synchronized,
    Failed(Failure),
    Parked(Failure),
    /// There was a conclusion before.
    Before,
}

/// What is known of an uploaded revision under the lock of its customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uploaded {
    pub status: RevisionStatus,
    pub received_at: Timestamp,
    /// The last of the earlier revisions of its customer from its origin that are not synchronized.
    pub behind: Option<(Counter, RevisionStatus)>,
}

/// What is to be done with an uploaded revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// There is a conclusion already.
    Nothing,
    Perform(Verdict),
    Fail(Failure),
    Park(Failure),
}

impl Failure {
    /// `None`: it is no business rule, and says nothing of the revision.
    pub fn of(error: &Error) -> Option<Self> {
        let reason = match error {
            Error::RequestIdReused(_) => "REQUEST_ID_REUSED",
            Error::CustomerExists(_) => "CUSTOMER_EXISTS",
            Error::CustomerNotFound { .. } => "CUSTOMER_NOT_FOUND",
            Error::CustomerGroupNotFound { .. } => "CUSTOMER_GROUP_NOT_FOUND",
            _ => return None,
        };
        Some(Self { reason, text: error.to_string() })
    }

    /// Of a revision that waits behind this one.
    pub fn behind(counter: Counter) -> Self {
        let Counter(counter) = counter;
        let text = format!("waits for revision {counter} of the same customer");
        Self { reason: "EARLIER_REVISION_FAILED", text }
    }
}

impl Uploaded {
    /// Decides the step. `verdict`: what its customer and its request say of it.
    ///
    /// # Errors
    /// `StoreConflict`: an earlier one has to come first. What is no business rule, as it came.
    pub fn step(&self, verdict: Result<Verdict>) -> Result<Step> {
        if self.status != RevisionStatus::Received {
            return Ok(Step::Nothing);
        }
        match self.behind {
            Some((_, RevisionStatus::Received)) => Err(Error::StoreConflict),
            Some((counter, _)) => Ok(Step::Park(Failure::behind(counter))),
            None => match verdict {
                Ok(verdict) => Ok(Step::Perform(verdict)),
                Err(error) => Failure::of(&error).map(Step::Fail).ok_or(error),
            },
        }
    }
}

impl Submission {
    /// When it was written: not later than it was received, whatever its unit's clock said.
    pub fn written_at(&self, received_at: Timestamp) -> Timestamp {
        self.capture.map_or(received_at, |capture| capture.at.min(received_at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uploaded(status: RevisionStatus, behind: Option<RevisionStatus>) -> Uploaded {
        let behind = behind.map(|status| (Counter(7), status));
        Uploaded { status, received_at: Timestamp(1), behind }
    }

    #[test]
    fn statuses_come_back() {
        for status in RevisionStatus::ALL {
            assert_eq!(RevisionStatus::parse(status.as_str()), Some(*status));
        }
        assert_eq!(RevisionStatus::parse("received"), None);
    }

    #[test]
    fn what_has_a_conclusion_keeps_it() {
        for status in [RevisionStatus::Synchronized, RevisionStatus::Failed, RevisionStatus::Parked]
        {
            for behind in [None, Some(RevisionStatus::Received), Some(RevisionStatus::Failed)] {
                assert_eq!(uploaded(status, behind).step(Ok(Verdict::Create)), Ok(Step::Nothing));
            }
        }
    }

    #[test]
    fn each_comes_after_the_earlier_ones() {
        let received = |behind| uploaded(RevisionStatus::Received, behind);
        for verdict in
            [Ok(Verdict::Merge), Err(Error::CustomerNotFound { customers_applied_at: None })]
        {
            let waits = received(Some(RevisionStatus::Received)).step(verdict.clone());
            assert_eq!(waits, Err(Error::StoreConflict));
            for status in [RevisionStatus::Failed, RevisionStatus::Parked] {
                let parked = received(Some(status)).step(verdict.clone());
                assert_eq!(parked, Ok(Step::Park(Failure::behind(Counter(7)))));
            }
        }
        assert_eq!(received(None).step(Ok(Verdict::Merge)), Ok(Step::Perform(Verdict::Merge)));
    }

    #[test]
    fn only_business_rules_are_conclusions() {
        let received = uploaded(RevisionStatus::Received, None);
        let error = Error::CustomerGroupNotFound { code: "31".to_owned() };
        let failure = Failure { reason: "CUSTOMER_GROUP_NOT_FOUND", text: error.to_string() };
        assert_eq!(received.step(Err(error)), Ok(Step::Fail(failure)));
        for error in [Error::Internal, Error::Overloaded, Error::StoreConflict] {
            assert_eq!(received.step(Err(error.clone())), Err(error));
        }
    }
}
