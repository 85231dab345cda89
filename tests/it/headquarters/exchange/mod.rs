//! Async revisions: uploaded into the inbox, and made customers by the batch.

mod batch;
mod conflicts;
mod failures;
mod malformed;
mod many;
mod requests;
mod upload;
mod workers;
