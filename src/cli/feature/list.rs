//! `csu feature list`

use clap::Args;

use crate::{
    cli::{Exit, Failure, Outcome, feature, flags::HeadquartersFlags, headquarters::Headquarters},
    proto::headquarters::{Feature, ListFeaturesRequest},
};

/// List all features with their state at headquarters, and what they need
///
/// What a channel goes by is what the last 1110 brought it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  csu feature list
  csu feature list --output json | jq -r '.features[] | select(.enabled) | .key'")]
pub struct List {
    #[command(flatten)]
    client: HeadquartersFlags,
}

pub async fn run(list: &List) -> Outcome {
    let headquarters = Headquarters::connect(&list.client).await?;
    feature::print(&all(&headquarters).await?, headquarters.output)?;
    Ok(Exit::Done)
}

pub async fn all(headquarters: &Headquarters) -> Result<Vec<Feature>, Failure> {
    let call = async |request| headquarters.features().list_features(request).await;
    Ok(headquarters.call(ListFeaturesRequest {}, call).await?.features)
}
