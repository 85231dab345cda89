//! Which databases this program can use.

/// Version of the newest migration. A database that is behind is migrated (SQLite) or refused (PostgreSQL, where
/// replicas of two releases run side by side while `csu migrate` has its hour).
pub(super) const VERSION: i64 = 1;

/// What stands in a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SchemaVersion {
    pub version: i64,
    /// The oldest program that can use it.
    pub oldest_program: i64,
}

/// Whether this program can use a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fitness {
    Fits,
    /// Migrations are missing.
    Behind,
    /// It was migrated for programs newer than this one.
    TooNew,
}

/// `None`: nothing was ever migrated. A database ahead of the program fits as long as it says so.
pub(super) fn fitness(found: Option<SchemaVersion>) -> Fitness {
    match found {
        None => Fitness::Behind,
        Some(found) if found.oldest_program > VERSION => Fitness::TooNew,
        Some(found) if found.version < VERSION => Fitness::Behind,
        Some(_) => Fitness::Fits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_older_program_is_refused() {
        let found = |version, oldest_program| Some(SchemaVersion { version, oldest_program });
        assert_eq!(fitness(None), Fitness::Behind);
        assert_eq!(fitness(found(VERSION - 1, 0)), Fitness::Behind);
        assert_eq!(fitness(found(VERSION, VERSION)), Fitness::Fits);
        assert_eq!(fitness(found(VERSION + 1, VERSION)), Fitness::Fits);
        assert_eq!(fitness(found(VERSION + 1, VERSION + 1)), Fitness::TooNew);
    }
}
