//! The contract of headquarters' store, which both engines keep under the same test names.

mod concurrency;
mod conflicts;
mod identity;
mod inbox;
mod inbox_concurrency;
mod inconsistent;
mod memory;
mod outcomes;
mod records;
mod registrations;
mod setup;
mod steps;
