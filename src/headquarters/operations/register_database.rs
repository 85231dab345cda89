//! Makes a channel database known, and keeps it so.

use std::time::Duration;

use crate::{
    domain::{
        configuration::ConfigurationVersion,
        error::{Error, Result},
        job::AppliedVersions,
        origin::Origin,
        time::Timestamp,
    },
    headquarters::{operations::Headquarters, store::RegisteredDatabase},
};

/// How long a name is in use after its database was last heard of. Units register again several times within it, so
/// that one which lives never loses its name; and a database that was lost can be replaced after this time.
pub const NAME_IN_USE_FOR: Duration = Duration::from_mins(2);

/// A database that registers, or is heard of again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterDatabase {
    pub name: String,
    pub origin: Origin,
    pub program_version: String,
}

/// What a registered database needs before its first write.
#[derive(Clone, PartialEq, Eq)]
pub struct Registration {
    pub request_hash_key: [u8; 32],
    /// What headquarters has for it.
    pub version: ConfigurationVersion,
}

/// # Errors
/// `DatabaseNotConfigured`, `DatabaseNameInUse`, `StoreConflict`, `Unavailable`.
pub async fn register_database(
    headquarters: &Headquarters,
    request: RegisterDatabase,
) -> Result<Registration> {
    let setup = headquarters.store.setup().await?;
    // Databases are never deleted from the setup, so that this holds from here on.
    if !setup.setup.databases.contains_key(&request.name) {
        // Names of ours are shorter; what is longer is not repeated whole.
        return Err(Error::DatabaseNotConfigured { name: request.name.chars().take(60).collect() });
    }
    let now = headquarters.clock.now();
    let (name, database_id) = (request.name.clone(), request.origin.database_id);
    let judge = move |known: &[RegisteredDatabase]| judge(known, request, now);
    headquarters.writer.register(name, database_id, judge).await?;
    let request_hash_key = headquarters.identity.request_hash_key;
    Ok(Registration { request_hash_key, version: setup.version })
}

/// The registration as it is to be written. `known` are those with this name or this database id.
fn judge(
    known: &[RegisteredDatabase],
    request: RegisterDatabase,
    now: Timestamp,
) -> Result<RegisteredDatabase> {
    let RegisterDatabase { name, origin, program_version } = request;
    let is_used = known.iter().any(|other| {
        if other.origin.database_id == origin.database_id {
            // It was restored or cloned since: what speaks here is the life before.
            other.origin.incarnation > origin.incarnation
        } else {
            other.name == name && now.since(other.last_seen_at) < NAME_IN_USE_FOR
        }
    });
    if is_used {
        return Err(Error::DatabaseNameInUse { name });
    }
    let same = known.iter().find(|other| other.name == name && other.origin == origin);
    Ok(RegisteredDatabase {
        name,
        origin,
        program_version,
        registered_at: same.map_or(now, |same| same.registered_at),
        last_seen_at: now,
        applied: same.map_or_else(AppliedVersions::default, |same| same.applied),
        connected_until: same.map_or(Timestamp(0), |same| same.connected_until),
    })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const NOW: Timestamp = Timestamp(10_000_000);

    fn origin(database: u128, incarnation: i64) -> Origin {
        Origin { database_id: Uuid::from_u128(database), incarnation }
    }

    fn seen(name: &str, origin: Origin, before: Duration) -> RegisteredDatabase {
        RegisteredDatabase {
            name: name.to_owned(),
            origin,
            program_version: "0.1.0".to_owned(),
            registered_at: Timestamp(1),
            last_seen_at: NOW.minus(before),
            applied: AppliedVersions::default(),
            connected_until: Timestamp(0),
        }
    }

    fn register(known: &[RegisteredDatabase], origin: Origin) -> Result<RegisteredDatabase> {
        let program_version = "0.2.0".to_owned();
        judge(known, RegisterDatabase { name: "store-1".to_owned(), origin, program_version }, NOW)
    }

    fn in_use() -> Result<RegisteredDatabase> {
        Err(Error::DatabaseNameInUse { name: "store-1".to_owned() })
    }

    #[test]
    fn a_free_name_is_taken_and_kept() {
        let new = register(&[], origin(1, 1)).unwrap();
        assert_eq!((new.registered_at, new.last_seen_at), (NOW, NOW));
        // A replica of the same database, or the same process again.
        let again = register(&[seen("store-1", origin(1, 1), Duration::ZERO)], origin(1, 1));
        let again = again.unwrap();
        assert_eq!((again.registered_at, again.last_seen_at), (Timestamp(1), NOW));
        assert_eq!(again.program_version, "0.2.0");
    }

    #[test]
    fn a_name_is_in_use_until_its_database_was_silent_long_enough() {
        let silent = |time| register(&[seen("store-1", origin(2, 1), time)], origin(1, 1));
        assert_eq!(silent(Duration::ZERO), in_use());
        assert_eq!(silent(Duration::from_millis(119_999)), in_use());
        assert_eq!(silent(NAME_IN_USE_FOR).unwrap().registered_at, NOW);
        // Its clock was ahead of ours: it is no older than now.
        let ahead = RegisteredDatabase {
            last_seen_at: NOW.plus(Duration::from_hours(1)),
            ..seen("store-1", origin(2, 1), Duration::ZERO)
        };
        assert_eq!(register(&[ahead], origin(1, 1)), in_use());
    }

    #[test]
    fn a_new_life_takes_over_at_once_and_the_old_one_is_refused() {
        let second = seen("store-1", origin(1, 2), Duration::ZERO);
        assert_eq!(register(std::slice::from_ref(&second), origin(1, 1)), in_use());
        assert_eq!(register(&[second], origin(1, 3)).unwrap().registered_at, NOW);
        // However long ago, and under whatever name.
        let elsewhere = seen("store-2", origin(1, 2), Duration::from_hours(1_000));
        assert_eq!(register(&[elsewhere], origin(1, 1)), in_use());
    }

    #[test]
    fn a_database_may_move_to_a_name_that_is_free() {
        let elsewhere = seen("store-2", origin(1, 1), Duration::ZERO);
        let moved = register(std::slice::from_ref(&elsewhere), origin(1, 1)).unwrap();
        assert_eq!((moved.name.as_str(), moved.registered_at), ("store-1", NOW));
        let other = seen("store-1", origin(2, 1), Duration::ZERO);
        assert_eq!(register(&[elsewhere, other], origin(1, 1)), in_use());
    }
}
