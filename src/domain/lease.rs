//! The right to run a job, which one runner has at a time.

use std::time::Duration;

use uuid::Uuid;

/// How long a lease lasts after it was last used. Whoever dies with one holds the job up for so long.
pub const LEASE_LASTS: Duration = Duration::from_secs(10);

/// A lease that was taken. Each transaction of the job checks that nobody has taken it since: a runner that was
/// thought dead can't write any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// What it is for: a job's code.
    pub name: String,
    pub holder: Uuid,
    /// Grows with each taking.
    pub fence: i64,
}
