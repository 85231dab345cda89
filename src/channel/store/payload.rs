//! JSON payloads of stored rows, and back.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    channel::store::{IdRange, Identity, SearchPosition, Taken},
    domain::{
        base::Base,
        customer::{Address, Customer},
        id::{AddressId, CustomerId, RequestId, RevisionId},
        known::KnownCustomer,
        origin::Origin,
        outcome::OutcomeStatus,
        revision::{Counter, RevisionKey},
        sync::{self, SyncProgress, WaitingRevision},
        time::Timestamp,
        write::RequestRecord,
    },
    storage::{StoreError, StoreResult, bytes_32, parse, to_text},
};

/// A customer as the load statement of either engine returns it.
pub(super) struct CustomerRow {
    pub id: uuid::Uuid,
    pub version: Option<i64>,
    /// Customer without addresses.
    pub payload: String,
    /// Array of [`AddressItem`].
    pub addresses: String,
    /// Array of [`RevisionItem`].
    pub waiting: String,
}

#[derive(Deserialize)]
struct AddressItem {
    synced: i64,
    address: Address,
}

#[derive(Deserialize)]
struct RevisionItem {
    counter: Counter,
    touches: Touches,
    captured_at: Timestamp,
    uploaded_at: Option<Timestamp>,
    processed_at: Option<Timestamp>,
    error_reason: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Touches {
    customer: bool,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    addresses: Vec<AddressId>,
}

/// The customer without its addresses, which are rows of their own.
pub(super) fn customer(customer: &Customer) -> String {
    let mut bare = customer.clone();
    bare.addresses.clear();
    to_text(&bare)
}

/// The entities of a revision.
pub(super) fn touches(revision: &WaitingRevision) -> String {
    to_text(&Touches { customer: revision.customer, addresses: revision.addresses.clone() })
}

/// A row of `request_record`.
pub(super) fn record((id, hash, answer): (Uuid, Vec<u8>, String)) -> StoreResult<RequestRecord> {
    Ok(RequestRecord {
        request_id: RequestId(id),
        request_hash: bytes_32("request_record", "request_hash", id, hash)?,
        answer: parse("request_record", "answer", id, &answer)?,
    })
}

/// A row of `customer` with the bases of its addresses.
pub(super) fn base(
    (id, version, base, addresses): (Uuid, i64, String, String),
) -> StoreResult<Base> {
    let mut customer: Customer = parse("customer", "base", id, &base)?;
    customer.addresses = parse("address", "base", id, &addresses)?;
    customer.addresses.sort_by_key(|address| (address.created_at, address.id));
    Ok(Base { customer, version })
}

/// Counter, id and customer of a revision.
pub(super) fn revision_key((counter, id, customer): (i64, Uuid, Uuid)) -> RevisionKey {
    RevisionKey {
        counter: Counter(counter),
        revision_id: RevisionId(id),
        customer_id: CustomerId(customer),
    }
}

/// What is known of the outcome of a row of `revision`.
pub(super) fn outcome(
    (counter, status, version): (i64, String, i64),
) -> StoreResult<(Counter, OutcomeStatus, i64)> {
    let status = OutcomeStatus::parse(&status).ok_or_else(|| {
        StoreError::inconsistent("revision", "outcome", counter, "it is none that is known")
    })?;
    Ok((Counter(counter), status, version))
}

/// The ends of a range as the statements take them: the first is not in it. No customer has the id of only zeros.
pub(super) fn ends(range: &IdRange) -> (Uuid, Uuid) {
    (range.above.map_or(Uuid::nil(), |id| id.0), range.up_to.map_or(Uuid::max(), |id| id.0))
}

/// The row of `origin`.
pub(super) fn identity(
    (database_id, database_name, incarnation, hash_key): (Uuid, String, i64, Option<Vec<u8>>),
) -> StoreResult<Identity> {
    let request_hash_key =
        hash_key.map(|bytes| bytes_32("origin", "request_hash_key", 1, bytes)).transpose()?;
    let origin = Origin { database_id, incarnation };
    Ok(Identity { origin, database_name, request_hash_key })
}

/// What was taken, given the counters after it.
pub(super) fn taken(
    (revision, event, captured_at): (i64, i64, i64),
    revisions: u32,
    events: u32,
) -> Taken {
    Taken {
        first_revision: Counter(revision - i64::from(revisions) + 1),
        first_event: Counter(event - i64::from(events) + 1),
        captured_at: Timestamp(captured_at),
    }
}

impl From<(Uuid, Option<i64>, String, String, String)> for CustomerRow {
    fn from(
        (id, version, payload, addresses, waiting): (Uuid, Option<i64>, String, String, String),
    ) -> Self {
        Self { id, version, payload, addresses, waiting }
    }
}

impl From<(String, Uuid)> for SearchPosition {
    fn from((term, id): (String, Uuid)) -> Self {
        Self { term, customer_id: CustomerId(id) }
    }
}

impl TryFrom<CustomerRow> for KnownCustomer {
    type Error = StoreError;

    fn try_from(row: CustomerRow) -> StoreResult<Self> {
        let id = CustomerId(row.id);
        let mut customer: Customer = parse("customer", "view", id, &row.payload)?;
        let items: Vec<AddressItem> = parse("address", "view", id, &row.addresses)?;
        let synced_addresses =
            items.iter().filter(|item| item.synced != 0).map(|item| item.address.id).collect();
        customer.addresses = items.into_iter().map(|item| item.address).collect();
        customer.addresses.sort_by_key(|address| (address.created_at, address.id));
        let items: Vec<RevisionItem> = parse("revision", "touches", id, &row.waiting)?;
        let mut waiting: Vec<_> = items.into_iter().map(WaitingRevision::from).collect();
        sync::keep_oldest(&mut waiting);
        Ok(Self { customer, version: row.version, waiting, synced_addresses })
    }
}

impl From<RevisionItem> for WaitingRevision {
    fn from(item: RevisionItem) -> Self {
        Self {
            counter: item.counter,
            customer: item.touches.customer,
            addresses: item.touches.addresses,
            progress: SyncProgress {
                captured_at: item.captured_at,
                uploaded_at: item.uploaded_at,
                processed_at: item.processed_at,
                error_reason: item.error_reason,
            },
        }
    }
}
