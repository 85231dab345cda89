//! Headquarters: every customer of the company with its account number, the memory of requests, and how channels
//! are set up.

pub mod grpc;
pub mod jobs;
pub mod operations;
pub mod store;
pub mod writer;
