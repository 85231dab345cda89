//! `csu job sessions`

use clap::Args;

use crate::{
    cli::{
        Exit, Outcome,
        flags::{HeadquartersFlags, Output},
        headquarters::{
            Headquarters,
            show::{note_more, time},
        },
        job::{json, show},
        output,
    },
    proto::headquarters::{ListSessionsRequest, Session},
};

/// Show the sessions that bring data to channel databases and from them, the latest first
///
/// Those of a job and database are applied one after the other.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  csu job sessions --open
  csu job sessions --database store-1 --job 1010
  csu job sessions --open --output json | jq -r '.sessions[] | select(.database_connected | not) | .database'")]
pub struct Sessions {
    /// Only those that have not come to their end
    #[arg(long)]
    open: bool,
    /// Name of the channel database [default: all]
    #[arg(long, value_name = "NAME")]
    database: Option<String>,
    /// Code of the job [default: all]
    #[arg(long, value_name = "JOB")]
    job: Option<String>,
    /// Most sessions to show, up to 500
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
    limit: u32,
    /// Go on where another page ended
    #[arg(long, value_name = "TOKEN")]
    page_token: Option<String>,
    #[command(flatten)]
    client: HeadquartersFlags,
}

pub async fn run(sessions: &Sessions) -> Outcome {
    let headquarters = Headquarters::connect(&sessions.client).await?;
    let call = async |request| headquarters.scheduler().list_sessions(request).await;
    let found = headquarters.call(sessions.request(), call).await?;
    match headquarters.output {
        Output::Json => {
            let sessions = found.sessions.iter().map(json::Session::from).collect();
            let next_page_token = &found.next_page_token;
            output::print_json(&json::Sessions { sessions, next_page_token })?;
        }
        Output::Table if found.sessions.is_empty() => {
            output::note(if sessions.open { "No session is open." } else { "No session found." });
        }
        Output::Table => {
            let header = [
                "SESSION", "JOB", "DATABASE", "STATUS", "FROM-TO", "ROWS", "SIZE", "TRIES", "MADE",
                "ERROR",
            ];
            output::print(&output::table(header, found.sessions.iter().map(row)))?;
            note_more(&found.next_page_token);
        }
    }
    Ok(Exit::Done)
}

impl Sessions {
    fn request(&self) -> ListSessionsRequest {
        ListSessionsRequest {
            job: self.job.clone().unwrap_or_default(),
            database: self.database.clone().unwrap_or_default(),
            open: self.open,
            page_size: self.limit,
            page_token: self.page_token.clone().unwrap_or_default(),
        }
    }
}

fn row(session: &Session) -> [String; 10] {
    let [id, job, database, status, versions, rows, size] = show::cells(session);
    let tries = session.try_count.to_string();
    let made = time(session.create_time.as_ref());
    [id, job, database, status, versions, rows, size, tries, made, session.error.clone()]
}
