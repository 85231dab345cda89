//! What was measured, for eyes and for programs.

use std::{
    io::{self, IsTerminal as _, Write as _},
    time::Duration,
};

use comfy_table::{Table, presets};
use serde_json::{Value, json};

use crate::{
    load::Latencies,
    measure::{Kind, Window},
    options::{Options, Output},
};

/// All windows on one engine.
pub(crate) struct Outcome {
    pub(crate) engine: &'static str,
    pub(crate) windows: Vec<Window>,
    pub(crate) options: Options,
}

/// All windows of one kind.
struct Together {
    kind: Kind,
    latencies: Latencies,
    /// Of each window, in milliseconds.
    p99s: Vec<f64>,
    rows_a_second: Option<f64>,
}

/// A line that is written over. Nobody sees it but who sits at a terminal.
pub(crate) struct Progress {
    is_seen: bool,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self { is_seen: io::stderr().is_terminal() }
    }

    pub(crate) fn say(&self, text: &str) {
        if self.is_seen {
            let mut terminal = io::stderr().lock();
            let _ = write!(terminal, "\r\x1b[K{text}").and_then(|()| terminal.flush());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.say("");
    }
}

pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// What happened before the first window.
pub(crate) fn first_load((rows, took): (u64, Duration)) {
    note(&format!(
        "the unit started and took over {rows} customers in {:.1} s ({:.0} a second)",
        took.as_secs_f64(),
        a_second(rows, took)
    ));
}

pub(crate) fn print(outcomes: &[Outcome], output: Output) -> anyhow::Result<()> {
    let text = match output {
        Output::Table => {
            outcomes.iter().map(Outcome::table).collect::<anyhow::Result<Vec<_>>>()?.join("\n\n")
        }
        Output::Json => {
            let all: Vec<_> = outcomes.iter().map(Outcome::json).collect::<anyhow::Result<_>>()?;
            serde_json::to_string_pretty(&all)?
        }
    };
    Ok(writeln!(io::stdout().lock(), "{text}")?)
}

impl Outcome {
    fn together(&self) -> anyhow::Result<Vec<Together>> {
        Kind::ALL
            .into_iter()
            .map(|kind| {
                let windows = || self.windows.iter().filter(move |window| window.kind == kind);
                let mut latencies = Latencies::new(3)?;
                for window in windows() {
                    latencies.add(&window.latencies)?;
                }
                let p99s = windows().map(|window| millis(&window.latencies, 0.99)).collect();
                let rows = windows().map(|window| window.applied.0).sum();
                let took = windows().map(|window| window.applied.1).sum();
                let rows_a_second = (rows > 0).then(|| a_second(rows, took));
                Ok(Together { kind, latencies, p99s, rows_a_second })
            })
            .collect()
    }

    fn table(&self) -> anyhow::Result<String> {
        let together = self.together()?;
        let mut table = Table::new();
        table.load_style(presets::NOTHING).force_no_tty();
        table.set_header([
            self.engine,
            "CREATES",
            "p50 ms",
            "p99 ms",
            "p99.9 ms",
            "RATIO p99",
            "p99 OF EACH",
            "ROWS/s",
        ]);
        for row in &together {
            let p99s: Vec<_> = row.p99s.iter().map(|p99| format!("{p99:.1}")).collect();
            table.add_row([
                row.kind.title().to_owned(),
                row.latencies.len().to_string(),
                format!("{:.1}", millis(&row.latencies, 0.5)),
                format!("{:.1}", millis(&row.latencies, 0.99)),
                format!("{:.1}", millis(&row.latencies, 0.999)),
                format!("{:.2}", row.ratio(&together)),
                p99s.join(" "),
                row.rows_a_second.map(|rows| format!("{rows:.0}")).unwrap_or_default(),
            ]);
        }
        Ok(table.trim_fmt())
    }

    fn json(&self) -> anyhow::Result<Value> {
        let together = self.together()?;
        let kinds: Vec<_> = together
            .iter()
            .map(|row| {
                json!({
                    "kind": row.kind.key(),
                    "creates": row.latencies.len(),
                    "p50_ms": millis(&row.latencies, 0.5),
                    "p99_ms": millis(&row.latencies, 0.99),
                    "p999_ms": millis(&row.latencies, 0.999),
                    "p99_ms_of_each_window": row.p99s,
                    "p99_ratio": row.ratio(&together),
                    "rows_per_second": row.rows_a_second,
                })
            })
            .collect();
        Ok(json!({
            "engine": self.engine,
            "customers": self.options.customers,
            "creates_per_second": self.options.rate,
            "windows": kinds,
        }))
    }
}

impl Together {
    /// To the creates alone, which come first.
    fn ratio(&self, all: &[Self]) -> f64 {
        let alone = all.first().map_or(f64::NAN, |alone| millis(&alone.latencies, 0.99));
        millis(&self.latencies, 0.99) / alone
    }
}

fn millis(latencies: &Latencies, quantile: f64) -> f64 {
    let micros = Duration::from_micros(latencies.value_at_quantile(quantile));
    micros.as_secs_f64() * 1_000.0
}

fn a_second(rows: u64, took: Duration) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^52 rows")]
    let rows = rows as f64;
    rows / took.as_secs_f64()
}
