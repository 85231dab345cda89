//! Jobs that run by their recurrences: cron expressions of five fields, in UTC.

use std::{sync::Arc, time::Duration};

use croner::parser::{CronParser, Seconds, Year};

use crate::{
    domain::{
        error::{Error, FieldReason, Result, Violation},
        job::{DownloadJob, Job, Trigger},
        time::Timestamp,
    },
    headquarters::{
        Headquarters,
        jobs::{Order, begin, carry_out},
    },
    runtime::task::Task,
    storage::StoreResult,
};

/// How often is looked whether a job is due: cron's smallest step is a minute.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// Longest expression: the longest sensible one lists all minutes.
const LONGEST: usize = 200;

/// When a job runs by itself.
pub struct Recurrence(croner::Cron);

impl Recurrence {
    /// # Errors
    /// `InvalidFields`: it can't be read, or never comes.
    pub fn parse(text: &str, now: Timestamp) -> Result<Self> {
        let parser =
            CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let cron = match parser.parse(text) {
            Ok(cron) if text.len() <= LONGEST => cron,
            Ok(_) => return Err(invalid(format!("at most {LONGEST} characters"))),
            Err(error) => return Err(invalid(format!("is no cron expression: {error}"))),
        };
        let recurrence = Self(cron);
        match recurrence.after(now) {
            Some(_) => Ok(recurrence),
            None => Err(invalid("never comes".to_owned())),
        }
    }

    /// When it comes next; `None`: never.
    pub fn after(&self, now: Timestamp) -> Option<Timestamp> {
        let now = jiff::Timestamp::from_millisecond(now.millis()).ok()?;
        let civil = jiff::tz::TimeZone::UTC.to_datetime(now);
        let next = self.0.find_next_occurrence(&civil, false).ok()?;
        let next = jiff::tz::TimeZone::UTC.to_timestamp(next).ok()?;
        Some(Timestamp(next.as_millisecond()))
    }
}

fn invalid(description: String) -> Error {
    Error::InvalidFields(vec![Violation::new("recurrence", FieldReason::OutOfRange, description)])
}

/// What a job has whose recurrence nobody has set: uploads and the batch each minute, so that a customer is numbered
/// within a few, and configuration each five.
pub const fn default_recurrence(job: Job) -> &'static str {
    match job {
        Job::ChannelTransactions | Job::Synchronize | Job::Download(DownloadJob::Customers) => {
            "* * * * *"
        }
        Job::Download(_) => "*/5 * * * *",
    }
}

/// The expression of each job; `None`: it does not run by itself.
pub async fn recurrences(headquarters: &Headquarters) -> StoreResult<Vec<(Job, Option<String>)>> {
    let set = headquarters.store.recurrences().await?;
    let of = |job: Job| {
        let text = set.iter().find(|(of, _)| *of == job).map(|(_, text)| text.as_str());
        let text = text.unwrap_or_else(|| default_recurrence(job));
        (job, (!text.is_empty()).then(|| text.to_owned()))
    };
    Ok(Job::ALL.iter().map(|job| of(*job)).collect())
}

/// When the expression comes next after this time.
pub fn next_run(recurrence: &str, after: Timestamp) -> Option<Timestamp> {
    Recurrence::parse(recurrence, after).ok()?.after(after)
}

/// Starts them.
pub(super) fn spawn(headquarters: &Arc<Headquarters>) {
    let tasks = headquarters.jobs.tasks.clone();
    let (headquarters, stop) = (Arc::clone(headquarters), tasks.shutdown_token());
    let since = headquarters.clock.now();
    tasks.spawn(Task::Recurrences, async move {
        stop.run_until_cancelled(follow(&headquarters, since)).await;
    });
}

/// Runs what is due, for ever. What was due while headquarters was down is not made up for: the next run brings all.
async fn follow(headquarters: &Arc<Headquarters>, mut since: Timestamp) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOK_INTERVAL) => {}
            () = headquarters.signals.rescheduled.notified() => {}
        }
        let now = headquarters.clock.now();
        match recurrences(headquarters).await {
            Ok(recurrences) => {
                for (job, recurrence) in recurrences {
                    let next = recurrence.and_then(|text| next_run(&text, since));
                    if next.is_some_and(|next| next <= now) {
                        start(headquarters, job);
                    }
                }
                since = since.max(now);
            }
            Err(error) => tracing::warn!(%error, "recurrences can't be read"),
        }
    }
}

/// Runs of one job follow each other, in a task of their own: a slow one holds no other up.
fn start(headquarters: &Arc<Headquarters>, job: Job) {
    let tasks = headquarters.jobs.tasks.clone();
    let headquarters = Arc::clone(headquarters);
    tasks.spawn(Task::Operation, async move {
        match begin(&headquarters, Order::of_all(job, Trigger::Recurrence)).await {
            Ok(run) => {
                carry_out(&headquarters, run, &mut |_| {}).await;
            }
            Err(error) => tracing::warn!(%error, job = job.code(), "a run did not begin"),
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-01-01T00:00:00Z, a Thursday.
    const NOW: Timestamp = Timestamp(1_767_225_600_000);

    fn minutes_to_next(text: &str) -> Option<i64> {
        let next = Recurrence::parse(text, NOW).unwrap().after(NOW)?;
        Some((next.millis() - NOW.millis()) / 60_000)
    }

    #[test]
    fn the_next_time_is_after_now() {
        for (text, minutes) in [
            ("* * * * *", 1),
            ("*/5 * * * *", 5),
            ("0 0 * * *", 24 * 60),
            ("30 2 * * *", 150),
            ("0 0 * * 0", 3 * 24 * 60),
            ("0 12 29 2 *", ((365 + 365 + 31 + 28) * 24 + 12) * 60),
        ] {
            assert_eq!(minutes_to_next(text), Some(minutes), "{text}");
        }
    }

    #[test]
    fn what_can_not_be_read_or_never_comes_is_refused() {
        for text in [
            "",
            "every minute",
            "* * * *",
            "* * * * * *",
            "60 * * * *",
            "0 0 30 2 *",
            "0 0 31 11 *",
            "0 0 1 1 * 2020",
        ] {
            let refused = Recurrence::parse(text, NOW).err();
            assert!(matches!(refused, Some(Error::InvalidFields(_))), "{text}: {refused:?}");
        }
    }

    #[test]
    fn every_job_has_a_recurrence() {
        for job in Job::ALL {
            assert!(next_run(default_recurrence(*job), NOW).is_some());
        }
    }
}
