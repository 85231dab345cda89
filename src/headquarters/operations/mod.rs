//! What headquarters can do, one operation a file, apart from wire and database.

mod customer_sync;
mod features;
mod lookup_request;
mod perform;
mod register_database;
mod registered;
pub mod scheduler;
pub mod sessions;
mod setup;
mod upload_revisions;

pub use customer_sync::{
    ListOperations, Operation, OperationStatus, Place, get_operation, list_operations,
};
pub use features::{FeatureState, disable_feature, enable_feature, list_features};
pub use lookup_request::lookup_request;
pub use perform::perform;
pub use register_database::{NAME_IN_USE_FOR, RegisterDatabase, Registration, register_database};
pub use setup::{
    Databases, RegisteredDatabase, change_setup, databases, save_database, save_database_group,
    setup,
};
pub use upload_revisions::upload_revisions;

pub use crate::headquarters::Headquarters;
