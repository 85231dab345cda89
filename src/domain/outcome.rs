//! What became of revisions at headquarters, and what that and a new base make of a customer here.

use std::collections::BTreeMap;

use crate::domain::{
    base::Base,
    customer::Customer,
    id::{CustomerId, RequestId, RevisionId},
    named::named,
    revision::{Counter, Revision},
    submission::Decision,
    time::Timestamp,
    view,
    write::{Method, RequestHash},
};

named! {
    /// What headquarters says of a revision.
    OutcomeStatus {
        /// It is in force.
        Synchronized = "SYNCHRONIZED",
        /// Later values of others are in force where it differs.
        Superseded = "SUPERSEDED",
        /// Somebody has to edit it, or discard it.
        Failed = "FAILED",
        /// An earlier revision of its customer has failed.
        Parked = "PARKED",
        /// It never will be in force.
        Discarded = "DISCARDED",
    }
}

/// Headquarters' word on one revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub counter: Counter,
    /// What headquarters has under the counter. A database that was cloned or restored has another revision there.
    pub revision_id: RevisionId,
    pub status: OutcomeStatus,
    /// Headquarters' change counter of this word: a later one replaces an earlier.
    pub change: i64,
    /// Whoever has this version of the customer has what it wrote; 0 where it is not in force.
    pub version: i64,
    /// Why it failed or is parked.
    pub error_reason: Option<String>,
}

/// A real-time write that headquarters has performed for this database, which may not know: its answer was lost, or
/// the unit died before it could keep it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PerformedWrite {
    pub request_id: RequestId,
    pub request_hash: RequestHash,
    pub method: Method,
    pub customer_id: CustomerId,
    pub decision: Decision,
    /// Whoever has this version of the customer has what it wrote.
    pub version: i64,
    pub performed_at: Timestamp,
}

/// A customer after headquarters' word was taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    pub base: Option<Base>,
    /// The base with what still waits laid over it; `None`: nothing is left of the customer.
    pub view: Option<Customer>,
    /// Revisions that wait no longer.
    pub resolved: Vec<Counter>,
    /// Those of them that headquarters has performed.
    pub completed: Vec<Counter>,
}

impl OutcomeStatus {
    /// Whether a revision stops waiting once the base contains it. A discarded one does at once.
    const fn is_final(self) -> bool {
        matches!(self, Self::Synchronized | Self::Superseded | Self::Discarded)
    }
}

/// Takes headquarters' word over: `incoming` replaces `base` only by a higher version, and a revision stops waiting
/// when its outcome is known *and* the base contains it, and those before it wait no longer. So neither order of
/// arrival hides a local edit or shows an older value, not even for a moment. `waiting`: all revisions without outcome
/// in force, in the order of their counters.
pub fn settle(
    base: Option<Base>,
    incoming: Option<Base>,
    waiting: &[Revision],
    outcomes: &BTreeMap<Counter, (OutcomeStatus, i64)>,
) -> Settled {
    let version = |base: &Option<Base>| base.as_ref().map_or(0, |base| base.version);
    let base = if version(&incoming) > version(&base) { incoming } else { base };
    let here = version(&base);
    // In their order: without an earlier one that the base contains too, a later one would be laid under it.
    let mut one_is_left = false;
    let is_resolved = |revision: &&Revision| match outcomes.get(&revision.counter) {
        Some((OutcomeStatus::Discarded, _)) => true,
        Some((status, version)) if status.is_final() && *version <= here => !one_is_left,
        _ => {
            one_is_left = true;
            false
        }
    };
    let (gone, left): (Vec<_>, Vec<_>) = waiting.iter().partition(is_resolved);
    let performed = |revision: &&&Revision| {
        let status = outcomes.get(&revision.counter).map(|(status, _)| *status);
        status != Some(OutcomeStatus::Discarded)
    };
    Settled {
        view: view::fold_all(base.as_ref().map(|base| base.customer.clone()), left),
        base,
        completed: gone.iter().filter(performed).map(|revision| revision.counter).collect(),
        resolved: gone.iter().map(|revision| revision.counter).collect(),
    }
}

#[cfg(test)]
#[path = "outcome_tests.rs"]
mod tests;
