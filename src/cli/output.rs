//! Standard output and standard error, for eyes and for programs.

use std::io::{self, IsTerminal, Write};

use comfy_table::{Attribute, Cell, Table, presets};
use owo_colors::OwoColorize as _;
use prost_types::Timestamp;
use serde::Serialize;

/// Space between two columns.
const GAP: u16 = 2;

/// Prints to standard output, with a line end. Whoever reads it may go away (`| head`): that is no failure.
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out
        .write_all(text.as_bytes())
        .and_then(|()| out.write_all(b"\n"))
        .and_then(|()| out.flush())
    {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(anyhow::Error::new(error).context("standard output can't be written"))
        }
        _ => Ok(()),
    }
}

/// Prints a value as JSON.
pub fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    print(&serde_json::to_string_pretty(value)?)
}

/// Says something to whoever watches. Nobody is there if it can't be written.
pub fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Says what failed.
pub fn error(text: &str) {
    let mark = if in_colour(&io::stderr()) {
        "error:".red().bold().to_string()
    } else {
        "error:".to_owned()
    };
    note(&format!("{mark} {text}"));
}

/// Rows under a header.
pub fn table<const N: usize>(
    header: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let mut table = bare();
    table.set_header(header.map(|name| Cell::new(name).add_attribute(Attribute::Bold)));
    formatted(table, rows)
}

/// Rows that say by themselves what they are.
pub fn columns<const N: usize>(rows: impl IntoIterator<Item = [String; N]>) -> String {
    formatted(bare(), rows)
}

fn formatted<const N: usize>(
    mut table: Table,
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    table.add_rows(rows.into_iter().map(|row| row.map(|cell| clean(&cell))));
    for column in table.column_iter_mut() {
        column.set_padding((0, GAP));
    }
    table.trim_fmt()
}

fn bare() -> Table {
    let mut table = Table::new();
    // Never cut to the terminal's width: what is printed is copied.
    table.load_style(presets::NOTHING).force_no_tty();
    if in_colour(&io::stdout()) {
        table.enforce_styling();
    }
    table
}

/// Without control characters: what someone has typed elsewhere shall not steer this terminal.
pub fn clean(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_control() { char::REPLACEMENT_CHARACTER } else { letter })
        .collect()
}

/// RFC 3339; `None`: beyond the calendar.
pub fn time(time: &Timestamp) -> Option<String> {
    jiff::Timestamp::new(time.seconds, time.nanos).ok().map(|time| time.to_string())
}

/// The name of an enum's value in words; empty for one that is not set.
pub fn words(name: &str, prefix: &str) -> String {
    let name = name.strip_prefix(prefix).unwrap_or(name);
    if name == "UNSPECIFIED" { String::new() } else { name.to_lowercase().replace('_', " ") }
}

/// So many bytes, in the largest unit of which there is one.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1_024 {
        return format!("{bytes} B");
    }
    let steps = bytes.ilog2() / 10;
    let unit = UNITS.get(steps as usize - 1).copied();
    let (unit, steps) = unit.map_or(("TiB", 4), |unit| (unit, steps));
    let (whole, rest) = (bytes >> (10 * steps), bytes % (1 << (10 * steps)));
    // Tenths, cut: 1 MiB is never less than it says.
    format!("{whole}.{} {unit}", (rest * 10) >> (10 * steps))
}

/// A line that is written over until it is dropped. Nobody sees it but who sits at a terminal.
pub struct Progress {
    is_seen: bool,
}

impl Progress {
    pub fn new(wanted: bool) -> Self {
        Self { is_seen: wanted && takes_codes(&io::stderr()) }
    }

    pub fn say(&self, text: &str) {
        if self.is_seen {
            let mut terminal = io::stderr().lock();
            let _ = write!(terminal, "\r\x1b[K{}", clean(text)).and_then(|()| terminal.flush());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.say("");
    }
}

/// One word for a shell, as it is where that is safe.
pub fn shell_word(text: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:".contains(letter);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", clean(text).replace('\'', r"'\''"))
    }
}

/// By the conventions of <https://no-color.org>.
#[expect(clippy::disallowed_methods, reason = "the command line reads the environment")]
fn in_colour(stream: &impl IsTerminal) -> bool {
    let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    takes_codes(stream) && !no_colour
}

/// Whether it is a terminal that can do more than print.
#[expect(clippy::disallowed_methods, reason = "the command line reads the environment")]
fn takes_codes(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_end_without_spaces() {
        let row = |cells: [&str; 2]| cells.map(str::to_owned);
        let text = table(["KEY", "VALUE"], [row(["a", "1"]), row(["longer", ""]), row(["ü", "3"])]);
        assert_eq!(text, "KEY     VALUE\na       1\nlonger\nü       3");
        assert_eq!(columns([row(["a", "1\u{1b}[2J"])]), "a  1\u{fffd}[2J");
    }

    #[test]
    fn sizes_are_read_at_a_glance() {
        for (bytes, text) in [
            (0, "0 B"),
            (1_023, "1023 B"),
            (1_024, "1.0 KiB"),
            (1_535, "1.4 KiB"),
            (10 * 1_024 * 1_024 - 1, "9.9 MiB"),
            (3 << 40, "3.0 TiB"),
            (u64::MAX, "16777215.9 TiB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn the_shell_sees_one_word() {
        assert_eq!(shell_word("http://127.0.0.1:50052"), "http://127.0.0.1:50052");
        assert_eq!(shell_word("a'b"), r"'a'\''b'");
        assert_eq!(shell_word("a; b"), "'a; b'");
        assert_eq!(shell_word(""), "''");
    }
}
