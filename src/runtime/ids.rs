//! New identities, secrets and randomness. Ids minted *for a write* are not here: they are computed
//! from its request id (`domain::id`), so that every replica and every repetition mints the same.

use uuid::Uuid;

use crate::{domain::id::RequestId, runtime::clock::Clock};

/// Names a write of our own (a command line, a test): a v7, whose time is the clock's.
#[must_use]
pub fn new_request_id(clock: &dyn Clock) -> RequestId {
    let millis = u64::try_from(clock.now().millis()).unwrap_or(0);
    let mut random = [0; 10];
    random.copy_from_slice(&random_bytes()[..10]);
    RequestId(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
}

/// Names a write as clients do that know nothing better: a v4.
#[must_use]
pub fn new_random_request_id() -> RequestId {
    RequestId(Uuid::new_v4())
}

/// Names a database for life, at its creation.
#[must_use]
pub fn new_database_id() -> Uuid {
    Uuid::new_v4()
}

/// A key that can't be guessed: 256 bits.
#[must_use]
pub fn new_secret() -> [u8; 32] {
    random_bytes()
}

/// Evenly distributed in `0.0..1.0`, to spread out what would otherwise happen at once.
#[must_use]
pub fn jitter() -> f64 {
    let mut bytes = [0; 4];
    bytes.copy_from_slice(&random_bytes()[..4]);
    f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
}

/// The operating system's randomness. A v4 UUID holds 122 bits of it; three of them make the 256
/// bits of the hash that evens out their fixed bits.
fn random_bytes() -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key("csu 2026 random bytes");
    for _ in 0..3 {
        hasher.update(Uuid::new_v4().as_bytes());
    }
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::{domain::time::Timestamp, runtime::clock::TestClock};

    #[test]
    fn request_ids_are_v7_of_the_clocks_time() {
        let clock = TestClock::new(Timestamp(1_700_000_000_123));
        let (first, second) = (new_request_id(&clock).0, new_request_id(&clock).0);
        assert_ne!(first, second);
        for id in [first, second] {
            assert_eq!(id.get_version_num(), 7);
            assert_eq!(id.get_variant(), uuid::Variant::RFC4122);
            assert_eq!(id.get_timestamp().unwrap().to_unix(), (1_700_000_000, 123_000_000));
        }
        clock.set(Timestamp(-1));
        assert_eq!(new_request_id(&clock).0.get_timestamp().unwrap().to_unix(), (0, 0));
    }

    #[test]
    fn nothing_comes_twice() {
        let secrets: HashSet<_> = (0..100).map(|_| new_secret()).collect();
        assert_eq!(secrets.len(), 100);
        assert_ne!(new_database_id(), new_database_id());
    }

    #[test]
    fn jitter_fills_its_range() {
        let values: Vec<_> = (0..1_000).map(|_| jitter()).collect();
        assert!(values.iter().all(|value| (0.0..1.0).contains(value)));
        assert!(values.iter().any(|value| *value < 0.1));
        assert!(values.iter().any(|value| *value > 0.9));
    }
}
