//! A report as tables.

use crate::{
    bench::{
        Figure, GrowthFigure, JobFigure, OpenFigure, OutageFigure, PgbenchFigure, RealTimeFigure,
        Report,
    },
    cli::output::{size, table},
};

const NOTES: &str = "\
Rates are calls a second, times milliseconds.
E: a server that only answers. D: the engine alone, writing the same rows with as many creates in a commit as are in
flight, or looking up. D1: the engine with a commit each. BOUND: 1/(1/E + 1/D), and how much of it is reached.
P50/E+D1: the median beside an answer and a commit, one after the other.";

pub fn report(report: &Report) -> String {
    let machine = &report.machine;
    let mut parts = vec![format!(
        "{} processors, load {:.2} before the run, a flush of 4 KiB takes {} µs; {} customers",
        machine.processors, machine.load, machine.flush_us, report.customers
    )];
    let mut add = |is_empty: bool, title: &str, text: String, notes: &str| {
        if !is_empty {
            parts.push(format!("{title}\n{text}\n{notes}").trim_end().to_owned());
        }
    };
    let figures = &report.figures;
    add(figures.is_empty(), "Ceilings", table(HEADER, figures.iter().map(row)), NOTES);
    let latencies = &report.latencies;
    let title = "Latencies of calls that come when they come";
    add(latencies.is_empty(), title, table(LATENCY, latencies.iter().map(latency)), "");
    let pgbench = &report.pgbench;
    let title = "Async creates on PostgreSQL beside pgbench with a transaction each";
    add(pgbench.is_empty(), title, table(PGBENCH, pgbench.iter().map(beside_pgbench)), "");
    let far = &report.real_time;
    let notes = "ALLOWED: headquarters, and 1.25 times E and D1 one after the other.";
    add(far.is_empty(), "Creates in real time", table(FAR, far.iter().map(real_time)), notes);
    let outages = &report.outages;
    let title = "Async creates while headquarters hangs";
    add(outages.is_empty(), title, table(OUTAGE, outages.iter().map(outage)), "");
    let title = "The engine's creates among few and many";
    add(report.growth.is_empty(), title, table(GROWTH, report.growth.iter().map(growth)), "");
    add(report.jobs.is_empty(), "Jobs", table(JOB, report.jobs.iter().map(job)), "");
    let memory = report.memory.iter().map(|memory| {
        [memory.engine.to_owned(), size(memory.idle_kib * 1_024), size(memory.busy_kib * 1_024)]
    });
    add(
        report.memory.is_empty(),
        "Memory of the unit",
        table(["ENGINE", "IDLE", "AT MOST"], memory),
        "",
    );
    parts.join("\n\n")
}

const LATENCY: [&str; 8] =
    ["ENGINE", "WORKLOAD", "OFFERED", "OF CEILING", "P50", "P99", "P99.9", "LONGEST"];

fn latency(figure: &OpenFigure) -> [String; 8] {
    [
        figure.engine.to_owned(),
        figure.workload.to_owned(),
        format!("{:.0}", figure.offered),
        ratio(figure.of_ceiling),
        ratio(figure.p50_ms),
        ratio(figure.p99_ms),
        ratio(figure.p999_ms),
        ratio(figure.longest_ms),
    ]
}

const PGBENCH: [&str; 6] = ["IN FLIGHT", "RATE", "BY SEQUENCE", "TIMES", "BY COUNTER ROW", "TIMES"];

fn beside_pgbench(figure: &PgbenchFigure) -> [String; 6] {
    [
        figure.in_flight.to_string(),
        format!("{:.0}", figure.per_second),
        format!("{:.0}", figure.by_sequence),
        ratio(figure.to_sequence()),
        format!("{:.0}", figure.by_counter_row),
        ratio(figure.to_counter_row()),
    ]
}

const FAR: [&str; 10] = [
    "ENGINE",
    "DELAY",
    "IN FLIGHT",
    "RATE",
    "P50",
    "P99",
    "HEADQUARTERS P50",
    "E",
    "D1",
    "ALLOWED",
];

fn real_time(figure: &RealTimeFigure) -> [String; 10] {
    [
        figure.engine.to_owned(),
        figure.delay_ms.to_string(),
        figure.in_flight.to_string(),
        format!("{:.0}", figure.per_second),
        ratio(figure.p50_ms),
        ratio(figure.p99_ms),
        ratio(figure.headquarters_p50_ms),
        ratio(figure.echo_p50_ms),
        ratio(figure.one_commit_p50_ms),
        if figure.in_flight == 1 { ratio(figure.allowed_ms()) } else { String::new() },
    ]
}

const OUTAGE: [&str; 5] = ["ENGINE", "RATE WITH", "RATE WITHOUT", "RATIO", "REAL-TIME CALLS"];

fn outage(figure: &OutageFigure) -> [String; 5] {
    [
        figure.engine.to_owned(),
        format!("{:.0}", figure.with_per_second),
        format!("{:.0}", figure.without_per_second),
        ratio(figure.without_per_second / figure.with_per_second),
        figure.real_time_calls.to_string(),
    ]
}

const GROWTH: [&str; 5] = ["ENGINE", "AMONG 10000", "AMONG", "RATE", "COST"];

fn growth(figure: &GrowthFigure) -> [String; 5] {
    [
        figure.engine.to_owned(),
        format!("{:.0}", figure.small_per_second),
        figure.customers.to_string(),
        format!("{:.0}", figure.large_per_second),
        ratio(figure.cost()),
    ]
}

fn ratio(value: f64) -> String {
    format!("{value:.2}")
}

const HEADER: [&str; 13] = [
    "ENGINE",
    "WORKLOAD",
    "IN FLIGHT",
    "RATE",
    "P50",
    "P99",
    "E",
    "D",
    "D1",
    "BOUND",
    "OF BOUND",
    "TO D1",
    "P50/E+D1",
];

fn row(figure: &Figure) -> [String; 13] {
    let rate = |rate: Option<f64>| rate.map(|rate| format!("{rate:.0}")).unwrap_or_default();
    let ratio = |value: Option<f64>| value.map(ratio).unwrap_or_default();
    [
        figure.engine.to_owned(),
        figure.workload.to_owned(),
        figure.in_flight.to_string(),
        rate(Some(figure.per_second)),
        format!("{:.2}", figure.p50_ms),
        format!("{:.2}", figure.p99_ms),
        rate(Some(figure.echo_per_second)),
        rate(Some(figure.engine_per_second)),
        rate(figure.one_commit_per_second),
        rate(Some(figure.bound_per_second)),
        ratio(Some(figure.of_bound())),
        ratio(figure.to_one_commit()),
        if figure.in_flight == 1 { ratio(figure.to_answer_and_commit()) } else { String::new() },
    ]
}

const JOB: [&str; 8] =
    ["ENGINE", "JOB", "ROWS", "BYTES", "SECONDS", "BUILD", "APPLY", "ROWS A SECOND"];

fn job(job: &JobFigure) -> [String; 8] {
    let seconds = |seconds: Option<f64>| seconds.map(ratio).unwrap_or_default();
    [
        job.engine.to_owned(),
        job.job.clone(),
        job.rows.to_string(),
        size(job.bytes),
        ratio(job.seconds),
        seconds(job.build_seconds),
        seconds(job.apply_seconds),
        format!("{:.0}", job.per_second),
    ]
}
