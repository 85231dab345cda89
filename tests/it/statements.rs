//! The two engines' SQL side by side: every statement is understood by its database, and the schemas are the same
//! but for the names of types.

use std::{collections::BTreeSet, fs, path::Path};

use csu::{channel::store as channel, headquarters::store as headquarters, storage};
use sqlx::{Connection as _, Executor as _, PgConnection, SqlSafeStr as _, SqliteConnection};

use crate::harness::{Database, Engine, START};

crate::on_both_engines!(every_statement_is_prepared);

/// Whose database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Channel,
    Headquarters,
}

const ALL: [Of; 2] = [Of::Channel, Of::Headquarters];

impl Of {
    /// All statements of one engine: those that every database needs, and its own.
    fn statements(self, engine: Engine) -> Vec<(&'static str, &'static str)> {
        match (engine, self) {
            (Engine::Sqlite, Self::Channel) => {
                [storage::sqlite::sql::ALL, channel::sqlite::sql::ALL].concat()
            }
            (Engine::Sqlite, Self::Headquarters) => [
                storage::sqlite::sql::ALL,
                headquarters::sqlite::sql::ALL,
                headquarters::sqlite::scheduler::sql::ALL,
            ]
            .concat(),
            (Engine::Postgres, Self::Channel) => {
                [storage::postgres::sql::ALL, channel::postgres::sql::ALL].concat()
            }
            (Engine::Postgres, Self::Headquarters) => [
                storage::postgres::sql::ALL,
                headquarters::postgres::sql::ALL,
                headquarters::postgres::scheduler::sql::ALL,
            ]
            .concat(),
        }
    }

    /// Statements that PostgreSQL alone needs: SQLite's one write lock is every lock, and its settings are pragmas
    /// of a connection.
    fn of_postgres_alone(self) -> BTreeSet<&'static str> {
        match self {
            Self::Channel => BTreeSet::from(["DURABILITY", "LOCK_CUSTOMERS"]),
            Self::Headquarters => BTreeSet::from([
                "DURABILITY",
                "LOCK_CUSTOMERS",
                "LOCK_ORIGIN",
                "LOCK_REGISTERED",
                "LOCK_REGISTRATIONS",
                "LOCK_SETUP",
            ]),
        }
    }

    const fn migrations(self) -> &'static str {
        match self {
            Self::Channel => "migrations/channel",
            Self::Headquarters => "migrations/headquarters",
        }
    }

    /// A database with its schema.
    async fn database(self, engine: Engine) -> Database {
        match self {
            Self::Channel => {
                let database = Database::new(engine).await;
                database.open(START).await.close().await;
                database
            }
            Self::Headquarters => {
                let database = Database::new_headquarters(engine).await;
                database.open_headquarters(START).await.close().await;
                database
            }
        }
    }
}

/// A statement that no database here understands: preparing does look at the schema.
const NONSENSE: &str = "SELECT nickname FROM customer";

async fn every_statement_is_prepared(engine: Engine) {
    for of in ALL {
        let database = of.database(engine).await;
        let mut refused = Vec::new();
        match engine {
            Engine::Sqlite => {
                let mut connection = SqliteConnection::connect(&database.url).await.unwrap();
                assert!(connection.prepare(NONSENSE.into_sql_str()).await.is_err());
                for (name, text) in of.statements(engine) {
                    let prepared = connection.prepare(text.into_sql_str()).await;
                    refused.extend(prepared.err().map(|error| format!("{name}: {error}")));
                }
            }
            Engine::Postgres => {
                let mut connection = PgConnection::connect(&database.url).await.unwrap();
                assert!(connection.prepare(NONSENSE.into_sql_str()).await.is_err());
                for (name, text) in of.statements(engine) {
                    let prepared = connection.prepare(text.into_sql_str()).await;
                    refused.extend(prepared.err().map(|error| format!("{name}: {error}")));
                }
            }
        }
        assert!(refused.is_empty(), "{of:?}: {}", refused.join("\n"));
        database.remove().await;
    }
}

