//! In what state the machine was.

use std::{fs::File, io::Write as _, path::Path, time::Duration};

use serde::Serialize;

use crate::runtime::clock::monotonic;

/// Flushes that are timed.
const FLUSHES: u32 = 200;

/// What is printed beside the figures.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Machine {
    pub processors: usize,
    /// Processes that wanted a processor before the run, on the average of a minute.
    pub load: f64,
    /// Median of a 4 KiB write with its flush to the disk of the databases, in microseconds.
    pub flush_us: u64,
}

impl Machine {
    /// Looks at the machine, and at the disk of this folder.
    pub fn look(folder: &Path) -> anyhow::Result<Self> {
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        Ok(Self {
            processors: std::thread::available_parallelism().map_or(1, Into::into),
            load: load.split(' ').next().and_then(|it| it.parse().ok()).unwrap_or_default(),
            flush_us: u64::try_from(flush(folder)?.as_micros())?,
        })
    }
}

fn flush(folder: &Path) -> anyhow::Result<Duration> {
    let mut file: File = tempfile::tempfile_in(folder)?;
    let mut took = Vec::new();
    for _ in 0..FLUSHES {
        let begun = monotonic();
        file.write_all(&[7; 4_096])?;
        file.sync_data()?;
        took.push(begun.elapsed());
    }
    took.sort_unstable();
    Ok(took[took.len() / 2])
}
