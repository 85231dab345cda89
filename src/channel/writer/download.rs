//! Takes over what 1010 brings: bases, and outcomes of this database's own revisions. Between chunks the writer's other
//! work gets its turn, and repeating one is harmless.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    channel::store::{Applied, Rows, SharedStore, Transaction},
    domain::{
        base::Base,
        id::CustomerId,
        known::KnownCustomer,
        outcome::{self, Outcome, OutcomeStatus, Settled},
        revision::{Counter, Revision},
        time::Timestamp,
    },
    storage::{StoreError, StoreResult},
};

/// Some of what 1010 brings. A customer is never split.
#[derive(Debug, Clone, Default)]
pub struct CustomersChunk {
    pub bases: Vec<Base>,
    pub outcomes: Vec<Outcome>,
    /// With the last chunk: the version that the database has now.
    pub applied: Option<Applied>,
}

/// What the customers of a chunk were under its locks.
struct State {
    known: HashMap<CustomerId, KnownCustomer>,
    bases: HashMap<CustomerId, Base>,
    waiting: HashMap<CustomerId, Vec<Revision>>,
    outcomes: BTreeMap<Counter, (OutcomeStatus, i64)>,
}

/// Applies a chunk in one transaction; says how many customers it has changed.
pub(super) async fn apply(
    store: &SharedStore,
    now: Timestamp,
    chunk: &CustomersChunk,
) -> StoreResult<usize> {
    let mut transaction = store.begin().await?;
    let customers = lock(&mut *transaction, chunk).await?;
    transaction.put_outcomes(&chunk.outcomes, now).await?;
    let mut state = State::read(&mut *transaction, &customers).await?;
    let mut incoming: HashMap<_, _> =
        chunk.bases.iter().map(|base| (base.customer.id, base.clone())).collect();

    let settled: Vec<_> = customers
        .iter()
        .filter_map(|id| {
            let incoming = incoming.remove(id);
            Some((*id, state.settle(*id, incoming)?))
        })
        .collect();
    let events = u32::try_from(settled.len()).unwrap_or(u32::MAX);
    let taken = transaction.take_counters(0, events, now).await?;
    let mut rows = Rows::default();
    for ((id, settled), event) in settled.iter().zip(taken.first_event.0..) {
        let before = state.known.remove(id);
        put(&mut rows, before.as_ref(), settled, Counter(event), now)?;
    }
    transaction.insert(&rows).await?;
    if let Some(applied) = chunk.applied {
        transaction.set_customers_applied(applied).await?;
    }
    transaction.commit().await?;
    Ok(settled.len())
}

/// Headquarters has all revisions up to this one.
pub(super) async fn mark_uploaded(
    store: &SharedStore,
    up_to: Counter,
    now: Timestamp,
) -> StoreResult<()> {
    let mut transaction = store.begin().await?;
    transaction.mark_uploaded(up_to, now).await?;
    transaction.commit().await
}

/// Locks the customers that the chunk is about, sorted.
async fn lock(
    transaction: &mut dyn Transaction,
    chunk: &CustomersChunk,
) -> StoreResult<Vec<CustomerId>> {
    let counters: Vec<_> = chunk.outcomes.iter().map(|outcome| outcome.counter).collect();
    let of_outcomes = transaction.revision_customers(&counters).await?;
    if of_outcomes.len() != counters.iter().collect::<BTreeSet<_>>().len() {
        let text = "1010 brings the outcome of a revision that this database does not have";
        return Err(StoreError::Refused(text.to_owned()));
    }
    let of_outcomes = of_outcomes.into_iter().map(|(_, customer)| customer);
    let of_bases = chunk.bases.iter().map(|base| base.customer.id);
    let customers: Vec<_> =
        of_bases.chain(of_outcomes).collect::<BTreeSet<_>>().into_iter().collect();
    transaction.lock_customers(&customers).await?;
    Ok(customers)
}

fn put(
    rows: &mut Rows,
    before: Option<&KnownCustomer>,
    settled: &Settled,
    event: Counter,
    now: Timestamp,
) -> StoreResult<()> {
    let (Some(base), Some(view)) = (&settled.base, &settled.view) else {
        // A customer that was never anywhere else goes only when its create is discarded.
        return Err(StoreError::Refused("nothing would be left of a customer".to_owned()));
    };
    let after = KnownCustomer {
        customer: view.clone(),
        version: Some(base.version),
        waiting: Vec::new(),
        synced_addresses: base.customer.addresses.iter().map(|address| address.id).collect(),
    };
    match before {
        Some(before) if before.version == Some(base.version) => {
            rows.add_view(base, before, &after, event, now);
        }
        _ => rows.add_base(base, before, &after, event, now),
    }
    rows.add_resolved(settled, now);
    Ok(())
}

// === impl State ===

impl State {
    /// In statements after the locks, so that they see what their previous holders wrote.
    async fn read(
        transaction: &mut dyn Transaction,
        customers: &[CustomerId],
    ) -> StoreResult<Self> {
        let by_id = |known: KnownCustomer| (known.customer.id, known);
        let known = transaction.customers(customers).await?.into_iter().map(by_id).collect();
        let bases = transaction.bases(customers).await?;
        let mut waiting = HashMap::<_, Vec<_>>::new();
        for revision in transaction.waiting_revisions(customers).await? {
            waiting.entry(revision.customer_id).or_default().push(revision);
        }
        let outcomes = transaction.outcomes(customers).await?;
        Ok(Self {
            known,
            bases: bases.into_iter().map(|base| (base.customer.id, base)).collect(),
            waiting,
            outcomes: outcomes.into_iter().map(|(it, status, at)| (it, (status, at))).collect(),
        })
    }

    /// What becomes of a customer; `None`: nothing changes but, perhaps, a state.
    fn settle(&mut self, id: CustomerId, incoming: Option<Base>) -> Option<Settled> {
        let base = self.bases.remove(&id);
        let waiting = self.waiting.remove(&id).unwrap_or_default();
        let before = base.as_ref().map(|base| base.version);
        let settled = outcome::settle(base, incoming, &waiting, &self.outcomes);
        let changes = !settled.resolved.is_empty()
            || settled.base.as_ref().map(|base| base.version) != before;
        changes.then_some(settled)
    }
}
