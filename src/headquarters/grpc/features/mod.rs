//! `FeatureService`.

mod disable;
mod enable;
mod list;

use std::sync::Arc;

use tonic::{Request, Response, Status};

use crate::{
    headquarters::{
        grpc::answered,
        operations::{FeatureState, Headquarters},
    },
    proto::headquarters::{
        DisableFeatureRequest, DisableFeatureResponse, EnableFeatureRequest, EnableFeatureResponse,
        Feature, ListFeaturesRequest, ListFeaturesResponse, feature_service_server::FeatureService,
    },
};

pub struct Features(pub(super) Arc<Headquarters>);

#[tonic::async_trait]
impl FeatureService for Features {
    async fn list_features(
        &self,
        _request: Request<ListFeaturesRequest>,
    ) -> Result<Response<ListFeaturesResponse>, Status> {
        answered(list::list(&self.0).await)
    }

    async fn enable_feature(
        &self,
        request: Request<EnableFeatureRequest>,
    ) -> Result<Response<EnableFeatureResponse>, Status> {
        answered(enable::enable(&self.0, request.into_inner()).await)
    }

    async fn disable_feature(
        &self,
        request: Request<DisableFeatureRequest>,
    ) -> Result<Response<DisableFeatureResponse>, Status> {
        answered(disable::disable(&self.0, request.into_inner()).await)
    }
}

fn message(state: FeatureState) -> Feature {
    let FeatureState { feature, enabled } = state;
    Feature {
        key: feature.key.to_owned(),
        display_name: feature.name.to_owned(),
        description: feature.description.to_owned(),
        enabled,
        mandatory: feature.mandatory,
        prerequisites: feature.prerequisites.iter().map(ToString::to_string).collect(),
    }
}