#[test]
fn both_engines_have_the_same_statements() {
    let names = |all: &[(&'static str, &str)]| -> BTreeSet<&'static str> {
        all.iter().map(|(name, _)| *name).collect()
    };
    for of in ALL {
        let all = of.statements(Engine::Sqlite);
        let (ours, theirs) = (names(&all), names(&of.statements(Engine::Postgres)));
        assert!(ours.len() > 20, "the statements were found");
        assert_eq!(ours.len(), all.len(), "each name once");
        assert_eq!(ours.difference(&theirs).copied().collect::<Vec<_>>(), [""; 0]);
        let alone: BTreeSet<_> = theirs.difference(&ours).copied().collect();
        assert_eq!(alone, of.of_postgres_alone());
    }
}

#[test]
fn both_engines_have_the_same_migrations() {
    let names = |of: Of, engine: &str| -> Vec<String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = root.join(of.migrations()).join(engine);
        let mut names: Vec<_> = fs::read_dir(folder)
            .expect("the folder")
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
            .collect();
        names.sort();
        names
    };
    for of in ALL {
        let sqlite = names(of, "sqlite");
        assert_eq!(sqlite, names(of, "postgres"));
        for (number, name) in (1..).zip(&sqlite) {
            let wanted = format!("{number:04}_");
            assert!(name.starts_with(&wanted), "{name} is number {number}");
        }
    }
}

/// One column as both engines can describe it. SQLite keeps its sequences in a table of its own.
const SQLITE_COLUMNS: &str = "SELECT t.name || '.' || c.name
        || ' ' || CASE c.type WHEN 'BLOB' THEN 'bytes' ELSE lower(c.type) END
        || CASE WHEN c.\"notnull\" OR c.pk > 0 THEN ' not null' ELSE '' END
        || CASE WHEN c.pk > 0 THEN ' key ' || c.pk ELSE '' END
    FROM sqlite_schema t JOIN pragma_table_info(t.name) c
    WHERE t.type = 'table' AND t.name NOT LIKE '\\_sqlx%' ESCAPE '\\' AND t.name <> 'sqlite_sequence'";

const POSTGRES_COLUMNS: &str = "SELECT c.table_name || '.' || c.column_name
        || ' ' || CASE c.data_type WHEN 'bigint' THEN 'integer' WHEN 'uuid' THEN 'bytes'
            WHEN 'bytea' THEN 'bytes' ELSE c.data_type END
        || CASE c.is_nullable WHEN 'NO' THEN ' not null' ELSE '' END
        || coalesce((SELECT ' key ' || k.ordinal_position
            FROM information_schema.table_constraints t
            JOIN information_schema.key_column_usage k USING (constraint_schema, constraint_name)
            WHERE t.constraint_type = 'PRIMARY KEY' AND t.table_name = c.table_name
                AND k.column_name = c.column_name), '')
    FROM information_schema.columns c
    WHERE c.table_schema = current_schema() AND c.table_name NOT LIKE '\\_sqlx%'";

/// Indexes, those of constraints without the names that the engines give them.
const SQLITE_INDEXES: &str = "SELECT t.name || CASE i.origin WHEN 'c' THEN ' ' || i.name ELSE '' END
        || (SELECT group_concat(' ' || name, '') FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno))
        || CASE WHEN i.\"unique\" THEN ' unique' ELSE '' END || CASE WHEN i.partial THEN ' partial' ELSE '' END
    FROM sqlite_schema t JOIN pragma_index_list(t.name) i
    WHERE t.type = 'table' AND i.origin <> 'pk' AND t.name NOT LIKE '\\_sqlx%' ESCAPE '\\'";

const POSTGRES_INDEXES: &str = "SELECT t.relname || coalesce((SELECT '' FROM pg_constraint k
            WHERE k.conindid = i.oid), ' ' || i.relname)
        || (SELECT string_agg(' ' || a.attname, '' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = i.oid)
        || CASE WHEN x.indisunique THEN ' unique' ELSE '' END
        || CASE WHEN x.indpred IS NOT NULL THEN ' partial' ELSE '' END
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
    JOIN pg_namespace n ON n.oid = t.relnamespace
    WHERE n.nspname = current_schema() AND NOT x.indisprimary AND t.relname NOT LIKE '\\_sqlx%'";

#[tokio::test]
async fn both_engines_have_the_same_tables_columns_and_indexes() {
    for (of, columns, indexes) in [(Of::Channel, 100, 2), (Of::Headquarters, 40, 4)] {
        let sqlite = of.database(Engine::Sqlite).await;
        let postgres = of.database(Engine::Postgres).await;
        for (of_sqlite, of_postgres, at_least) in [
            (SQLITE_COLUMNS, POSTGRES_COLUMNS, columns),
            (SQLITE_INDEXES, POSTGRES_INDEXES, indexes),
        ] {
            let (mut ours, mut theirs) =
                (sqlite.texts(of_sqlite).await, postgres.texts(of_postgres).await);
            ours.sort();
            theirs.sort();
            assert!(ours.len() >= at_least, "the schema was read: {ours:?}");
            assert_eq!(ours, theirs);
        }
        postgres.remove().await;
    }
}
