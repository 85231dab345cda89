//! Feature management.

use std::{collections::BTreeMap, sync::Arc};

use csu::{
    domain::{
        feature::{
            ASYNC_ADDRESS_CREATION, ASYNC_CUSTOMER_EDITING, ENHANCED_ASYNC_CUSTOMER_CREATION,
            ORDER_PERFORMANCE,
        },
        setup::Setup,
    },
    proto::headquarters::{
        DisableFeatureRequest, EnableFeatureRequest, Feature, ListFeaturesRequest,
    },
    runtime::clock::TestClock,
};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::versions;
use crate::harness::{Engine, Headquarters, START, requests::reason};

crate::on_both_engines!(features_are_enabled_in_order, features_are_disabled_in_order);

async fn list(headquarters: &Headquarters) -> Vec<Feature> {
    let answer = headquarters.features().list_features(ListFeaturesRequest {}).await.unwrap();
    answer.into_inner().features
}

async fn enabled(headquarters: &Headquarters) -> Vec<String> {
    let features = list(headquarters).await.into_iter();
    features.filter(|feature| feature.enabled).map(|feature| feature.key).collect()
}

async fn enable(headquarters: &Headquarters, key: &str) -> Result<Feature, Status> {
    let request = EnableFeatureRequest { key: key.to_owned() };
    let answer = headquarters.features().enable_feature(request).await?.into_inner();
    Ok(answer.feature.expect("a feature"))
}

async fn disable(headquarters: &Headquarters, key: &str) -> Result<Feature, Status> {
    let request = DisableFeatureRequest { key: key.to_owned() };
    let answer = headquarters.features().disable_feature(request).await?.into_inner();
    Ok(answer.feature.expect("a feature"))
}

fn metadata(status: &Status, key: &str) -> String {
    status.get_details_error_info().expect("an ErrorInfo").metadata[key].clone()
}

async fn features_are_enabled_in_order(engine: Engine) {
    let setup = Setup { features: BTreeMap::new(), ..Setup::demo("store-1") };
    let clock = Arc::new(TestClock::new(START));
    let headquarters = Headquarters::with(engine, clock, setup).await;
    let all = list(&headquarters).await;
    assert_eq!(all.len(), 4);
    assert!(all.iter().all(|it| !it.display_name.is_empty() && !it.description.is_empty()));
    assert!(all[0].mandatory && all[0].enabled && all[0].key == ORDER_PERFORMANCE);
    assert_eq!(all[3].prerequisites.len(), 3);
    assert_eq!(enabled(&headquarters).await, [ORDER_PERFORMANCE]);

    let refused = enable(&headquarters, ASYNC_CUSTOMER_EDITING).await.unwrap_err();
    let expected = (Code::FailedPrecondition, "FEATURE_PREREQUISITES_MISSING".to_owned());
    assert_eq!(reason(&refused), expected);
    let missing = format!("{ENHANCED_ASYNC_CUSTOMER_CREATION},{ASYNC_ADDRESS_CREATION}");
    assert_eq!(metadata(&refused, "missing"), missing);
    for key in [ENHANCED_ASYNC_CUSTOMER_CREATION, ASYNC_ADDRESS_CREATION, ASYNC_CUSTOMER_EDITING] {
        let feature = enable(&headquarters, key).await.unwrap();
        assert!(feature.enabled && feature.key == key);
    }
    assert_eq!(enabled(&headquarters).await.len(), 4);
    assert_eq!(versions(&headquarters).await, (1, 4), "1110 brings them");
    // What is on stays on, and that is no change.
    enable(&headquarters, ASYNC_CUSTOMER_EDITING).await.unwrap();
    enable(&headquarters, ORDER_PERFORMANCE).await.unwrap();
    assert_eq!(versions(&headquarters).await, (1, 4));

    let refused = enable(&headquarters, "shoes").await.unwrap_err();
    assert_eq!(reason(&refused), (Code::NotFound, "FEATURE_NOT_FOUND".to_owned()));
    headquarters.close().await;
}

async fn features_are_disabled_in_order(engine: Engine) {
    let mut headquarters = Headquarters::new(engine).await;
    let refused = disable(&headquarters, ASYNC_ADDRESS_CREATION).await.unwrap_err();
    let expected = (Code::FailedPrecondition, "FEATURE_REQUIRED_BY_OTHERS".to_owned());
    assert_eq!(reason(&refused), expected);
    assert_eq!(metadata(&refused, "required_by"), ASYNC_CUSTOMER_EDITING);
    let refused = disable(&headquarters, ORDER_PERFORMANCE).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::FailedPrecondition, "FEATURE_MANDATORY".to_owned()));
    for key in [ASYNC_CUSTOMER_EDITING, ASYNC_ADDRESS_CREATION] {
        assert!(!disable(&headquarters, key).await.unwrap().enabled);
    }
    let on = [ORDER_PERFORMANCE, ENHANCED_ASYNC_CUSTOMER_CREATION];
    assert_eq!(enabled(&headquarters).await, on);
    assert_eq!(versions(&headquarters).await, (1, 3));
    let refused = disable(&headquarters, "").await.unwrap_err();
    assert_eq!(reason(&refused), (Code::NotFound, "FEATURE_NOT_FOUND".to_owned()));
    headquarters.stop().await;
    headquarters.start().await;
    assert_eq!(enabled(&headquarters).await, on);
    headquarters.close().await;
}
