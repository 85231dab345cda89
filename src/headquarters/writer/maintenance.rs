//! What is changed between two batches: the inbox, the setup and the registrations.

use uuid::Uuid;

use crate::{
    domain::{
        error::Result,
        origin::Origin,
        setup::Setup,
        submission::Submission,
        time::Timestamp,
        upload::{self, Position},
    },
    headquarters::store::{RegisteredDatabase, SharedStore, VersionedSetup},
    storage::StoreResult,
};

pub(super) async fn change_setup(
    store: &SharedStore,
    change: impl FnOnce(&mut Setup) -> Result<()>,
) -> StoreResult<Result<VersionedSetup>> {
    let mut transaction = store.begin().await?;
    let before = transaction.lock_setup().await?;
    let mut setup = before.setup.clone();
    if let Err(refused) = change(&mut setup) {
        return Ok(Err(refused));
    }
    let after = versioned(&before, setup);
    if after != before {
        transaction.change_setup(&before, &after).await?;
        transaction.commit().await?;
    }
    Ok(Ok(after))
}

pub(super) async fn register(
    store: &SharedStore,
    name: &str,
    database_id: Uuid,
    judge: impl FnOnce(&[RegisteredDatabase]) -> Result<RegisteredDatabase>,
) -> StoreResult<Result<()>> {
    let mut transaction = store.begin().await?;
    let known = transaction.lock_registrations(name, database_id).await?;
    let registration = match judge(&known) {
        Ok(registration) => registration,
        Err(refused) => return Ok(Err(refused)),
    };
    transaction.register(&registration).await?;
    transaction.commit().await?;
    Ok(Ok(()))
}

pub(super) async fn receive(
    store: &SharedStore,
    now: Timestamp,
    origin: Origin,
    submissions: &[Submission],
) -> StoreResult<Result<Position>> {
    let mut transaction = store.begin().await?;
    let position = transaction.lock_origin(origin).await?;
    let first = submissions.iter().find_map(|submission| submission.capture);
    let known = match first.filter(|first| first.counter <= position.last_counter) {
        Some(first) => transaction.received(origin, first.counter, position.last_counter).await?,
        None => Vec::new(),
    };
    let fresh = match upload::fresh(position, &known, submissions) {
        Ok(fresh) => fresh,
        Err(refused) => return Ok(Err(refused)),
    };
    let after = position.after(fresh);
    if after != position {
        transaction.receive(origin, fresh, now, after).await?;
        transaction.commit().await?;
    }
    Ok(Ok(after))
}

/// The setup under new versions of the packages that bring what has changed: features and limits come by 1110,
/// everything else by 1070.
fn versioned(before: &VersionedSetup, setup: Setup) -> VersionedSetup {
    let mut version = before.version;
    let as_before = Setup {
        features: before.setup.features.clone(),
        limits: before.setup.limits.clone(),
        ..setup.clone()
    };
    if as_before != setup {
        version.global_configuration += 1;
    }
    if as_before != before.setup {
        version.channel_configuration += 1;
    }
    VersionedSetup { setup, version }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        configuration::{ConfigurationVersion, DefaultCustomer},
        feature,
        setup::{Channel, DatabaseGroup, FunctionalityProfile},
    };

    type Change = fn(&mut Setup) -> Result<()>;

    /// The versions of 1070 and 1110 after a change of the demo company.
    fn after(change: Change) -> (i64, i64) {
        let version = ConfigurationVersion { channel_configuration: 4, global_configuration: 7 };
        let before = VersionedSetup { setup: Setup::demo("store-1"), version };
        let mut setup = before.setup.clone();
        change(&mut setup).unwrap();
        let after = versioned(&before, setup);
        (after.version.channel_configuration, after.version.global_configuration)
    }

    fn of_channel(database: &str) -> Channel {
        Channel {
            country: "US".to_owned(),
            functionality_profile: "async".to_owned(),
            default_customer: "default".to_owned(),
            database: database.to_owned(),
        }
    }

    #[test]
    fn each_change_has_the_version_of_the_package_that_brings_it() {
        let of_1070: &[Change] = &[
            |setup| setup.save_channel("BOSTON", of_channel("store-1")),
            |setup| setup.save_functionality_profile("x", FunctionalityProfile::default()),
            |setup| {
                let filter_shared_customer_data_tables = true;
                let group = DatabaseGroup { filter_shared_customer_data_tables };
                setup.save_database_group("default", group)
            },
            |setup| setup.save_database("store-2", ""),
            |setup| {
                let customer: DefaultCustomer = setup.default_customers["default"].clone();
                setup.save_default_customer("other", customer)
            },
            |setup| setup.save_customer_group("40", "Friends"),
            |setup| setup.delete_customer_group("90"),
        ];
        for change in of_1070 {
            assert_eq!(after(*change), (5, 7));
        }
        let of_1110: &[Change] = &[
            |setup| setup.disable(feature::ASYNC_CUSTOMER_EDITING),
            |setup| setup.save_limit("email", 100),
        ];
        for change in of_1110 {
            assert_eq!(after(*change), (4, 8));
        }
        let both: Change = |setup| {
            setup.save_limit("email", 100)?;
            setup.save_customer_group("40", "Friends")
        };
        assert_eq!(after(both), (5, 8));
    }

    #[test]
    fn what_changes_nothing_has_no_version() {
        let nothing: &[Change] = &[
            |_| Ok(()),
            |setup| setup.save_customer_group("30", "Retail customers"),
            |setup| setup.enable(feature::ASYNC_CUSTOMER_EDITING),
            |setup| setup.enable(feature::ORDER_PERFORMANCE),
            |setup| setup.save_limit("email", 0),
        ];
        for change in nothing {
            assert_eq!(after(*change), (4, 7));
        }
    }
}
