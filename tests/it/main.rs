//! The integration tests, one program.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "this is how a test fails, in its helpers too"
)]

mod architecture;
mod contract;
mod crash;
mod durability;
mod grpcurl;
mod harness;
mod links;
mod migrations;
mod protocol;
mod readme;
mod routing;
mod statements;
mod stories;
mod writer;
