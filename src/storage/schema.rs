//! Which databases this program can use.

use sqlx::migrate::Migrator;

/// What one database's schema is to this program. Where they differ, the channel's and headquarters' each have
/// their own.
pub struct Schema {
    pub sqlite: &'static Migrator,
    pub postgres: &'static Migrator,
    /// Version of the newest migration. A database that is behind is migrated (SQLite) or refused (PostgreSQL,
    /// where replicas of two releases run side by side while `csu migrate` has its hour).
    pub version: i64,
    /// The flag that names the database (`--channel-database`), for texts that say which command to run.
    pub flag: &'static str,
}

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

impl Schema {
    /// `None`: nothing was ever migrated. A database ahead of the program fits as long as it says so.
    pub(super) fn fitness(&self, found: Option<SchemaVersion>) -> Fitness {
        match found {
            None => Fitness::Behind,
            Some(found) if found.oldest_program > self.version => Fitness::TooNew,
            Some(found) if found.version < self.version => Fitness::Behind,
            Some(_) => Fitness::Fits,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static NOTHING: Migrator = Migrator::DEFAULT;
    const VERSION: i64 = 3;

    #[test]
    fn only_an_older_program_is_refused() {
        let schema =
            Schema { sqlite: &NOTHING, postgres: &NOTHING, version: VERSION, flag: "--database" };
        let found = |version, oldest_program| Some(SchemaVersion { version, oldest_program });
        assert_eq!(schema.fitness(None), Fitness::Behind);
        assert_eq!(schema.fitness(found(VERSION - 1, 0)), Fitness::Behind);
        assert_eq!(schema.fitness(found(VERSION, VERSION)), Fitness::Fits);
        assert_eq!(schema.fitness(found(VERSION + 1, VERSION)), Fitness::Fits);
        assert_eq!(schema.fitness(found(VERSION + 1, VERSION + 1)), Fitness::TooNew);
    }
}
