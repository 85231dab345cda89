//! Logs and metrics of the process. Both have one global home in their libraries; everything else
//! gets handles, so that several units can run in one process.

use std::{
    io::{self, IsTerminal as _},
    panic,
    sync::OnceLock,
    time::Duration,
};

use anyhow::Context as _;
use metrics::{Unit, describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{
    Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

use crate::server::layers::observe;

/// Seconds: from a cached read to a call that runs into the default deadline.
const DURATION_BUCKETS: &[f64] =
    &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// How often samples are folded into their buckets where nobody scrapes.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// What log lines look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For eyes.
    #[default]
    Human,
    /// One JSON object a line.
    Json,
}

/// Begins to log to standard error what `filter` lets through (`info`, `csu=debug,sqlx=warn`). The
/// first call in a process decides; later ones change nothing.
///
/// # Errors
/// A filter that can't be read.
pub fn init_logging(format: LogFormat, filter: &str) -> anyhow::Result<()> {
    // Someone else's subscriber (a test's) may stay.
    let _ = tracing::subscriber::set_global_default(subscriber(format, filter, io::stderr)?);
    panic::set_hook(Box::new(log_panic));
    Ok(())
}

/// A subscriber that is not installed, for tests; see [`init_logging`].
///
/// # Errors
/// A filter that can't be read.
pub fn subscriber<W>(
    format: LogFormat,
    filter: &str,
    writer: W,
) -> anyhow::Result<Box<dyn tracing::Subscriber + Send + Sync>>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = EnvFilter::try_new(filter)
        .with_context(|| format!("the log filter {filter:?} can't be read; try info"))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    // Colours are for eyes. Whoever collects the lines would have to take them out again.
    let builder = if io::stderr().is_terminal() { builder } else { builder.with_ansi(false) };
    Ok(match format {
        LogFormat::Human => Box::new(builder.finish()),
        LogFormat::Json => {
            Box::new(builder.json().flatten_event(true).with_current_span(false).finish())
        }
    })
}

/// Logs where a panic was. Not what it says: that may quote what a customer typed.
fn log_panic(info: &panic::PanicHookInfo<'_>) {
    let location = info.location().map(ToString::to_string);
    tracing::error!(location, thread = std::thread::current().name(), "panic");
}

/// Installs the process' metrics recorder, or hands out the one that this function installed
/// before.
///
/// # Errors
/// Another recorder is installed.
pub fn metrics() -> anyhow::Result<PrometheusHandle> {
    static INSTALLED: OnceLock<PrometheusHandle> = OnceLock::new();
    static INSTALLING: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _one_at_a_time = INSTALLING.lock();
    if let Some(handle) = INSTALLED.get() {
        return Ok(handle.clone());
    }
    let recorder = recorder()?;
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder)
        .ok()
        .context("another metrics recorder is installed in this process")?;
    describe();
    Ok(INSTALLED.get_or_init(|| handle).clone())
}

/// A recorder that is not installed, for tests.
///
/// # Errors
/// None, unless its settings are broken.
pub fn recorder() -> anyhow::Result<PrometheusRecorder> {
    Ok(PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), DURATION_BUCKETS)
        .context("histogram buckets")?
        .build_recorder())
}

/// Keeps the recorder's memory small: it holds every sample until someone scrapes or this runs. It
/// never ends.
pub async fn upkeep(metrics: PrometheusHandle) {
    let mut interval = tokio::time::interval(UPKEEP_INTERVAL);
    loop {
        interval.tick().await;
        metrics.run_upkeep();
    }
}

/// What the metrics mean. Each module that has some adds its lines.
fn describe() {
    describe_counter!(observe::REQUESTS, Unit::Count, "Calls by service, method and code");
    describe_histogram!(
        observe::DURATION,
        Unit::Seconds,
        "Time from a unary call's head to the end of its answer"
    );
    describe_gauge!(observe::IN_FLIGHT, Unit::Count, "Calls that run now");
    describe_gauge!("csu_build_info", Unit::Count, "1, with the version of the program");
    gauge!("csu_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recorder_can_be_asked_for_again() {
        let first = metrics().unwrap();
        let second = metrics().unwrap();
        metrics::counter!("csu_test_seen_by_both_total").increment(1);
        for handle in [first, second] {
            let text = handle.render();
            assert!(text.contains("csu_test_seen_by_both_total 1"), "{text}");
            assert!(text.contains("csu_build_info{version="), "{text}");
        }
    }

    #[test]
    fn a_filter_that_can_t_be_read_is_named() {
        let error = init_logging(LogFormat::Json, "csu=loud").unwrap_err();
        assert!(error.to_string().contains("csu=loud"), "{error}");
    }
}
