//! Words that several commands of headquarters use.

use crate::cli::{flags::Output, output};

/// A setting that is on or off.
pub const fn switch(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

pub fn fact(label: &str, value: impl Into<String>) -> [String; 2] {
    [label.to_owned(), value.into()]
}

/// Says when a change that this job brings will decide in the channels: two steps, neither of which is now.
pub fn note_delay(job: &str, form: Output) {
    if form == Output::Table {
        output::note(&format!(
            "Channels learn of it by job {job}, and go by it when their cached configuration has expired \
             (channel.configuration_ttl)."
        ));
    }
}
