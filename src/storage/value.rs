//! Values in rows: payloads of ours as JSON, keys and hashes, and the arrays by which both engines take the rows of
//! a batch.

use std::fmt::Display;

use serde::{Serialize, de::DeserializeOwned};

use crate::storage::{StoreError, StoreResult};

/// Text of a value of ours, which can't fail: no map of ours has keys that aren't texts.
pub fn to_text<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// The value that a column holds; `table`, `column` and `row` are for the log, should it be none.
pub fn parse<T: DeserializeOwned>(
    table: &'static str,
    column: &'static str,
    row: impl Display,
    text: &str,
) -> StoreResult<T> {
    // Only the position: what serde says of a value may repeat it.
    serde_json::from_str(text).map_err(|error| {
        StoreError::inconsistent(table, column, row, format!("column {}", error.column()))
    })
}

/// The 32 bytes of a key or hash that a column holds; the rest as for [`parse`].
pub fn bytes_32(
    table: &'static str,
    column: &'static str,
    row: impl Display,
    bytes: Vec<u8>,
) -> StoreResult<[u8; 32]> {
    bytes.try_into().map_err(|_| StoreError::inconsistent(table, column, row, "not 32 bytes"))
}

/// One JSON array of rows, as one parameter of a statement that is constant whatever their number.
pub fn array<T: Serialize>(rows: &[T]) -> String {
    to_text(&rows)
}
