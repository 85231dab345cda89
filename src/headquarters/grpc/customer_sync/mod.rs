//! `CustomerSyncService`.

mod convert;
mod get_operation;
mod list_operations;

use std::sync::Arc;

use tonic::{Request, Response, Status};

use crate::{
    headquarters::{grpc::answered, operations::Headquarters},
    proto::headquarters::{
        GetOperationRequest, GetOperationResponse, ListOperationsRequest, ListOperationsResponse,
        customer_sync_service_server::CustomerSyncService,
    },
};

pub struct CustomerSync(pub(super) Arc<Headquarters>);

#[tonic::async_trait]
impl CustomerSyncService for CustomerSync {
    async fn list_operations(
        &self,
        request: Request<ListOperationsRequest>,
    ) -> Result<Response<ListOperationsResponse>, Status> {
        answered(list_operations::list(&self.0, request.into_inner()).await)
    }

    async fn get_operation(
        &self,
        request: Request<GetOperationRequest>,
    ) -> Result<Response<GetOperationResponse>, Status> {
        answered(get_operation::get(&self.0, request.into_inner()).await)
    }
}
