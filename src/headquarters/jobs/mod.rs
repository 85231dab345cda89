//! What headquarters does with what has come to it, by hand or by itself. Each job may be stopped at any moment, and
//! goes on where it was; several processes may run it at once.

mod synchronize;

pub use synchronize::{Synchronized, synchronize};
