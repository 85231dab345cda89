//! What the channel's and headquarters' databases have in common: engines, migrations, errors, and commits shared
//! by many writes. What is asked of a database, and the tables that answer it, are its store's.

mod checkpoints;
mod connect;
mod error;
pub mod group_commit;
pub mod postgres;
mod schema;
mod scratch;
pub mod sqlite;
mod statements;
mod url;
mod value;

pub use checkpoints::checkpoints;
pub use connect::{Engine, MigrationReport, OpenError, migrate, open};
pub use error::{StoreError, StoreResult};
pub use schema::Schema;
pub use scratch::Scratch;
pub(crate) use statements::statements;
pub use url::DatabaseUrl;
pub use value::{array, bytes_32, parse, to_text};
