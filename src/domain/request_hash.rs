//! Tells a repetition of a request from a reuse of its id.

use crate::domain::write::{Method, RequestHash};

/// Hashes a request once for all: the hash is stored and compared, never computed anew. `content` is the decoded
/// message in canonical form (fields in their order, defaults left out) without request id, channel and
/// `validate_only`; `channel` is the resolved one, so that leaving it out is the same request.
pub fn request_hash(key: &[u8; 32], method: Method, channel: &str, content: &[u8]) -> RequestHash {
    let mut hasher = blake3::Hasher::new_keyed(key);
    for part in [method.name().as_bytes(), channel.as_bytes(), content] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_counts_and_none_runs_into_the_next() {
        let hash = |key: u8, method, channel, content: &[u8]| {
            request_hash(&[key; 32], method, channel, content)
        };
        let reference = hash(1, Method::CreateCustomer, "HOUSTON", b"x");
        assert_eq!(reference, hash(1, Method::CreateCustomer, "HOUSTON", b"x"));
        for other in [
            hash(2, Method::CreateCustomer, "HOUSTON", b"x"),
            hash(1, Method::UpdateCustomer, "HOUSTON", b"x"),
            hash(1, Method::CreateCustomer, "HOUSTO", b"Nx"),
            hash(1, Method::CreateCustomer, "HOUSTON", b"y"),
        ] {
            assert_ne!(reference, other);
        }
    }
}
