//! Puts the parts of the program together, and does nothing else.

pub mod channel;
pub mod headquarters;
pub mod serving;
