//! Stories over the whole system.

mod first_customer;
