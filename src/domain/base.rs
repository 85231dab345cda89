//! A customer as headquarters has sent it.

use serde::{Deserialize, Serialize};

use crate::domain::customer::Customer;

/// Headquarters' word on a customer, its contacts and addresses included. A channel keeps it exactly so and
/// replaces it only by one of a higher version, wherever that comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    pub customer: Customer,
    /// Headquarters' change counter at the customer's last change. From 1.
    pub version: i64,
}
