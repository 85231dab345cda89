//! `CustomerService`.

mod add_address;
mod create;
mod get;
mod lookup_request;
mod search;
mod update;

use std::sync::Arc;

use tonic::{Request, Response, Status};

use crate::{
    channel::operations::Unit,
    proto::channel::{
        AddAddressRequest, AddAddressResponse, CreateCustomerRequest, CreateCustomerResponse,
        GetCustomerRequest, GetCustomerResponse, LookupRequestRequest, LookupRequestResponse,
        SearchCustomersRequest, SearchCustomersResponse, UpdateCustomerRequest,
        UpdateCustomerResponse, customer_service_server::CustomerService,
    },
    server::status::status,
};

pub struct Customers(pub(super) Arc<Unit>);

#[tonic::async_trait]
impl CustomerService for Customers {
    async fn create_customer(
        &self,
        request: Request<CreateCustomerRequest>,
    ) -> Result<Response<CreateCustomerResponse>, Status> {
        let context = super::context(request.extensions(), &self.0);
        let answer = create::create(&self.0, &context, request.into_inner()).await;
        answer.map(Response::new).map_err(|error| status(&error))
    }

    async fn update_customer(
        &self,
        request: Request<UpdateCustomerRequest>,
    ) -> Result<Response<UpdateCustomerResponse>, Status> {
        let context = super::context(request.extensions(), &self.0);
        let answer = update::update(&self.0, &context, request.into_inner()).await;
        answer.map(Response::new).map_err(|error| status(&error))
    }

    async fn add_address(
        &self,
        request: Request<AddAddressRequest>,
    ) -> Result<Response<AddAddressResponse>, Status> {
        let context = super::context(request.extensions(), &self.0);
        let answer = add_address::add_address(&self.0, &context, request.into_inner()).await;
        answer.map(Response::new).map_err(|error| status(&error))
    }

    async fn get_customer(
        &self,
        request: Request<GetCustomerRequest>,
    ) -> Result<Response<GetCustomerResponse>, Status> {
        let answer = get::get(&self.0, request.into_inner()).await;
        answer.map(Response::new).map_err(|error| status(&error))
    }

    async fn search_customers(
        &self,
        request: Request<SearchCustomersRequest>,
    ) -> Result<Response<SearchCustomersResponse>, Status> {
        let answer = search::search(&self.0, request.into_inner()).await;
        answer.map(Response::new).map_err(|error| status(&error))
    }

    async fn lookup_request(
        &self,
        request: Request<LookupRequestRequest>,
    ) -> Result<Response<LookupRequestResponse>, Status> {
        let context = super::context(request.extensions(), &self.0);
        let answer = lookup_request::lookup_request(&self.0, &context, request.into_inner()).await;
        answer.map(Response::new).map_err(|error| status(&error))
    }
}
