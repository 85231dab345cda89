//! A job that this process has the right to run, among the replicas of its database.

use std::{sync::PoisonError, time::Duration};

use crate::{
    domain::lease::{LEASE_LASTS, Lease},
    exchange::agent::{Agent, ExchangeError},
    runtime::clock::monotonic,
};

/// A lease is renewed when a third of it has passed.
const RENEWED_AFTER: Duration = Duration::from_secs(LEASE_LASTS.as_secs() / 3);
/// How long to leave another replica at its work.
pub(super) const BUSY: Duration = Duration::from_millis(100);

/// To be given back by [`Leased::release`]; otherwise it lapses.
pub(super) struct Leased<'a> {
    agent: &'a Agent,
    pub lease: Lease,
    used_at: tokio::time::Instant,
}

impl Agent {
    /// `None`: another replica is at it.
    pub(super) async fn lease(&self, name: &str) -> Result<Option<Leased<'_>>, ExchangeError> {
        let lease = self.writer.take_lease(name, self.holder).await?;
        if let Some(lease) = &lease {
            self.note_held(lease);
        }
        Ok(lease.map(|lease| Leased { agent: self, lease, used_at: monotonic() }))
    }

    /// Lets go of whatever this process holds: an orderly stop makes no other replica wait.
    pub(super) async fn release_all(&self) {
        let held = std::mem::take(&mut *self.held.lock().unwrap_or_else(PoisonError::into_inner));
        for lease in held.into_values() {
            if let Err(error) = self.writer.release_lease(lease).await {
                tracing::debug!(%error, "a lease is left to lapse");
            }
        }
    }

    fn note_held(&self, lease: &Lease) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.insert(lease.name.clone(), lease.clone());
    }
}

impl Leased<'_> {
    /// Holds it for longer, where no transaction has done so for a while.
    pub(super) async fn keep(&mut self) -> Result<(), ExchangeError> {
        if monotonic() - self.used_at < RENEWED_AFTER {
            return Ok(());
        }
        let Agent { writer, holder, .. } = self.agent;
        match writer.take_lease(&self.lease.name, *holder).await? {
            Some(lease) => {
                self.agent.note_held(&lease);
                self.lease = lease;
            }
            None => return Err(crate::storage::StoreError::Fenced.into()),
        }
        self.used_at = monotonic();
        Ok(())
    }

    /// For a transaction, which holds it for longer.
    pub(super) fn for_use(&mut self) -> Lease {
        self.used_at = monotonic();
        self.lease.clone()
    }

    pub(super) async fn release(self) {
        let name = self.lease.name.clone();
        if let Err(error) = self.agent.writer.release_lease(self.lease).await {
            tracing::debug!(%error, "a lease is left to lapse");
        }
        let mut held = self.agent.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.remove(&name);
    }
}
