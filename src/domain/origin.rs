//! Where writes come from.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A channel database in one of its lives. Counters, capture times and answers are those of an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Origin {
    /// Made with the database; replicas of one PostgreSQL database share it.
    #[serde(rename = "id")]
    pub database_id: Uuid,
    /// A restored or cloned database begins a new life. From 1.
    #[serde(rename = "life")]
    pub incarnation: i64,
}
