//! Which requests are under way.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::domain::id::RequestId;

/// Request ids of the writes under way, with their number.
#[derive(Clone, Default)]
pub(super) struct Running(Arc<Mutex<HashMap<RequestId, usize>>>);

/// One write under way, until it is dropped.
pub(super) struct RunningGuard(Running, RequestId);

impl Running {
    pub(super) fn enter(&self, id: RequestId) -> RunningGuard {
        *self.ids().entry(id).or_default() += 1;
        RunningGuard(self.clone(), id)
    }

    pub(super) fn contains(&self, id: RequestId) -> bool {
        self.ids().contains_key(&id)
    }

    fn ids(&self) -> MutexGuard<'_, HashMap<RequestId, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for RunningGuard {
    fn drop(&mut self) {
        let mut running = self.0.ids();
        if let Some(count) = running.get_mut(&self.1) {
            *count -= 1;
            if *count == 0 {
                running.remove(&self.1);
            }
        }
    }
}
