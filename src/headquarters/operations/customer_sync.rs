//! Customer synchronization status: the async operations that channels have uploaded, and what became of them.

use std::collections::BTreeSet;

use crate::{
    domain::{
        conclusion::RevisionStatus,
        error::{Error, Result},
        id::CustomerId,
        time::Timestamp,
    },
    headquarters::{operations::Headquarters, store::OperationQuery},
};

pub use crate::headquarters::store::{Operation, Place};

/// Longest name of somebody else's that is repeated.
const LONGEST_NAME: usize = 60;

/// What became of an operation, as people are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OperationStatus {
    /// It waits for the batch.
    Pending,
    /// It is in force.
    Synchronized,
    /// Somebody has to edit it, or discard it.
    Failed,
    /// An earlier one of its customer from its channel database has failed.
    Parked,
    /// Done, and later values of others are in force where it differs.
    Superseded,
}

/// Which operations to list. Those that were received last come first.
#[derive(Debug, Clone, Default)]
pub struct ListOperations {
    /// Those with one of these; none: all.
    pub statuses: BTreeSet<OperationStatus>,
    /// Name of the channel database.
    pub database: Option<String>,
    /// Operating unit number.
    pub channel: Option<String>,
    pub customer: Option<CustomerId>,
    /// Only those after this one.
    pub after: Option<(Timestamp, Place)>,
    pub limit: u32,
}

/// # Errors
/// `DatabaseNotFound`, `Unavailable`.
pub async fn list_operations(
    headquarters: &Headquarters,
    wanted: ListOperations,
) -> Result<Vec<Operation>> {
    let (statuses, superseded) = among(&wanted.statuses);
    let database_id = match wanted.database {
        None => None,
        Some(name) => Some(database_id(headquarters, &name).await?),
    };
    let query = OperationQuery {
        statuses,
        superseded,
        database_id,
        channel: wanted.channel,
        customer: wanted.customer,
        after: wanted.after,
        limit: wanted.limit,
    };
    Ok(headquarters.store.operations(&query).await?)
}

/// # Errors
/// `OperationNotFound`, `Unavailable`.
pub async fn get_operation(headquarters: &Headquarters, place: Place) -> Result<Operation> {
    headquarters.store.operation(place).await?.ok_or(Error::OperationNotFound)
}

async fn database_id(headquarters: &Headquarters, name: &str) -> Result<uuid::Uuid> {
    let known = headquarters.store.databases().await?;
    let found = known.into_iter().find(|database| database.name == name);
    found
        .map(|database| database.origin.database_id)
        .ok_or_else(|| Error::DatabaseNotFound { name: name.chars().take(LONGEST_NAME).collect() })
}

/// The statuses as they are stored, and whether those that are synchronized have to be superseded, or must not be.
fn among(wanted: &BTreeSet<OperationStatus>) -> (Vec<RevisionStatus>, Option<bool>) {
    let mut stored = Vec::new();
    for status in wanted.iter().map(|status| status.stored()) {
        if !stored.contains(&status) {
            stored.push(status);
        }
    }
    let superseded = wanted.contains(&OperationStatus::Superseded);
    let one_of_both = superseded != wanted.contains(&OperationStatus::Synchronized);
    (stored, one_of_both.then_some(superseded))
}

impl OperationStatus {
    pub fn of(operation: &Operation) -> Self {
        match operation.status {
            RevisionStatus::Received => Self::Pending,
            RevisionStatus::Synchronized if operation.superseded.is_empty() => Self::Synchronized,
            RevisionStatus::Synchronized => Self::Superseded,
            RevisionStatus::Failed => Self::Failed,
            RevisionStatus::Parked => Self::Parked,
        }
    }

    const fn stored(self) -> RevisionStatus {
        match self {
            Self::Pending => RevisionStatus::Received,
            Self::Synchronized | Self::Superseded => RevisionStatus::Synchronized,
            Self::Failed => RevisionStatus::Failed,
            Self::Parked => RevisionStatus::Parked,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{OperationStatus::*, *};

    #[test]
    fn superseded_ones_are_told_from_those_in_force() {
        let among = |wanted: &[OperationStatus]| among(&wanted.iter().copied().collect());
        let (received, done) = (RevisionStatus::Received, RevisionStatus::Synchronized);
        assert_eq!(among(&[]), (vec![], None));
        assert_eq!(among(&[Pending]), (vec![received], None));
        assert_eq!(among(&[Synchronized]), (vec![done], Some(false)));
        assert_eq!(among(&[Superseded, Pending]), (vec![received, done], Some(true)));
        assert_eq!(among(&[Superseded, Synchronized]), (vec![done], None));
    }
}
