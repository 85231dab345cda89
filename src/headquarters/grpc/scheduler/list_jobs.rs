//! `ListJobs`.

use crate::{
    domain::error::Result,
    headquarters::{
        grpc::scheduler::convert,
        operations::{Headquarters, scheduler},
    },
    proto::headquarters::ListJobsResponse,
};

pub(super) async fn list(headquarters: &Headquarters) -> Result<ListJobsResponse> {
    let found = scheduler::list_jobs(headquarters).await?;
    let jobs = found.jobs.into_iter().map(convert::job).collect();
    Ok(ListJobsResponse { jobs, mode: found.mode.as_str().to_owned() })
}
