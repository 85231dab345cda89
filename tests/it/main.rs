//! The integration tests, one program.

#![expect(
    clippy::assigning_clones,
    clippy::unchecked_time_subtraction,
    clippy::unnecessary_wraps,
    reason = "a story says what it sets, and builds messages whose fields are optional"
)]
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "this is how a test fails, in its helpers too"
)]

mod architecture;
mod commands;
mod contract;
mod crash;
mod durability;
mod exchange;
mod grpcurl;
mod harness;
mod headquarters;
mod links;
mod migrations;
mod process;
mod protocol;
mod readme;
mod real_time;
mod routing;
mod statements;
mod stories;
mod writer;
