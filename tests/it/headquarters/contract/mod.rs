//! The contract of headquarters' store, which both engines keep under the same test names.

mod concurrency;
mod conflicts;
mod deliveries;
mod identity;
mod inbox;
mod inbox_concurrency;
mod inconsistent;
mod inconsistent_jobs;
mod job_steps;
mod known_databases;
mod leases;
mod memory;
mod operations;
mod outcomes;
mod packages;
mod pruning;
mod records;
mod registrations;
mod runs;
mod sessions;
mod setup;
mod steps;
