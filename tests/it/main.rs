//! The integration tests, one program.

mod architecture;
mod harness;
mod protocol;
mod routing;
mod stories;
