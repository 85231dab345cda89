//! The configuration that decides: cached for a time, and visible.

mod cache;
mod delay;
mod routes;
