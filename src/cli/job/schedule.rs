//! `csu job schedule`

use clap::{ArgGroup, Args};

use crate::{
    cli::{
        Exit, Outcome,
        flags::{HeadquartersFlags, Output},
        headquarters::{
            Headquarters,
            show::{fact, time},
        },
        job::json,
        output,
    },
    proto::headquarters::{Job, SetRecurrenceRequest},
};

/// Set when a job runs by itself
///
/// Recurrences are followed by a headquarters that serves with --jobs scheduled.
#[derive(Debug, Args)]
#[command(
    group(ArgGroup::new("when").required(true)),
    after_help = "\
Examples:
  csu job schedule P-0001 '*/2 * * * *'
  csu job schedule 1010 '0 5 * * mon-sat'
  csu job schedule 1110 --never"
)]
pub struct Schedule {
    /// Code of the job
    #[arg(value_name = "JOB")]
    job: String,
    /// Cron expression in UTC: minute, hour, day of the month, month, day of the week
    #[arg(value_name = "CRON", group = "when")]
    recurrence: Option<String>,
    /// It does not run by itself
    #[arg(long, group = "when")]
    never: bool,
    #[command(flatten)]
    client: HeadquartersFlags,
}

pub async fn run(schedule: &Schedule) -> Outcome {
    let headquarters = Headquarters::connect(&schedule.client).await?;
    let call = async |request| headquarters.scheduler().set_recurrence(request).await;
    let job = headquarters.call(schedule.request(), call).await?.job;
    match headquarters.output {
        Output::Json => {
            output::print_json(&json::OneJob { job: job.as_ref().map(json::Job::from) })?;
        }
        Output::Table => {
            output::print(&output::columns(job.iter().flat_map(facts)))?;
            if job.is_some_and(|job| !job.recurrence.is_empty() && job.next_run_time.is_none()) {
                output::note(
                    "Headquarters follows no recurrences now: it serves without --jobs scheduled.",
                );
            }
        }
    }
    Ok(Exit::Done)
}

impl Schedule {
    fn request(&self) -> SetRecurrenceRequest {
        let recurrence = self.recurrence.clone().unwrap_or_default();
        SetRecurrenceRequest { job: self.job.clone(), recurrence }
    }
}

fn facts(job: &Job) -> Vec<[String; 2]> {
    let recurrence = if job.recurrence.is_empty() { "never" } else { &job.recurrence };
    let mut facts = vec![
        fact("Job", job.code.as_str()),
        fact("Name", job.display_name.as_str()),
        fact("Runs by itself", recurrence),
        fact("Next run", time(job.next_run_time.as_ref())),
    ];
    facts.retain(|[_, value]| !value.is_empty());
    facts
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        schedule: Schedule,
    }

    #[test]
    fn either_a_recurrence_or_never_is_said() {
        let recurrence = |line: &[&str]| {
            let line = ["schedule", "1010"].iter().chain(line);
            Line::try_parse_from(line).map(|line| line.schedule.request().recurrence)
        };
        assert_eq!(recurrence(&["*/5 * * * *"]).unwrap(), "*/5 * * * *");
        assert_eq!(recurrence(&["--never"]).unwrap(), "");
        assert!(recurrence(&[]).is_err());
        assert!(recurrence(&["* * * * *", "--never"]).is_err());
    }
}
