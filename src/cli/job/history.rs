//! `csu job history`

use clap::Args;

use crate::{
    cli::{
        Exit, Outcome,
        flags::{HeadquartersFlags, Output},
        headquarters::{
            Headquarters,
            show::{note_more, time, took},
        },
        job::{json, show},
        output,
    },
    proto::headquarters::{ListRunsRequest, Run, Session},
};

/// Show what jobs have done, the latest run first
///
/// Runs that came by themselves one upon the other are counted together.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  csu job history
  csu job history 1010 --sessions --limit 5
  csu job history --output json | jq -r '.runs[] | select(.status == \"RUN_STATUS_FAILED\") | .summary'")]
pub struct History {
    /// Code of the job [default: all]
    #[arg(value_name = "JOB")]
    job: Option<String>,
    /// Show the sessions of each run too
    #[arg(long)]
    sessions: bool,
    /// Most runs to show, up to 500
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
    limit: u32,
    /// Go on where another page ended
    #[arg(long, value_name = "TOKEN")]
    page_token: Option<String>,
    #[command(flatten)]
    client: HeadquartersFlags,
}

pub async fn run(history: &History) -> Outcome {
    let headquarters = Headquarters::connect(&history.client).await?;
    let request = ListRunsRequest {
        job: history.job.clone().unwrap_or_default(),
        page_size: history.limit,
        page_token: history.page_token.clone().unwrap_or_default(),
    };
    let call = async |request| headquarters.scheduler().list_runs(request).await;
    let found = headquarters.call(request, call).await?;
    match headquarters.output {
        Output::Json => {
            let runs = found.runs.iter().map(json::Run::from).collect();
            let next_page_token = &found.next_page_token;
            output::print_json(&json::Runs { runs, next_page_token })?;
        }
        Output::Table if found.runs.is_empty() => output::note("No job has run yet."),
        Output::Table => {
            print(&found.runs, history.sessions)?;
            note_more(&found.next_page_token);
        }
    }
    Ok(Exit::Done)
}

fn print(runs: &[Run], with_sessions: bool) -> anyhow::Result<()> {
    let header = ["RUN", "JOB", "SET OFF BY", "STATUS", "BEGAN", "TOOK", "ROWS", "SIZE", "SUMMARY"];
    output::print(&output::table(header, runs.iter().map(row)))?;
    let rows: Vec<_> = runs.iter().flat_map(sessions).collect();
    if !with_sessions || rows.is_empty() {
        return Ok(());
    }
    let header = ["RUN", "SESSION", "JOB", "DATABASE", "STATUS", "FROM-TO", "ROWS", "SIZE"];
    output::print("")?;
    output::print(&output::table(header, rows))
}

fn row(run: &Run) -> [String; 9] {
    [
        run.id.to_string(),
        run.job.clone(),
        show::trigger(run),
        show::run_status(run.status()),
        time(run.start_time.as_ref()),
        took(run.start_time.as_ref(), run.end_time.as_ref()),
        run.rows.to_string(),
        output::size(run.bytes),
        run.summary.clone(),
    ]
}

fn sessions(run: &Run) -> impl Iterator<Item = [String; 8]> {
    run.sessions.iter().map(|session: &Session| {
        let [id, job, database, status, versions, rows, size] = show::cells(session);
        [run.id.to_string(), id, job, database, status, versions, rows, size]
    })
}
