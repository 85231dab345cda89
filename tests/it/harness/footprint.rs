//! All that a database holds, as far as a call that must leave nothing behind could have touched it.

use super::{Database, Engine};

/// Row counts of every table, the counter row, and every view. Two of them are equal if nothing was left behind.
#[derive(Debug, PartialEq, Eq)]
pub struct Footprint(Vec<String>);

impl Footprint {
    pub async fn of(database: &Database) -> Self {
        let tables = match database.engine {
            Engine::Sqlite => "SELECT name FROM sqlite_schema WHERE type = 'table'",
            Engine::Postgres => {
                "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()"
            }
        };
        let counts: Vec<_> = database
            .texts(tables)
            .await
            .iter()
            .map(|table| format!("SELECT '{table} ' || count(*) FROM {table}"))
            .collect();
        assert!(counts.len() > 10, "there are tables: {counts:?}");
        let mut found = database.texts(&counts.join(" UNION ALL ")).await;
        for rows in [
            "SELECT 'counter ' || revision || ' ' || event || ' ' || captured_at FROM counter",
            "SELECT 'view ' || coalesce(view, base) FROM customer",
            "SELECT 'address ' || coalesce(view, base) FROM address",
        ] {
            found.extend(database.texts(rows).await);
        }
        found.sort();
        Self(found)
    }
}
