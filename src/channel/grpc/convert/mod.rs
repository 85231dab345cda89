//! Between the wire's messages and the domain's types.

pub(super) mod answer;
pub(super) mod choice;
pub(super) mod customer;
pub(super) mod envelope;
pub(super) mod execution;
pub(super) mod input;

use crate::domain::time::Timestamp;

pub(super) fn timestamp(at: Timestamp) -> prost_types::Timestamp {
    let millis = at.millis();
    prost_types::Timestamp {
        seconds: millis.div_euclid(1_000),
        nanos: i32::try_from(millis.rem_euclid(1_000)).unwrap_or(0) * 1_000_000,
    }
}

pub(super) fn duration(duration: std::time::Duration) -> prost_types::Duration {
    prost_types::Duration {
        seconds: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        nanos: i32::try_from(duration.subsec_nanos()).unwrap_or(0),
    }
}
