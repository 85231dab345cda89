//! `csu job list`

use clap::Args;

use crate::{
    cli::{
        Exit, Outcome,
        flags::{HeadquartersFlags, Output},
        headquarters::{Headquarters, show::time},
        job::{json, show},
        output,
    },
    proto::headquarters::{Job, ListJobsRequest},
};

/// List all jobs with their recurrence and their last run
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  csu job list
  csu job list --output json | jq -r '.jobs[] | [.code, .last_run.status] | @tsv'")]
pub struct List {
    #[command(flatten)]
    client: HeadquartersFlags,
}

pub async fn run(list: &List) -> Outcome {
    let headquarters = Headquarters::connect(&list.client).await?;
    let call = async |request| headquarters.scheduler().list_jobs(request).await;
    let found = headquarters.call(ListJobsRequest {}, call).await?;
    match headquarters.output {
        Output::Json => {
            let jobs = found.jobs.iter().map(json::Job::from).collect();
            output::print_json(&json::Jobs { jobs, mode: &found.mode })?;
        }
        Output::Table => {
            let header = ["JOB", "NAME", "RECURRENCE", "NEXT RUN", "LAST RUN", "STATUS"];
            output::print(&output::table(header, found.jobs.iter().map(row)))?;
            output::note(&of_mode(&found.mode));
        }
    }
    Ok(Exit::Done)
}

fn row(job: &Job) -> [String; 6] {
    let last = job.last_run.as_ref();
    [
        job.code.clone(),
        job.display_name.clone(),
        job.recurrence.clone(),
        time(job.next_run_time.as_ref()),
        time(last.and_then(|run| run.start_time.as_ref())),
        last.map(|run| show::run_status(run.status())).unwrap_or_default(),
    ]
}

/// What makes jobs run by themselves.
fn of_mode(mode: &str) -> String {
    let sense = match mode {
        "continuous" => "jobs run whenever there is something to do, and follow no recurrence",
        "scheduled" => "jobs run by their recurrences",
        "manual" => "no job runs by itself: csu job run JOB",
        _ => return format!("Headquarters serves with --jobs {}.", output::clean(mode)),
    };
    format!("Headquarters serves with --jobs {mode}: {sense}.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::job::JobMode,
        proto::headquarters::{Run, RunStatus},
    };

    #[test]
    fn a_row_says_when_it_runs_and_how_it_went() {
        let at = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
        let job = Job {
            code: "1010".to_owned(),
            display_name: "Customers".to_owned(),
            recurrence: "*/5 * * * *".to_owned(),
            next_run_time: at(1_700_000_100),
            last_run: Some(Run {
                status: RunStatus::Incomplete.into(),
                start_time: at(1_700_000_000),
                ..Run::default()
            }),
        };
        let (next, last) = ("2023-11-14T22:15:00Z", "2023-11-14T22:13:20Z");
        assert_eq!(row(&job), ["1010", "Customers", "*/5 * * * *", next, last, "incomplete"]);
        let never = Job { next_run_time: None, last_run: None, ..job };
        assert_eq!(row(&never)[3..], ["", "", ""]);
    }

    #[test]
    fn every_mode_is_explained() {
        for mode in JobMode::ALL {
            assert!(of_mode(mode.as_str()).contains(':'), "{mode:?}");
        }
    }
}
