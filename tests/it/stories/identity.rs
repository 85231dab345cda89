//! Who is who, and which write is which: ids, request ids, and what a repetition gets.

mod concurrency;
mod lookup;
mod names;
mod replay;
