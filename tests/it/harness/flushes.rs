//! How often a program has flushed, by the library that `tests/tools/flush_counter.c` makes.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use super::tools;

/// How long a flush takes under the library: long enough that an answer which did not wait for it comes before it.
pub const DELAY: Duration = Duration::from_millis(5);

/// A count that a program under the library adds to.
pub struct FlushCounter {
    file: PathBuf,
}

impl FlushCounter {
    /// A count of zero, in a file of this folder.
    pub fn new(folder: &Path) -> Self {
        let file = folder.join("flushes");
        fs::write(&file, [0; 8]).expect("a file for the count");
        Self { file }
    }

    /// The count that another process has made.
    pub fn at(file: impl Into<PathBuf>) -> Self {
        Self { file: file.into() }
    }

    pub fn file(&self) -> &Path {
        &self.file
    }

    pub fn count(&self) -> u64 {
        let bytes = fs::read(&self.file).expect("the count");
        u64::from_le_bytes(bytes[..8].try_into().expect("eight bytes"))
    }

    /// What a program needs in its environment to be counted, and to have a slow disk.
    pub fn environment(&self) -> [(&'static str, String); 3] {
        [
            ("LD_PRELOAD", tools::required("CSU_TEST_FLUSH_SHIM")),
            ("CSU_FLUSH_COUNTER", self.file.display().to_string()),
            ("CSU_FLUSH_DELAY_US", DELAY.as_micros().to_string()),
        ]
    }
}
