//! The rules of the product, pure: no IO, no clock, no driver or wire types. Everything else depends on this and
//! it depends on nothing else.

pub mod base;
pub mod caller;
pub mod conclusion;
pub mod configuration;
pub mod customer;
pub mod error;
pub mod etag;
pub mod feature;
pub mod field;
pub mod id;
pub mod job;
pub mod known;
pub mod lease;
pub mod limits;
pub mod mask;
pub mod merge;
pub(crate) mod named;
pub mod numbering;
pub mod origin;
pub mod outcome;
pub mod request_hash;
pub mod revision;
pub mod routing;
#[cfg(test)]
pub(crate) mod sample;
pub mod search;
pub mod session;
pub mod setup;
pub mod submission;
pub mod sync;
pub mod time;
pub mod upload;
pub mod validation;
pub mod view;
pub mod write;
