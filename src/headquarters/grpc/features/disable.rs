//! `DisableFeature`.

use crate::{
    domain::error::Result,
    headquarters::{
        grpc::features::message,
        operations::{Headquarters, disable_feature},
    },
    proto::headquarters::{DisableFeatureRequest, DisableFeatureResponse},
};

pub(super) async fn disable(
    headquarters: &Headquarters,
    request: DisableFeatureRequest,
) -> Result<DisableFeatureResponse> {
    let state = disable_feature(headquarters, request.key).await?;
    Ok(DisableFeatureResponse { feature: Some(message(state)) })
}
