//! Bases of headquarters, put into a channel database as 1010 will.

use csu::{
    channel::{
        store::{EventKind, Rows, Transaction},
        writer::CustomersChunk,
    },
    domain::{base::Base, known::KnownCustomer, time::Timestamp, write},
    proto::exchange::CustomerRow,
    storage::StoreResult,
    wire,
};

use super::{Headquarters, World};

/// Puts a base under what is known of its customer, and says what is known then.
pub async fn put(
    transaction: &mut dyn Transaction,
    now: Timestamp,
    base: &Base,
) -> StoreResult<KnownCustomer> {
    let id = base.customer.id;
    transaction.lock_customers(&[id]).await?;
    let before = transaction.customers(&[id]).await?.pop();
    let waiting = transaction.waiting_revisions(&[id]).await?;
    let taken = transaction.take_counters(0, 1, now).await?;
    let after = write::rebase(before.clone(), base.clone(), &waiting);
    let mut rows = Rows::default();
    rows.add_base(base, before.as_ref(), &after);
    let kind = EventKind::of(before.is_some(), true);
    rows.add_event(taken.first_event, kind, Some(id), taken.captured_at);
    transaction.insert(&rows).await?;
    Ok(after)
}

impl Headquarters {
    /// The customer that this request wrote, as it is there now.
    pub async fn base_of(&self, request_id: &str) -> Base {
        let performed = self.looked_up(request_id).await.expect("performed");
        base(performed.customer.expect("a customer"))
    }
}

impl World {
    /// Brings a base to the database.
    pub async fn bring(&self, base: &Base) {
        let chunk = CustomersChunk { bases: vec![base.clone()], ..CustomersChunk::default() };
        let changed = self.replica().serving.unit.writer.apply_customers(chunk, None).await;
        assert_eq!(changed.expect("applied"), 1, "it is a newer base");
    }
}

fn base(row: CustomerRow) -> Base {
    wire::base(row).expect("a base")
}
