//! Stories of the real-time path: a unit, a headquarters, and what may happen between them.

mod first_customer;
