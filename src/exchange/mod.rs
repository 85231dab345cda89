//! What headquarters and scale units exchange.

pub mod agent;
pub mod service;
