//! How far async writes have come, as shown on a customer and on each of its addresses.

use serde::{Deserialize, Serialize};

use crate::domain::{id::AddressId, revision::Counter, time::Timestamp};

/// The stage of one write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SyncState {
    Synced,
    /// Waits in the channel for P-0001.
    PendingUpload,
    /// Headquarters has the rows.
    PendingProcessing,
    /// Headquarters is done; 1010 has not come.
    PendingDownload,
    /// Headquarters refused it.
    Failed,
}

/// A revision without outcome here, as far as states need it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingRevision {
    pub counter: Counter,
    /// Whether it changes the customer with its contacts.
    pub customer: bool,
    /// The addresses that it changes.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub addresses: Vec<AddressId>,
    #[serde(flatten)]
    pub progress: SyncProgress,
}

/// The steps that a write has taken.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SyncProgress {
    pub captured_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub uploaded_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub processed_at: Option<Timestamp>,
    /// Reason at headquarters; `Some` makes it failed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error_reason: Option<String>,
}

/// What a state is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entity {
    /// The customer with contacts, affiliations and attributes.
    Customer,
    Address(AddressId),
}

impl SyncProgress {
    pub fn state(&self) -> SyncState {
        if self.error_reason.is_some() {
            SyncState::Failed
        } else if self.processed_at.is_some() {
            SyncState::PendingDownload
        } else if self.uploaded_at.is_some() {
            SyncState::PendingProcessing
        } else {
            SyncState::PendingUpload
        }
    }
}

impl WaitingRevision {
    pub fn concerns(&self, entity: Entity) -> bool {
        match entity {
            Entity::Customer => self.customer,
            Entity::Address(id) => self.addresses.contains(&id),
        }
    }
}

/// Keeps the revisions that are the oldest of an entity, in counter order: the others change no state, and a
/// customer who is edited often while headquarters is away must not become ever heavier.
pub fn keep_oldest(waiting: &mut Vec<WaitingRevision>) {
    waiting.sort_by_key(|revision| revision.counter);
    let mut customer = false;
    let mut addresses = std::collections::HashSet::new();
    waiting.retain(|revision| {
        let mut oldest = revision.customer && !std::mem::replace(&mut customer, true);
        for address in &revision.addresses {
            oldest |= addresses.insert(*address);
        }
        oldest
    });
}

/// Progress of the oldest waiting revision of the entity; `None`: synced.
pub fn progress(waiting: &[WaitingRevision], entity: Entity) -> Option<&SyncProgress> {
    waiting
        .iter()
        .filter(|revision| revision.concerns(entity))
        .min_by_key(|revision| revision.counter)
        .map(|revision| &revision.progress)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::request;

    #[test]
    fn a_write_goes_from_the_channel_to_headquarters_and_back() {
        let mut progress = SyncProgress { captured_at: Timestamp(1), ..SyncProgress::default() };
        assert_eq!(progress.state(), SyncState::PendingUpload);
        progress.uploaded_at = Some(Timestamp(2));
        assert_eq!(progress.state(), SyncState::PendingProcessing);
        progress.processed_at = Some(Timestamp(3));
        assert_eq!(progress.state(), SyncState::PendingDownload);
        progress.error_reason = Some("CUSTOMER_GROUP_NOT_FOUND".to_owned());
        assert_eq!(progress.state(), SyncState::Failed, "an error is shown wherever it came");
    }

    #[test]
    fn the_oldest_unresolved_write_of_the_entity_decides() {
        let (home, office) = (request(1).address_id(0), request(1).address_id(1));
        let waiting = |counter, customer, address: Option<AddressId>| WaitingRevision {
            counter: Counter(counter),
            customer,
            addresses: address.into_iter().collect(),
            progress: SyncProgress { captured_at: Timestamp(counter), ..SyncProgress::default() },
        };
        // In no order, as the order of rows is no promise.
        let waiting =
            [waiting(8, true, None), waiting(5, true, Some(home)), waiting(3, false, Some(home))];
        let oldest =
            |entity| progress(&waiting, entity).map(|progress| progress.captured_at.millis());
        assert_eq!(oldest(Entity::Customer), Some(5));
        assert_eq!(oldest(Entity::Address(home)), Some(3));
        assert_eq!(oldest(Entity::Address(office)), None);
        assert_eq!(progress(&[], Entity::Customer), None);
    }
}
