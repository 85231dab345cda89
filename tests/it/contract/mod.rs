//! The contract of the channel store, which both engines keep under the same test names.

mod bases;
mod concurrency;
mod configuration;
mod conflicts;
mod counters;
mod customers;
mod inconsistent;
mod inserts;
mod origin;
mod records;
mod search;
mod steps;
mod text;
