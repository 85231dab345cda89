//! What `build.rs` generates from `proto/`, comments and all.

#![expect(
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::disallowed_methods,
    clippy::pedantic,
    reason = "generated code"
)]

/// All files with their comments, for reflection.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// `commerce.channel.v1`
pub mod channel {
    tonic::include_proto!("commerce.channel.v1");
}

/// `commerce.exchange.v1`
pub mod exchange {
    tonic::include_proto!("commerce.exchange.v1");
}
