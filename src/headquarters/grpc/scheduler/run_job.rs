//! `RunJob`.

use std::{pin::Pin, sync::Arc};

use futures::{Stream, StreamExt as _};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use crate::{
    domain::error::Result,
    headquarters::{
        grpc::scheduler::convert,
        operations::{
            Headquarters,
            scheduler::{self, RunJob, RunState},
        },
    },
    proto::headquarters::{RunJobRequest, RunJobResponse},
    server::status::{Domain, status_of},
};

type Runs = Pin<Box<dyn Stream<Item = Result<RunJobResponse, Status>> + Send>>;

/// The run does not depend on the stream: whoever leaves it can come back by `ListRuns`.
pub(super) async fn run(headquarters: &Arc<Headquarters>, request: RunJobRequest) -> Result<Runs> {
    let RunJobRequest { job, database, full } = request;
    let database = Some(database).filter(|name| !name.is_empty());
    let run = scheduler::run_job(headquarters, RunJob { job, database, full }).await?;
    Ok(ReceiverStream::new(run).map(message).boxed())
}

fn message(state: Result<RunState>) -> Result<RunJobResponse, Status> {
    match state {
        Ok(state) => Ok(RunJobResponse { run: Some(convert::run(state)) }),
        Err(error) => Err(status_of(Domain::Headquarters, &error)),
    }
}
