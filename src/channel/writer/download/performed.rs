//! Real-time writes of this database whose answers it may not have: a unit that ended between headquarters' commit and
//! its own remembers nothing of them.

use std::collections::{BTreeSet, HashMap};

use crate::{
    channel::store::{Rows, Transaction},
    domain::{
        id::RequestId,
        known::KnownCustomer,
        outcome::PerformedWrite,
        time::Timestamp,
        write::{Answer, REQUEST_RECORDS_KEPT, RequestRecord},
    },
    storage::StoreResult,
};

/// Remembers those that nobody does, with the customer as it is now. The counter row is held: nobody else can be
/// about to.
pub(super) async fn remember(
    transaction: &mut dyn Transaction,
    performed: &[PerformedWrite],
    now: Timestamp,
) -> StoreResult<()> {
    let is_young = |write: &&PerformedWrite| now.since(write.performed_at) < REQUEST_RECORDS_KEPT;
    let young: Vec<_> = performed.iter().filter(is_young).collect();
    if young.is_empty() {
        return Ok(());
    }
    let requests: Vec<_> = young.iter().map(|write| write.request_id).collect();
    let mut remembered: BTreeSet<RequestId> =
        transaction.request_records(&requests).await?.iter().map(|it| it.request_id).collect();
    let customers: Vec<_> = young.iter().map(|write| write.customer_id).collect();
    let known: HashMap<_, _> = transaction
        .customers(&customers)
        .await?
        .into_iter()
        .map(|known| (known.customer.id, known))
        .collect();
    let mut rows = Rows::default();
    for write in young {
        if let Some(record) = known.get(&write.customer_id).and_then(|known| record(write, known))
            && remembered.insert(write.request_id)
        {
            rows.add_record(&record, write.performed_at);
        }
    }
    transaction.insert(&rows).await
}

/// `None`: the customer here does not have what it wrote, or a newer program has decided its way.
fn record(write: &PerformedWrite, known: &KnownCustomer) -> Option<RequestRecord> {
    if known.version < Some(write.version) {
        return None;
    }
    let PerformedWrite { request_id, request_hash, method, ref decision, .. } = *write;
    let answer = Answer::of_performed(request_id, method, decision, known.clone())?;
    Some(RequestRecord { request_id, request_hash, answer })
}
