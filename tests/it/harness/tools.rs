//! What `tests/run` provides.
#![expect(clippy::disallowed_methods, reason = "the test program's own settings")]

use std::path::PathBuf;

/// A setting of `tests/run`; without it a test fails rather than passing for nothing.
pub fn required(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run the tests by `tests/run`, which provides it")
    })
}

/// A setting that is there or not.
pub fn optional(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The program under test.
pub fn csu() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_csu"))
}

/// grpcurl, as a user would have it.
pub fn grpcurl() -> PathBuf {
    PathBuf::from(required("CSU_TEST_GRPCURL"))
}
