//! Between the wire's messages and the domain's types.

pub(super) mod answer;
pub(super) mod choice;
pub(super) mod customer;
pub(super) mod envelope;
pub(super) mod execution;
pub(super) mod input;

pub(super) use crate::wire::{duration, timestamp};
