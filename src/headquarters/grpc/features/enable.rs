//! `EnableFeature`.

use crate::{
    domain::error::Result,
    headquarters::{
        grpc::features::message,
        operations::{Headquarters, enable_feature},
    },
    proto::headquarters::{EnableFeatureRequest, EnableFeatureResponse},
};

pub(super) async fn enable(
    headquarters: &Headquarters,
    request: EnableFeatureRequest,
) -> Result<EnableFeatureResponse> {
    let state = enable_feature(headquarters, request.key).await?;
    Ok(EnableFeatureResponse { feature: Some(message(state)) })
}
