//! `csu job cancel`

use clap::Args;

use crate::{
    cli::{
        Exit, Outcome,
        flags::{HeadquartersFlags, Output},
        headquarters::Headquarters,
        job::{json, show},
        output,
    },
    proto::headquarters::CancelRunRequest,
};

/// Cancel a run, and those of its sessions that no database has begun with
///
/// What is done stays done; the next run of the job does the rest.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  csu job cancel 12
  csu job cancel 12 --output json | jq -r .run.status")]
pub struct Cancel {
    /// Number of the run, as `csu job history` shows it
    #[arg(value_name = "RUN")]
    run: i64,
    #[command(flatten)]
    client: HeadquartersFlags,
}

pub async fn run(cancel: &Cancel) -> Outcome {
    let headquarters = Headquarters::connect(&cancel.client).await?;
    let request = CancelRunRequest { run: cancel.run };
    let call = async |request| headquarters.scheduler().cancel_run(request).await;
    match (headquarters.call(request, call).await?.run, headquarters.output) {
        (Some(run), form) => show::print_run(&run, form)?,
        (None, Output::Json) => output::print_json(&json::OneRun { run: None })?,
        (None, Output::Table) => {}
    }
    Ok(Exit::Done)
}
