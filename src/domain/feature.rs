//! The features of the product and what they need of each other.

use std::collections::BTreeSet;

use crate::domain::error::{Error, Result};

/// A feature as feature management shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Feature {
    /// Stable; 1110 brings states under it.
    pub key: &'static str,
    pub name: &'static str,
    pub description: &'static str,
    /// Always on.
    pub mandatory: bool,
    /// Keys of what has to be on for it.
    pub prerequisites: &'static [&'static str],
}

/// P.
pub const ORDER_PERFORMANCE: &str = "order-performance-improvements";
/// F1.
pub const ENHANCED_ASYNC_CUSTOMER_CREATION: &str = "enhanced-async-customer-creation";
/// F2.
pub const ASYNC_ADDRESS_CREATION: &str = "async-address-creation";
/// F3.
pub const ASYNC_CUSTOMER_EDITING: &str = "async-customer-editing";

/// All of them, what is needed before what needs it.
pub const ALL: &[Feature] = &[
    Feature {
        key: ORDER_PERFORMANCE,
        name: "Performance improvements for customer orders and customer transactions",
        description: "Orders and transactions of customers without a number are kept apart until it is there.",
        mandatory: true,
        prerequisites: &[],
    },
    Feature {
        key: ENHANCED_ASYNC_CUSTOMER_CREATION,
        name: "Enable enhanced async customer creation",
        description: "Async creation takes titles, secondary contacts and affiliations too.",
        mandatory: false,
        prerequisites: &[],
    },
    Feature {
        key: ASYNC_ADDRESS_CREATION,
        name: "Enable asynchronous creation for customer addresses",
        description: "New addresses are written in the channel, whatever customer they belong to.",
        mandatory: false,
        prerequisites: &[],
    },
    Feature {
        key: ASYNC_CUSTOMER_EDITING,
        name: "Enable editing customers in asynchronous mode",
        description: "Changes of customers and addresses are written in the channel.",
        mandatory: false,
        prerequisites: &[
            ORDER_PERFORMANCE,
            ENHANCED_ASYNC_CUSTOMER_CREATION,
            ASYNC_ADDRESS_CREATION,
        ],
    },
];

/// The feature with this key.
///
/// # Errors
/// `FeatureNotFound`.
pub fn find(key: &str) -> Result<&'static Feature> {
    ALL.iter()
        .find(|feature| feature.key == key)
        .ok_or_else(|| Error::FeatureNotFound { key: key.chars().take(60).collect() })
}

/// Whether the feature is on, where `enabled` are those that were enabled.
pub fn is_on(feature: &Feature, enabled: &BTreeSet<String>) -> bool {
    feature.mandatory || enabled.contains(feature.key)
}

/// Whether the feature may be enabled.
///
/// # Errors
/// `FeaturePrerequisitesMissing` names all that are.
pub fn check_enabling(feature: &Feature, enabled: &BTreeSet<String>) -> Result<()> {
    let off = |key: &&&str| find(key).is_ok_and(|needed| !is_on(needed, enabled));
    let missing: Vec<_> =
        feature.prerequisites.iter().filter(off).map(ToString::to_string).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::FeaturePrerequisitesMissing { key: feature.key.to_owned(), missing })
}

/// Whether the feature may be disabled.
///
/// # Errors
/// `FeatureMandatory`; `FeatureRequiredByOthers` names all enabled ones that need it.
pub fn check_disabling(feature: &Feature, enabled: &BTreeSet<String>) -> Result<()> {
    if feature.mandatory {
        return Err(Error::FeatureMandatory { key: feature.key.to_owned() });
    }
    let needs_it =
        |other: &&Feature| is_on(other, enabled) && other.prerequisites.contains(&feature.key);
    let others: Vec<_> = ALL.iter().filter(needs_it).map(|other| other.key.to_owned()).collect();
    if others.is_empty() {
        return Ok(());
    }
    Err(Error::FeatureRequiredByOthers { key: feature.key.to_owned(), others })
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, sample::select};

    use super::*;

    fn enabled(keys: &[&str]) -> BTreeSet<String> {
        keys.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn editing_needs_enhanced_creation_and_addresses() {
        let editing = find(ASYNC_CUSTOMER_EDITING).unwrap();
        let missing = |keys: &[&str]| match check_enabling(editing, &enabled(keys)) {
            Err(Error::FeaturePrerequisitesMissing { missing, .. }) => missing,
            other => panic!("{other:?}"),
        };
        assert_eq!(missing(&[]), [ENHANCED_ASYNC_CUSTOMER_CREATION, ASYNC_ADDRESS_CREATION]);
        assert_eq!(missing(&[ASYNC_ADDRESS_CREATION]), [ENHANCED_ASYNC_CUSTOMER_CREATION]);
        let both = [ENHANCED_ASYNC_CUSTOMER_CREATION, ASYNC_ADDRESS_CREATION];
        assert_eq!(check_enabling(editing, &enabled(&both)), Ok(()));
    }

    #[test]
    fn what_another_needs_stays_on() {
        let all = enabled(&[
            ENHANCED_ASYNC_CUSTOMER_CREATION,
            ASYNC_ADDRESS_CREATION,
            ASYNC_CUSTOMER_EDITING,
        ]);
        let addresses = find(ASYNC_ADDRESS_CREATION).unwrap();
        let others = vec![ASYNC_CUSTOMER_EDITING.to_owned()];
        let key = ASYNC_ADDRESS_CREATION.to_owned();
        assert_eq!(
            check_disabling(addresses, &all),
            Err(Error::FeatureRequiredByOthers { key, others })
        );
        assert_eq!(check_disabling(addresses, &enabled(&[ASYNC_ADDRESS_CREATION])), Ok(()));
        assert!(matches!(
            check_disabling(find(ORDER_PERFORMANCE).unwrap(), &all),
            Err(Error::FeatureMandatory { .. })
        ));
        assert!(matches!(find("shoes"), Err(Error::FeatureNotFound { .. })));
    }

    proptest! {
        /// Whatever is tried in whatever order, nothing is ever on without what it needs.
        #[test]
        fn prerequisites_hold_both_ways(steps in proptest::collection::vec((select(ALL), any::<bool>()), 0..30)) {
            let mut on = BTreeSet::new();
            for (feature, enable) in steps {
                if enable && check_enabling(&feature, &on).is_ok() {
                    on.insert(feature.key.to_owned());
                } else if !enable && check_disabling(&feature, &on).is_ok() {
                    on.remove(feature.key);
                }
                for feature in ALL.iter().filter(|feature| is_on(feature, &on)) {
                    for needed in feature.prerequisites {
                        prop_assert!(is_on(find(needed).unwrap(), &on));
                    }
                }
            }
        }
    }
}
