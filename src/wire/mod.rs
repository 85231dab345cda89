//! Between the messages that headquarters and scale units exchange and the domain's types, for both sides.

mod customer;
pub mod package;
mod revision;

pub use customer::{base, customer_row};
pub use revision::{
    decision, decision_message, origin, origin_message, request_id, revision, submission,
    uploaded_revision, uploaded_submission,
};

use crate::domain::time::Timestamp;

/// A message that lacks something or has what is none. Names the field and no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is missing or can't be read")]
pub struct Malformed(pub &'static str);

pub fn timestamp(at: Timestamp) -> prost_types::Timestamp {
    let millis = at.millis();
    prost_types::Timestamp {
        seconds: millis.div_euclid(1_000),
        nanos: i32::try_from(millis.rem_euclid(1_000)).unwrap_or(0) * 1_000_000,
    }
}

pub fn duration(duration: std::time::Duration) -> prost_types::Duration {
    prost_types::Duration {
        seconds: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        nanos: i32::try_from(duration.subsec_nanos()).unwrap_or(0),
    }
}

fn time(
    message: Option<prost_types::Timestamp>,
    field: &'static str,
) -> Result<Timestamp, Malformed> {
    let message = message.ok_or(Malformed(field))?;
    let millis = message.seconds.checked_mul(1_000).ok_or(Malformed(field))?;
    Ok(Timestamp(millis.saturating_add(i64::from(message.nanos / 1_000_000))))
}

/// A text that a database can hold: PostgreSQL has no room for NUL.
fn text(text: String, field: &'static str) -> Result<String, Malformed> {
    if text.contains('\0') { Err(Malformed(field)) } else { Ok(text) }
}

fn id<T: std::str::FromStr>(text: &str, field: &'static str) -> Result<T, Malformed> {
    text.parse().map_err(|_| Malformed(field))
}
