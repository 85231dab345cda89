//! A write as headquarters receives it, in real time or uploaded, and whether it may be performed.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::{
    configuration::ConfigurationVersion,
    error::{Error, Result},
    field::CustomerField,
    id::{CustomerId, RevisionId},
    limits::MAX_ADDRESSES,
    merge::Record,
    origin::Origin,
    revision::{Change, Counter, Draft, Revision},
    time::Timestamp,
    write::{Method, RequestHash},
};

/// A revision with where it comes from and why it took its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    pub origin: Origin,
    pub draft: Draft,
    pub method: Method,
    pub request_hash: RequestHash,
    pub channel: String,
    /// On whose behalf, in terms that are not personal data.
    pub caller: String,
    pub decision: Decision,
    /// Real-time: the fields must be what they were at the base version.
    pub require_unchanged: bool,
    /// `None`: a real-time write.
    pub capture: Option<Capture>,
}

/// An async write with all that its unit sends of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapturedRevision {
    pub revision: Revision,
    pub request_hash: RequestHash,
    pub channel: String,
    pub caller: String,
    pub decision: Decision,
}

/// Where and when an async write was captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capture {
    pub revision_id: RevisionId,
    pub counter: Counter,
    pub at: Timestamp,
}

/// What decided the way of a write, as its unit says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    pub reason: String,
    pub configuration_version: ConfigurationVersion,
    pub configuration_age: Duration,
}

/// Headquarters' memory of a performed write, kept 400 days whichever way it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PerformedRequest {
    pub request_hash: RequestHash,
    pub method: Method,
    pub customer_id: CustomerId,
    pub decision: Decision,
}

/// What becomes of a submission, given what is known under its locks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It was performed before: whoever asks gets the customer as it is.
    Performed,
    Create,
    Merge,
}

impl Submission {
    /// Decides what becomes of it. `memory` is that of its request id, `record` its customer. The memory comes
    /// first: what has been performed is performed, whatever has changed since.
    ///
    /// # Errors
    /// `RequestIdReused`, `CustomerExists`, `CustomerNotFound`, `EtagMismatch`, `AddressLimit`.
    pub fn judge(
        &self,
        memory: Option<&PerformedRequest>,
        record: Option<&Record>,
    ) -> Result<Verdict> {
        let draft = &self.draft;
        if let Some(memory) = memory {
            return if memory.request_hash == self.request_hash {
                Ok(Verdict::Performed)
            } else {
                Err(Error::RequestIdReused(draft.request_id))
            };
        }
        let creates = matches!(draft.changes.first(), Some(Change::CreateCustomer { .. }));
        match (creates, record) {
            (true, None) => Ok(Verdict::Create),
            // Its memory has been pruned.
            (true, Some(record)) if record.base.customer.created_by == draft.request_id => {
                Ok(Verdict::Performed)
            }
            (true, Some(_)) => Err(Error::CustomerExists(draft.customer_id)),
            (false, None) => Err(Error::CustomerNotFound { customers_applied_at: None }),
            (false, Some(record)) => self.check_against(record).map(|()| Verdict::Merge),
        }
    }

    fn check_against(&self, record: &Record) -> Result<()> {
        let base = self.draft.base_version.unwrap_or(0);
        let changed = self.draft.changes.iter().any(|change| match change {
            Change::UpdateCustomer { fields } => record.changed_since(base, fields),
            _ => false,
        });
        if self.require_unchanged && changed {
            return Err(Error::EtagMismatch);
        }
        let addresses = &record.base.customer.addresses;
        let new = self.draft.changes.iter().filter_map(Change::address);
        let new = new.filter(|id| addresses.iter().all(|known| known.id != *id)).count();
        // Rules across rows never fail a write that was acknowledged: the unit has checked them by what it saw.
        if self.capture.is_none() && addresses.len() + new > MAX_ADDRESSES {
            return Err(Error::AddressLimit { limit: MAX_ADDRESSES });
        }
        Ok(())
    }

    /// Its revision's id: that of an async write is its unit's choice.
    pub fn revision_id(&self) -> RevisionId {
        self.capture.map_or_else(|| self.draft.request_id.revision_id(), |it| it.revision_id)
    }

    /// The customer group that it sets, which headquarters has to have.
    pub fn customer_group(&self) -> Option<&str> {
        self.draft.changes.iter().find_map(|change| match change {
            Change::CreateCustomer { fields } | Change::UpdateCustomer { fields } => {
                fields.get(CustomerField::CustomerGroup).filter(|code| !code.is_empty())
            }
            Change::AddContact { .. } | Change::AddAddress { .. } => None,
        })
    }
}
