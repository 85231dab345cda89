//! What headquarters and scale units exchange.

pub mod agent;
pub mod package;
pub mod service;
