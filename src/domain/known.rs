//! A customer as a channel database knows it.

use serde::{Deserialize, Serialize};

use crate::domain::{
    customer::Customer,
    id::AddressId,
    routing::Standing,
    sync::{self, Entity, SyncProgress, WaitingRevision},
};

/// The view, with what tells how far its writes have come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownCustomer {
    pub customer: Customer,
    /// Headquarters' version of the base; `None` while headquarters has not sent one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub version: Option<i64>,
    /// The oldest revisions without outcome of the customer and of each address, in counter order.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub waiting: Vec<WaitingRevision>,
    /// Addresses that headquarters has sent.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub synced_addresses: Vec<AddressId>,
}

impl KnownCustomer {
    pub fn progress(&self, entity: Entity) -> Option<&SyncProgress> {
        sync::progress(&self.waiting, entity)
    }

    pub fn edits_waiting(&self, entity: Entity) -> bool {
        self.waiting.iter().any(|revision| revision.concerns(entity))
    }

    /// Pending until its number is here.
    pub fn standing(&self) -> Standing {
        if self.customer.account_number.is_some() { Standing::Synced } else { Standing::Pending }
    }

    /// `None`: there is no such address.
    pub fn address_standing(&self, id: AddressId) -> Option<Standing> {
        self.customer.addresses.iter().find(|address| address.id == id)?;
        Some(if self.synced_addresses.contains(&id) { Standing::Synced } else { Standing::Pending })
    }
}
