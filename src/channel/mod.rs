//! A scale unit: serves the channels of one channel database.

pub mod configuration;
pub mod grpc;
pub mod operations;
pub mod realtime;
pub mod store;
pub mod upkeep;
pub mod writer;
