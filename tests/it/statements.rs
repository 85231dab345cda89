//! The two engines' SQL side by side: every statement is understood by its database, and the schemas are the same
//! but for the names of types.

use std::{collections::BTreeSet, fs, path::Path};

use csu::channel::store::{postgres::sql as postgres_sql, sqlite::sql as sqlite_sql};
use sqlx::{Connection as _, Executor as _, PgConnection, SqlSafeStr as _, SqliteConnection};

use crate::harness::{Database, Engine, START};

crate::on_both_engines!(every_statement_is_prepared);

/// Statements that one engine alone needs.
const OF_POSTGRES_ALONE: &[&str] = &[
    // SQLite's one write lock is every lock.
    "LOCK_CUSTOMERS",
    // SQLite's settings are pragmas of a connection.
    "DURABILITY",
];

/// A statement that no database here understands: preparing does look at the schema.
const NONSENSE: &str = "SELECT nickname FROM customer";

async fn every_statement_is_prepared(engine: Engine) {
    let database = Database::new(engine).await;
    database.open(START).await.close().await;
    let mut refused = Vec::new();
    match engine {
        Engine::Sqlite => {
            let mut connection = SqliteConnection::connect(&database.url).await.expect("the file");
            assert!(connection.prepare(NONSENSE.into_sql_str()).await.is_err());
            for (name, text) in sqlite_sql::ALL {
                let prepared = connection.prepare(text.into_sql_str()).await;
                refused.extend(prepared.err().map(|error| format!("{name}: {error}")));
            }
        }
        Engine::Postgres => {
            let mut connection = PgConnection::connect(&database.url).await.expect("the server");
            assert!(connection.prepare(NONSENSE.into_sql_str()).await.is_err());
            for (name, text) in postgres_sql::ALL {
                let prepared = connection.prepare(text.into_sql_str()).await;
                refused.extend(prepared.err().map(|error| format!("{name}: {error}")));
            }
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
    database.remove().await;
}

#[test]
fn both_engines_have_the_same_statements() {
    let names = |all: &[(&'static str, &str)]| -> BTreeSet<&'static str> {
        all.iter().map(|(name, _)| *name).collect()
    };
    let (ours, theirs) = (names(sqlite_sql::ALL), names(postgres_sql::ALL));
    assert!(ours.len() > 20, "the statements were found");
    assert_eq!(ours.len(), sqlite_sql::ALL.len(), "each name once");
    assert_eq!(ours.difference(&theirs).copied().collect::<Vec<_>>(), [""; 0]);
    let alone: BTreeSet<_> = OF_POSTGRES_ALONE.iter().copied().collect();
    assert_eq!(theirs.difference(&ours).copied().collect::<BTreeSet<_>>(), alone);
}

#[test]
fn both_engines_have_the_same_migrations() {
    let names = |engine: &str| -> Vec<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/channel").join(engine);
        let mut names: Vec<_> = fs::read_dir(folder)
            .expect("the folder")
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
            .collect();
        names.sort();
        names
    };
    let sqlite = names("sqlite");
    assert_eq!(sqlite, names("postgres"));
    for (number, name) in (1..).zip(&sqlite) {
        let wanted = format!("{number:04}_");
        assert!(name.starts_with(&wanted), "{name} is number {number}");
    }
}

/// One column as both engines can describe it.
const SQLITE_COLUMNS: &str = "SELECT t.name || '.' || c.name
        || ' ' || CASE c.type WHEN 'BLOB' THEN 'bytes' ELSE lower(c.type) END
        || CASE WHEN c.\"notnull\" OR c.pk > 0 THEN ' not null' ELSE '' END
        || CASE WHEN c.pk > 0 THEN ' key ' || c.pk ELSE '' END
    FROM sqlite_schema t JOIN pragma_table_info(t.name) c
    WHERE t.type = 'table' AND t.name NOT LIKE '\\_sqlx%' ESCAPE '\\'";

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

const SQLITE_INDEXES: &str = "SELECT t.name || ' ' || i.name
        || (SELECT group_concat(' ' || name, '') FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno))
        || CASE WHEN i.partial THEN ' partial' ELSE '' END
    FROM sqlite_schema t JOIN pragma_index_list(t.name) i
    WHERE t.type = 'table' AND i.origin = 'c'";

const POSTGRES_INDEXES: &str = "SELECT t.relname || ' ' || i.relname
        || (SELECT string_agg(' ' || a.attname, '' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = i.oid)
        || CASE WHEN x.indpred IS NOT NULL THEN ' partial' ELSE '' END
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
    JOIN pg_namespace n ON n.oid = t.relnamespace
    WHERE n.nspname = current_schema() AND NOT x.indisprimary";

#[tokio::test]
async fn both_engines_have_the_same_tables_columns_and_indexes() {
    let sqlite = Database::new(Engine::Sqlite).await;
    sqlite.open(START).await.close().await;
    let postgres = Database::new(Engine::Postgres).await;
    for (of_sqlite, of_postgres, at_least) in
        [(SQLITE_COLUMNS, POSTGRES_COLUMNS, 100), (SQLITE_INDEXES, POSTGRES_INDEXES, 2)]
    {
        let (mut ours, mut theirs) =
            (sqlite.texts(of_sqlite).await, postgres.texts(of_postgres).await);
        ours.sort();
        theirs.sort();
        assert!(ours.len() >= at_least, "the schema was read: {ours:?}");
        assert_eq!(ours, theirs);
    }
    postgres.remove().await;
}
