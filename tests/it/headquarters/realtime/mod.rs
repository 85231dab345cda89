//! Real-time writes, as a unit calls for them.

mod concurrency;
mod creation;
mod editing;
mod malformed;
mod memory;
mod refusals;
