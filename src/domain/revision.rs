//! Async writes. A revision is everything that one request wrote, with only the fields that differ from what
//! the writer saw; it is uploaded, applied, parked and resolved whole.

use serde::{Deserialize, Serialize};

use crate::domain::{
    customer::Contact,
    field::{AddressField, CustomerField, Patch},
    id::{AddressId, CustomerId, RequestId, RevisionId},
    time::Timestamp,
};

/// Position of a revision in its database: gapless, and in commit order.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Counter(pub i64);

/// One request's async write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    pub counter: Counter,
    pub id: RevisionId,
    pub request_id: RequestId,
    pub customer_id: CustomerId,
    /// Never falls within one database.
    pub captured_at: Timestamp,
    /// Headquarters' version that the writer saw; `None` for a pending customer.
    pub base_version: Option<i64>,
    /// In the order of their ordinals.
    pub changes: Vec<Change>,
}

/// One row of a revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    CreateCustomer {
        fields: Patch<CustomerField>,
    },
    UpdateCustomer {
        fields: Patch<CustomerField>,
    },
    AddContact {
        contact: Contact,
    },
    AddAddress {
        id: AddressId,
        fields: Patch<AddressField>,
        /// Makes it the customer's primary address. Belongs to the address: the customer does not wait for it.
        primary: bool,
    },
}

/// What a revision is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RevisionKey {
    pub counter: Counter,
    pub revision_id: RevisionId,
    pub customer_id: CustomerId,
}

/// What an operation writes, before the writer gives it a counter and a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub request_id: RequestId,
    pub customer_id: CustomerId,
    pub base_version: Option<i64>,
    pub changes: Vec<Change>,
}

impl Draft {
    pub fn captured(self, counter: Counter, captured_at: Timestamp) -> Revision {
        Revision {
            counter,
            id: self.request_id.revision_id(),
            request_id: self.request_id,
            customer_id: self.customer_id,
            captured_at,
            base_version: self.base_version,
            changes: self.changes,
        }
    }
}

impl Change {
    /// The address that this row is about; `None`: the customer with its contacts.
    pub const fn address(&self) -> Option<AddressId> {
        match self {
            Self::AddAddress { id, .. } => Some(*id),
            Self::CreateCustomer { .. } | Self::UpdateCustomer { .. } | Self::AddContact { .. } => {
                None
            }
        }
    }
}
