//! `csu job run`

mod next;

use std::time::Duration;

use clap::Args;
use tonic::Streaming;

use crate::{
    cli::{
        Exit, Failure, Outcome,
        flags::{HeadquartersFlags, Output},
        headquarters::Headquarters,
        job::show,
        output::{self, Progress},
    },
    proto::headquarters::{self as proto, RunJobRequest, RunJobResponse, RunStatus},
};

/// Longest wait of a run for its databases. Headquarters keeps it.
const LONGEST_RUN: Duration = Duration::from_mins(1);

/// Run a job now, and wait until every connected channel database is through with it
///
/// At the longest for a minute. A database that is away gets its session when it comes. The run goes on if the
/// command is stopped. Exit code 1 if the run failed, was cancelled, or has not reached every database.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  csu job run P-0001 && csu job run synchronize && csu job run 1010
  csu job run 1070 --database store-1
  csu job run 1010 --database store-1 --full
  csu job run 'Synchronize customers and channel requests'")]
pub struct Run {
    /// Code of the job, as `csu job list` shows it, or its name
    #[arg(value_name = "JOB")]
    job: String,
    /// Name of the one channel database for which it runs [default: all]
    #[arg(long, value_name = "NAME")]
    database: Option<String>,
    /// Bring everything, whatever the database has, and cancel the open sessions of the job there
    #[arg(long, requires = "database")]
    full: bool,
    #[command(flatten)]
    client: HeadquartersFlags,
}

pub async fn run(run: &Run) -> Outcome {
    let headquarters = Headquarters::connect(&run.client).await?.patient(LONGEST_RUN);
    let call = async |request| headquarters.scheduler().run_job(request).await;
    let answers = headquarters.call(run.request(), call).await?;
    let ended = follow(&headquarters, answers).await?;
    show::print_run(&ended, headquarters.output)?;
    if headquarters.output == Output::Table {
        for step in next::steps(&ended) {
            output::note(&step.text(|command| headquarters.command(command)));
        }
    }
    Ok(exit(ended.status()))
}

/// Waits for the end of the run, and says how far it is meanwhile.
async fn follow(
    headquarters: &Headquarters,
    mut answers: Streaming<RunJobResponse>,
) -> Result<proto::Run, Failure> {
    let progress = Progress::new(headquarters.output == Output::Table);
    let mut last: Option<proto::Run> = None;
    loop {
        match headquarters.next(&mut answers).await {
            Ok(Some(answer)) => last = answer.run.or(last),
            Ok(None) => break,
            Err(failure) => {
                drop(progress);
                note_that_it_goes_on(headquarters, last.as_ref());
                return Err(failure);
            }
        }
        if let Some(run) = &last {
            progress.say(&so_far(run));
        }
    }
    last.ok_or_else(|| anyhow::anyhow!("headquarters did not say what became of the run").into())
}

fn note_that_it_goes_on(headquarters: &Headquarters, run: Option<&proto::Run>) {
    if let (Some(run), Output::Table) = (run, headquarters.output) {
        let history = headquarters.command(&format!("csu job history {}", run.job));
        output::note(&format!("Run {} goes on at headquarters: {history}", run.id));
    }
}

/// How far a run is, in a line.
fn so_far(run: &proto::Run) -> String {
    let status = show::run_status(run.status());
    let open = run.sessions.iter().filter(|session| show::is_open(session.status())).count();
    match run.sessions.len() {
        0 => format!("run {} of {}: {status}", run.id, run.job),
        all => format!(
            "run {} of {}: {status}, {} of {all} sessions done",
            run.id,
            run.job,
            all - open
        ),
    }
}

const fn exit(status: RunStatus) -> Exit {
    match status {
        RunStatus::Succeeded | RunStatus::NoData => Exit::Done,
        RunStatus::Unspecified
        | RunStatus::Running
        | RunStatus::Incomplete
        | RunStatus::Failed
        | RunStatus::Canceled => Exit::Failed,
    }
}

impl Run {
    fn request(&self) -> RunJobRequest {
        RunJobRequest {
            job: self.job.clone(),
            database: self.database.clone().unwrap_or_default(),
            full: self.full,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::proto::headquarters::{Session, SessionStatus};

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        run: Run,
    }

    #[test]
    fn everything_is_brought_to_one_database() {
        let request =
            |line: &str| Line::try_parse_from(line.split(' ')).map(|line| line.run.request()).ok();
        let of_store = request("run 1010 --database store-1 --full").unwrap();
        assert!(of_store.full && of_store.database == "store-1");
        assert_eq!(request("run 1010").unwrap().database, "");
        assert_eq!(request("run 1010 --full"), None);
    }

    #[test]
    fn a_run_is_done_when_nothing_is_left() {
        let done = [RunStatus::Succeeded, RunStatus::NoData];
        for number in 0..=6 {
            let status = RunStatus::try_from(number).unwrap();
            assert_eq!(exit(status) == Exit::Done, done.contains(&status), "{status:?}");
        }
    }

    #[test]
    fn a_line_says_how_far_it_is() {
        let run = proto::Run {
            id: 4,
            job: "1010".to_owned(),
            status: RunStatus::Running.into(),
            ..proto::Run::default()
        };
        assert_eq!(so_far(&run), "run 4 of 1010: running");
        let sessions = [SessionStatus::Applied, SessionStatus::Requested]
            .map(|status| Session { status: status.into(), ..Session::default() });
        let run = proto::Run { sessions: sessions.into(), ..run };
        assert_eq!(so_far(&run), "run 4 of 1010: running, 1 of 2 sessions done");
    }
}
