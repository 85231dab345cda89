//! The integration tests, one program.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "this is how a test fails, in its helpers too"
)]

mod architecture;
mod grpcurl;
mod harness;
mod links;
mod protocol;
mod readme;
mod routing;
mod stories;
