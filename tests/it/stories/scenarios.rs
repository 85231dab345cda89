//! The acceptance scenarios of `docs/scenarios.md`, as far as a unit without headquarters can play them: what goes
//! to headquarters is refused as not reachable, and a create falls back to async.

mod addresses;
mod creation;
mod editing;
mod offline;
