//! csu, an open Commerce Scale Unit: real-time and async customer management over gRPC.
//!
//! A map of the house, from the outside in. Arrows point down this list and never up; `tests/it/architecture.rs`
//! holds them to it.
//!
//! * [`cli`]: one file a command. The only place that reads the environment.
//! * [`mod@bench`]: how fast all of it is, beside what the machine can do.
//! * [`roles`]: puts parts together into a process that serves, and does nothing else.
//! * [`exchange`]: packages between headquarters and scale units.
//! * [`channel`]: a scale unit. Its `grpc` converts, its `operations` ask the routing and go the way that it says,
//!   its `writer` makes writes durable, its `store` is the channel database on SQLite or PostgreSQL.
//! * [`headquarters`]: every customer of the company, its setup and features. Its `grpc` converts, its `operations` do
//!   one thing each, its `jobs` run in the background, its `writer` makes writes durable, its `store` is its database.
//! * [`server`]: what lies between a socket and an operation and is the same for every service.
//! * [`storage`]: what the channel's and headquarters' databases have in common: engines, migrations, errors, and
//!   commits shared by many writes.
//! * [`wire`]: between the messages that headquarters and units exchange and the domain, for both sides.
//! * [`runtime`]: the clock, new ids, tasks and back-off, so that the rest takes them as parameters.
//! * [`proto`]: what the protos generate.
//! * [`domain`]: the rules of the product, pure. It depends on nothing here.

pub mod bench;
pub mod channel;
pub mod cli;
pub mod domain;
pub mod exchange;
pub mod headquarters;
pub mod proto;
pub mod roles;
pub mod runtime;
pub mod server;
pub mod storage;
pub mod wire;
