//! Words that several commands of headquarters use.

use std::time::Duration;

use prost_types::Timestamp;

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

/// Empty: not yet, or never.
pub fn time(time: Option<&Timestamp>) -> String {
    time.and_then(output::time).unwrap_or_default()
}

/// From one time to another, to the millisecond; empty: one of them is not there.
pub fn took(from: Option<&Timestamp>, to: Option<&Timestamp>) -> String {
    let (Some(from), Some(to)) = (from, to) else { return String::new() };
    let millis = |time: &Timestamp| time.seconds * 1_000 + i64::from(time.nanos) / 1_000_000;
    let spent = u64::try_from(millis(to).saturating_sub(millis(from))).unwrap_or(0);
    humantime::format_duration(Duration::from_millis(spent)).to_string()
}

/// That there is more than the page which is shown.
pub fn note_more(next_page_token: &str) {
    if !next_page_token.is_empty() {
        output::note(&format!("There is more: --page-token {}", output::clean(next_page_token)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_spent_is_told_when_it_is_over() {
        let at = |seconds, nanos| Timestamp { seconds, nanos };
        let begun = at(10, 900_000_000);
        assert_eq!(took(Some(&begun), Some(&at(72, 150_999_999))), "1m 1s 250ms");
        assert_eq!(took(Some(&begun), None), "");
        assert_eq!(took(Some(&begun), Some(&at(9, 0))), "0s");
    }
}
