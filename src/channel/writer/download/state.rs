//! What a chunk makes of the customers that it is about.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    channel::store::{EventKind, Rows, Transaction},
    domain::{
        base::Base,
        id::CustomerId,
        known::KnownCustomer,
        outcome::{self, OutcomeStatus, Settled},
        revision::{Counter, Revision},
        time::Timestamp,
    },
    storage::{StoreError, StoreResult},
};

/// What the customers of a chunk were under its locks.
pub(super) struct State {
    known: HashMap<CustomerId, KnownCustomer>,
    bases: HashMap<CustomerId, Base>,
    waiting: HashMap<CustomerId, Vec<Revision>>,
    outcomes: BTreeMap<Counter, (OutcomeStatus, i64)>,
}

/// What becomes of a customer.
pub(super) struct Change {
    pub(super) id: CustomerId,
    before: Option<KnownCustomer>,
    settled: Settled,
}

impl State {
    /// In statements after the locks, so that they see what their previous holders wrote.
    pub(super) async fn read(
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

    pub(super) fn has_others_than(&self, locked: &[CustomerId]) -> bool {
        let locked: BTreeSet<_> = locked.iter().collect();
        self.known.keys().any(|id| !locked.contains(id))
    }

    /// What changes by the bases, and by the outcomes that were there or have come.
    pub(super) fn settle(&mut self, customers: &[CustomerId], incoming: &[Base]) -> Vec<Change> {
        let mut incoming: HashMap<_, _> =
            incoming.iter().map(|base| (base.customer.id, base)).collect();
        let settled = customers.iter().filter_map(|id| {
            let settled = self.settle_one(*id, incoming.remove(id).cloned())?;
            Some(Change { id: *id, before: self.known.remove(id), settled })
        });
        settled.collect()
    }

    /// `None`: nothing changes but, perhaps, a state.
    fn settle_one(&self, id: CustomerId, incoming: Option<Base>) -> Option<Settled> {
        let base = self.bases.get(&id);
        let waiting = self.waiting.get(&id).map(Vec::as_slice).unwrap_or_default();
        let mut settled = outcome::settle(base.cloned(), incoming, waiting, &self.outcomes);
        let changes = !settled.resolved.is_empty()
            || settled.base.as_ref().map(|base| base.version) != base.map(|base| base.version);
        if settled.view.is_none() {
            // Its create is discarded, and what came after it has nothing left to change.
            settled.resolved = waiting.iter().map(|revision| revision.counter).collect();
        }
        changes.then_some(settled)
    }

    /// The removal of those that a full package of this version does not have. Whoever waits stays, and so does who
    /// is newer, or was never anywhere else.
    pub(super) fn remove(&mut self, absent: &[CustomerId], version: i64) -> Vec<Change> {
        let is_gone = |id: &&CustomerId| {
            let known = self.known.get(id).and_then(|known| known.version);
            known.is_some_and(|known| known <= version) && !self.waiting.contains_key(id)
        };
        let gone: Vec<_> = absent.iter().filter(is_gone).copied().collect();
        let settled =
            || Settled { base: None, view: None, resolved: Vec::new(), completed: Vec::new() };
        gone.into_iter()
            .map(|id| Change { id, before: self.known.remove(&id), settled: settled() })
            .collect()
    }
}

impl Change {
    pub(super) const fn kind(&self) -> EventKind {
        EventKind::of(self.before.is_some(), self.settled.view.is_some())
    }

    /// Adds its rows, but for the event.
    pub(super) fn put(&self, rows: &mut Rows, now: Timestamp) -> StoreResult<()> {
        let Self { before, settled, .. } = self;
        match (&settled.base, &settled.view, before) {
            (Some(base), Some(view), before) => {
                let after = KnownCustomer {
                    customer: view.clone(),
                    version: Some(base.version),
                    waiting: Vec::new(),
                    synced_addresses: base.customer.addresses.iter().map(|it| it.id).collect(),
                };
                match before {
                    Some(before) if before.version == Some(base.version) => {
                        rows.add_view(base, before, &after);
                    }
                    _ => rows.add_base(base, before.as_ref(), &after),
                }
            }
            (None, Some(view), Some(before)) => {
                let after = KnownCustomer {
                    customer: view.clone(),
                    version: None,
                    waiting: Vec::new(),
                    synced_addresses: Vec::new(),
                };
                rows.add_pending_view(before, &after);
            }
            (_, None, Some(before)) => rows.add_gone(before),
            (_, _, None) => {
                let text = "revisions of a customer wait that this database does not have";
                return Err(StoreError::Refused(text.to_owned()));
            }
        }
        rows.add_resolved(settled, now);
        Ok(())
    }
}
