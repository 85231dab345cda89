//! `ListFeatures`.

use crate::{
    domain::error::Result,
    headquarters::{
        grpc::features::message,
        operations::{Headquarters, list_features},
    },
    proto::headquarters::ListFeaturesResponse,
};

pub(super) async fn list(headquarters: &Headquarters) -> Result<ListFeaturesResponse> {
    let features = list_features(headquarters).await?;
    Ok(ListFeaturesResponse { features: features.into_iter().map(message).collect() })
}
