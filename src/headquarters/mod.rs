//! Headquarters: every customer of the company with its account number, the memory of requests, and how channels
//! are set up.

use std::sync::Arc;

use crate::{
    headquarters::{
        jobs::Jobs,
        signals::Signals,
        store::{Identity, SharedStore},
        writer::Writer,
    },
    runtime::clock::SharedClock,
};

pub mod grpc;
pub mod jobs;
pub mod operations;
pub mod signals;
pub mod store;
pub mod writer;

/// All that the operations and jobs of headquarters work with.
pub struct Headquarters {
    pub store: SharedStore,
    pub writer: Writer,
    pub clock: SharedClock,
    pub identity: Identity,
    /// Those of the writer.
    pub signals: Arc<Signals>,
    pub jobs: Jobs,
}
