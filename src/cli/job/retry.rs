//! `csu job retry` and `csu job cancel-session`

use clap::Args;

use crate::{
    cli::{Exit, Outcome, flags::HeadquartersFlags, headquarters::Headquarters, job::show},
    proto::headquarters::{CancelSessionRequest, RetrySessionRequest},
};

/// Offer a suspended session to its database again
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  csu job retry 7
  csu job retry 7 --output json | jq -r .session.status")]
pub struct Retry {
    #[command(flatten)]
    session: Session,
}

/// Cancel a session and those of its job and database that come after it
///
/// The next run of the job begins at the version that the database has.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  csu job cancel-session 7
  csu job cancel-session 7 && csu job run 1010 --database store-1")]
pub struct CancelSession {
    #[command(flatten)]
    session: Session,
}

#[derive(Debug, Args)]
struct Session {
    /// Number of the session, as `csu job sessions` shows it
    #[arg(value_name = "SESSION")]
    session: i64,
    #[command(flatten)]
    client: HeadquartersFlags,
}

pub async fn run(Retry { session }: &Retry) -> Outcome {
    let headquarters = Headquarters::connect(&session.client).await?;
    let request = RetrySessionRequest { session: session.session };
    let call = async |request| headquarters.scheduler().retry_session(request).await;
    let retried = headquarters.call(request, call).await?.session;
    show::print_session(retried.as_ref(), headquarters.output)?;
    Ok(Exit::Done)
}

pub async fn cancel(CancelSession { session }: &CancelSession) -> Outcome {
    let headquarters = Headquarters::connect(&session.client).await?;
    let request = CancelSessionRequest { session: session.session };
    let call = async |request| headquarters.scheduler().cancel_session(request).await;
    let canceled = headquarters.call(request, call).await?.session;
    show::print_session(canceled.as_ref(), headquarters.output)?;
    Ok(Exit::Done)
}
