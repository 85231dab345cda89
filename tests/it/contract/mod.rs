//! The contract of the channel store, which both engines keep under the same test names.

mod absent;
mod bases;
mod concurrency;
mod configuration;
mod conflicts;
mod counters;
mod customers;
mod inconsistent;
mod inserts;
mod leases;
mod origin;
mod progress;
mod rebase;
mod records;
mod search;
mod steps;
mod text;
mod waiting;
