//! Time, identities, tasks and back-off. Each has its one home here, so that a whole unit can run
//! under a test's clock, its tasks can be counted, and a lint can refuse a second way to do the
//! same thing (`clippy.toml`).

#[expect(clippy::disallowed_methods, reason = "the one home of reading clocks")]
pub mod clock;
#[expect(clippy::disallowed_methods, reason = "the one home of minting ids and secrets")]
pub mod ids;
pub mod retry;
#[expect(clippy::disallowed_methods, reason = "the one home of spawning tasks")]
pub mod task;
