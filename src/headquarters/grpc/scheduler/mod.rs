//! `SchedulerService`.

mod cancel_run;
mod cancel_session;
mod convert;
mod list_jobs;
mod list_runs;
mod list_sessions;
mod retry_session;
mod run_job;
mod set_recurrence;

use std::{pin::Pin, sync::Arc};

use futures::Stream;
use tonic::{Request, Response, Status};

use crate::{
    headquarters::{grpc::answered, operations::Headquarters},
    proto::headquarters::{
        CancelRunRequest, CancelRunResponse, CancelSessionRequest, CancelSessionResponse,
        ListJobsRequest, ListJobsResponse, ListRunsRequest, ListRunsResponse, ListSessionsRequest,
        ListSessionsResponse, RetrySessionRequest, RetrySessionResponse, RunJobRequest,
        RunJobResponse, SetRecurrenceRequest, SetRecurrenceResponse,
        scheduler_service_server::SchedulerService,
    },
};

pub struct Scheduler(pub(super) Arc<Headquarters>);

#[tonic::async_trait]
impl SchedulerService for Scheduler {
    async fn list_jobs(
        &self,
        _request: Request<ListJobsRequest>,
    ) -> Result<Response<ListJobsResponse>, Status> {
        answered(list_jobs::list(&self.0).await)
    }

    async fn set_recurrence(
        &self,
        request: Request<SetRecurrenceRequest>,
    ) -> Result<Response<SetRecurrenceResponse>, Status> {
        answered(set_recurrence::set(&self.0, request.into_inner()).await)
    }

    type RunJobStream = Pin<Box<dyn Stream<Item = Result<RunJobResponse, Status>> + Send>>;

    async fn run_job(
        &self,
        request: Request<RunJobRequest>,
    ) -> Result<Response<Self::RunJobStream>, Status> {
        answered(run_job::run(&self.0, request.into_inner()).await)
    }

    async fn list_runs(
        &self,
        request: Request<ListRunsRequest>,
    ) -> Result<Response<ListRunsResponse>, Status> {
        answered(list_runs::list(&self.0, request.into_inner()).await)
    }

    async fn cancel_run(
        &self,
        request: Request<CancelRunRequest>,
    ) -> Result<Response<CancelRunResponse>, Status> {
        answered(cancel_run::cancel(&self.0, request.into_inner()).await)
    }

    async fn list_sessions(
        &self,
        request: Request<ListSessionsRequest>,
    ) -> Result<Response<ListSessionsResponse>, Status> {
        answered(list_sessions::list(&self.0, request.into_inner()).await)
    }

    async fn retry_session(
        &self,
        request: Request<RetrySessionRequest>,
    ) -> Result<Response<RetrySessionResponse>, Status> {
        answered(retry_session::retry(&self.0, request.into_inner()).await)
    }

    async fn cancel_session(
        &self,
        request: Request<CancelSessionRequest>,
    ) -> Result<Response<CancelSessionResponse>, Status> {
        answered(cancel_session::cancel(&self.0, request.into_inner()).await)
    }
}
