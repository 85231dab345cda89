//! Everything between a socket and an operation that is the same for every service: limits, layers,
//! errors on the wire, health, reflection, logs and metrics, and an orderly end. Roles put it
//! together; nothing here knows customers.

pub mod connections;
pub mod grpc;
pub mod health;
pub mod http;
pub mod layers;
pub mod methods;
pub mod shutdown;
pub mod status;
pub mod telemetry;
