//! `ChannelSetupService`, a file for each kind of entry.

mod channels;
mod customer_groups;
mod databases;
mod default_customers;
mod functionality_profiles;
mod limits;

use std::sync::Arc;

use tonic::{Request, Response, Status};

use crate::{
    headquarters::{grpc::answered, operations::Headquarters},
    proto::headquarters::{
        DeleteCustomerGroupRequest, DeleteCustomerGroupResponse, ListChannelsRequest,
        ListChannelsResponse, ListCustomerGroupsRequest, ListCustomerGroupsResponse,
        ListDatabaseGroupsRequest, ListDatabaseGroupsResponse, ListDefaultCustomersRequest,
        ListDefaultCustomersResponse, ListFunctionalityProfilesRequest,
        ListFunctionalityProfilesResponse, ListLimitsRequest, ListLimitsResponse,
        SaveChannelRequest, SaveChannelResponse, SaveCustomerGroupRequest,
        SaveCustomerGroupResponse, SaveDatabaseGroupRequest, SaveDatabaseGroupResponse,
        SaveDatabaseRequest, SaveDatabaseResponse, SaveDefaultCustomerRequest,
        SaveDefaultCustomerResponse, SaveFunctionalityProfileRequest,
        SaveFunctionalityProfileResponse, SaveLimitRequest, SaveLimitResponse,
        channel_setup_service_server::ChannelSetupService,
    },
};

pub struct ChannelSetup(pub(super) Arc<Headquarters>);

#[tonic::async_trait]
impl ChannelSetupService for ChannelSetup {
    async fn list_channels(
        &self,
        _request: Request<ListChannelsRequest>,
    ) -> Result<Response<ListChannelsResponse>, Status> {
        answered(channels::list(&self.0).await)
    }

    async fn save_channel(
        &self,
        request: Request<SaveChannelRequest>,
    ) -> Result<Response<SaveChannelResponse>, Status> {
        answered(channels::save(&self.0, request.into_inner()).await)
    }

    async fn list_functionality_profiles(
        &self,
        _request: Request<ListFunctionalityProfilesRequest>,
    ) -> Result<Response<ListFunctionalityProfilesResponse>, Status> {
        answered(functionality_profiles::list(&self.0).await)
    }

    async fn save_functionality_profile(
        &self,
        request: Request<SaveFunctionalityProfileRequest>,
    ) -> Result<Response<SaveFunctionalityProfileResponse>, Status> {
        answered(functionality_profiles::save(&self.0, request.into_inner()).await)
    }

    async fn list_database_groups(
        &self,
        _request: Request<ListDatabaseGroupsRequest>,
    ) -> Result<Response<ListDatabaseGroupsResponse>, Status> {
        answered(databases::list_groups(&self.0).await)
    }

    async fn save_database_group(
        &self,
        request: Request<SaveDatabaseGroupRequest>,
    ) -> Result<Response<SaveDatabaseGroupResponse>, Status> {
        answered(databases::save_group(&self.0, request.into_inner()).await)
    }

    async fn save_database(
        &self,
        request: Request<SaveDatabaseRequest>,
    ) -> Result<Response<SaveDatabaseResponse>, Status> {
        answered(databases::save(&self.0, request.into_inner()).await)
    }

    async fn list_default_customers(
        &self,
        _request: Request<ListDefaultCustomersRequest>,
    ) -> Result<Response<ListDefaultCustomersResponse>, Status> {
        answered(default_customers::list(&self.0).await)
    }

    async fn save_default_customer(
        &self,
        request: Request<SaveDefaultCustomerRequest>,
    ) -> Result<Response<SaveDefaultCustomerResponse>, Status> {
        answered(default_customers::save(&self.0, request.into_inner()).await)
    }

    async fn list_customer_groups(
        &self,
        _request: Request<ListCustomerGroupsRequest>,
    ) -> Result<Response<ListCustomerGroupsResponse>, Status> {
        answered(customer_groups::list(&self.0).await)
    }

    async fn save_customer_group(
        &self,
        request: Request<SaveCustomerGroupRequest>,
    ) -> Result<Response<SaveCustomerGroupResponse>, Status> {
        answered(customer_groups::save(&self.0, request.into_inner()).await)
    }

    async fn delete_customer_group(
        &self,
        request: Request<DeleteCustomerGroupRequest>,
    ) -> Result<Response<DeleteCustomerGroupResponse>, Status> {
        answered(customer_groups::delete(&self.0, request.into_inner()).await)
    }

    async fn list_limits(
        &self,
        _request: Request<ListLimitsRequest>,
    ) -> Result<Response<ListLimitsResponse>, Status> {
        answered(limits::list(&self.0).await)
    }

    async fn save_limit(
        &self,
        request: Request<SaveLimitRequest>,
    ) -> Result<Response<SaveLimitResponse>, Status> {
        answered(limits::save(&self.0, request.into_inner()).await)
    }
}
