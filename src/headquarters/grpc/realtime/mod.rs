//! `RealtimeService`.

mod add_address;
mod create_customer;
mod lookup_request;
mod update_customer;

use std::sync::Arc;

use tonic::{Request, Response, Status};

use crate::{
    headquarters::{
        grpc::{answered, deadline},
        operations::Headquarters,
    },
    proto::headquarters::{
        AddAddressRequest, AddAddressResponse, CreateCustomerRequest, CreateCustomerResponse,
        LookupRequestRequest, LookupRequestResponse, UpdateCustomerRequest, UpdateCustomerResponse,
        realtime_service_server::RealtimeService,
    },
};

pub struct Realtime(pub(super) Arc<Headquarters>);

#[tonic::async_trait]
impl RealtimeService for Realtime {
    async fn create_customer(
        &self,
        request: Request<CreateCustomerRequest>,
    ) -> Result<Response<CreateCustomerResponse>, Status> {
        let until = deadline(request.extensions());
        answered(create_customer::create(&self.0, until, request.into_inner()).await)
    }

    async fn update_customer(
        &self,
        request: Request<UpdateCustomerRequest>,
    ) -> Result<Response<UpdateCustomerResponse>, Status> {
        let until = deadline(request.extensions());
        answered(update_customer::update(&self.0, until, request.into_inner()).await)
    }

    async fn add_address(
        &self,
        request: Request<AddAddressRequest>,
    ) -> Result<Response<AddAddressResponse>, Status> {
        let until = deadline(request.extensions());
        answered(add_address::add(&self.0, until, request.into_inner()).await)
    }

    async fn lookup_request(
        &self,
        request: Request<LookupRequestRequest>,
    ) -> Result<Response<LookupRequestResponse>, Status> {
        answered(lookup_request::lookup(&self.0, request.into_inner()).await)
    }
}
