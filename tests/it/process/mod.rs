//! The program as its operator meets it: how it starts or says why not, how it stops, and what it tells.

mod logs;
mod metrics;
mod migrating;
mod roles;
mod starting;
mod stopping;
