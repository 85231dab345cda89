//! Stories over the whole system.

mod bad_input;
mod configuration;
mod exchange;
mod first_customer;
mod identity;
mod scenarios;
mod search;
