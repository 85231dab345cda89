//! What `build.rs` generates from `proto/`, comments and all.

#![expect(
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::disallowed_methods,
    clippy::large_enum_variant,
    clippy::pedantic,
    reason = "generated code"
)]

/// All files with their comments, for reflection.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

pub use commerce::{
    channel::v1 as channel, exchange::v1 as exchange, headquarters::v1 as headquarters,
};

/// The packages, in the nesting that references between them need.
mod commerce {
    pub mod channel {
        pub mod v1 {
            tonic::include_proto!("commerce.channel.v1");
        }
    }
    pub mod exchange {
        pub mod v1 {
            tonic::include_proto!("commerce.exchange.v1");
        }
    }
    pub mod headquarters {
        pub mod v1 {
            tonic::include_proto!("commerce.headquarters.v1");
        }
    }
}
