//! `ChannelService`.

mod configuration;
mod explain_route;

use std::sync::Arc;

use tonic::{Request, Response, Status};

use crate::{
    channel::operations::Unit,
    proto::channel::{
        ExplainRouteRequest, ExplainRouteResponse, GetChannelConfigurationRequest,
        GetChannelConfigurationResponse, channel_service_server::ChannelService,
    },
    server::status::status,
};

pub struct Channel(pub(super) Arc<Unit>);

#[tonic::async_trait]
impl ChannelService for Channel {
    async fn get_channel_configuration(
        &self,
        request: Request<GetChannelConfigurationRequest>,
    ) -> Result<Response<GetChannelConfigurationResponse>, Status> {
        let answer = configuration::get(&self.0, request.into_inner()).await;
        answer.map(Response::new).map_err(|error| status(&error))
    }

    async fn explain_route(
        &self,
        request: Request<ExplainRouteRequest>,
    ) -> Result<Response<ExplainRouteResponse>, Status> {
        let context = super::context(request.extensions(), &self.0);
        let answer = explain_route::explain(&self.0, &context, request.into_inner()).await;
        answer.map(Response::new).map_err(|error| status(&error))
    }
}
