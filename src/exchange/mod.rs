//! What headquarters and scale units exchange.

pub mod package;
