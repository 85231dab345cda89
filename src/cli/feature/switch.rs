//! `csu feature enable` and `csu feature disable`

use clap::Args;

use crate::{
    cli::{
        Exit, Failure, Outcome,
        feature::{self, list},
        flags::HeadquartersFlags,
        headquarters::{Headquarters, show},
    },
    proto::headquarters::{DisableFeatureRequest, EnableFeatureRequest, Feature},
};

/// Job that brings features to the channels.
const JOB: &str = "1110";

/// Enable features
///
/// One that others of the line need is enabled before them. What a feature needs beyond the line is not enabled
/// with it: the refusal says the command to run first. Channels learn of a change by job 1110, and go by it when
/// their cached configuration has expired.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  csu feature enable async-address-creation enhanced-async-customer-creation
  csu feature enable async-customer-editing")]
pub struct Enable {
    #[command(flatten)]
    keys: Keys,
}

/// Disable features
///
/// One that needs others of the line is disabled before them. What others need stays on: the refusal says the
/// command to run first. Channels learn of a change by job 1110, and go by it when their cached configuration has
/// expired.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  csu feature disable async-customer-editing
  csu feature disable async-address-creation async-customer-editing --output json")]
pub struct Disable {
    #[command(flatten)]
    keys: Keys,
}

#[derive(Debug, Args)]
struct Keys {
    /// Keys of the features, as `csu feature list` shows them
    #[arg(value_name = "KEY", required = true)]
    keys: Vec<String>,
    #[command(flatten)]
    client: HeadquartersFlags,
}

pub async fn enable(Enable { keys }: &Enable) -> Outcome {
    switch_all(keys, true).await
}

pub async fn disable(Disable { keys }: &Disable) -> Outcome {
    switch_all(keys, false).await
}

/// One after the other, to the first that is refused. What was switched by then is shown all the same.
async fn switch_all(Keys { keys, client }: &Keys, on: bool) -> Outcome {
    let headquarters = Headquarters::connect(client).await?;
    let known = list::all(&headquarters).await?;
    // Before anything changes: a slip of the pen.
    if let Some(key) = keys.iter().find(|key| !known.iter().any(|feature| feature.key == **key)) {
        let known: Vec<_> = known.iter().map(|feature| feature.key.as_str()).collect();
        let message = format!("there is no feature {key:?}");
        return Err(headquarters.not_found("FEATURE_NOT_FOUND", message, &known));
    }
    let mut keys = in_order(keys, &known);
    if !on {
        keys.reverse();
    }
    let mut switched = Vec::new();
    let mut refused = None;
    for key in keys {
        match switch(&headquarters, key.to_owned(), on).await {
            Ok(feature) => switched.extend(feature),
            Err(failure) => {
                refused = Some(failure);
                break;
            }
        }
    }
    if !switched.is_empty() {
        feature::print(&switched, headquarters.output)?;
        show::note_delay(JOB, headquarters.output);
    }
    refused.map_or(Ok(Exit::Done), Err)
}

async fn switch(
    headquarters: &Headquarters,
    key: String,
    on: bool,
) -> Result<Option<Feature>, Failure> {
    let mut features = headquarters.features();
    if on {
        let call = async |request| features.enable_feature(request).await;
        Ok(headquarters.call(EnableFeatureRequest { key }, call).await?.feature)
    } else {
        let call = async |request| features.disable_feature(request).await;
        Ok(headquarters.call(DisableFeatureRequest { key }, call).await?.feature)
    }
}

/// Each key once, and after those that it needs.
fn in_order<'a>(keys: &'a [String], known: &[Feature]) -> Vec<&'a str> {
    let needs = |key: &str, other: &str| {
        let feature = known.iter().find(|feature| feature.key == key);
        feature.is_some_and(|feature| feature.prerequisites.iter().any(|needed| needed == other))
    };
    let mut left: Vec<&str> = Vec::new();
    for key in keys {
        if !left.contains(&key.as_str()) {
            left.push(key);
        }
    }
    let mut ordered = Vec::new();
    while !left.is_empty() {
        let free = left.iter().position(|key| !left.iter().any(|other| needs(key, other)));
        // A circle would be headquarters' to refuse.
        ordered.push(left.remove(free.unwrap_or(0)));
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(needs: &[(&str, &[&str])]) -> Vec<Feature> {
        let feature = |(key, needs): &(&str, &[&str])| Feature {
            key: (*key).to_owned(),
            prerequisites: needs.iter().map(ToString::to_string).collect(),
            ..Feature::default()
        };
        needs.iter().map(feature).collect()
    }

    #[test]
    fn what_others_need_comes_first() {
        let order = |keys: &[&str], known: &[Feature]| {
            let keys: Vec<_> = keys.iter().map(ToString::to_string).collect();
            in_order(&keys, known).join(" ")
        };
        let chain = known(&[("a", &[]), ("b", &["a"]), ("c", &["a", "b"]), ("d", &[])]);
        assert_eq!(order(&["d", "c", "b", "a", "c"], &chain), "d a b c");
        assert_eq!(order(&["c", "d"], &chain), "c d");
        let circle = known(&[("a", &["b"]), ("b", &["a"])]);
        assert_eq!(order(&["b", "a"], &circle), "b a");
    }
}
