//! `csu migrate`

use clap::Args;
use serde_json::{Value, json};

use crate::{
    channel,
    cli::{
        Exit, Failure, Outcome,
        flags::{MigrateFlags, Output},
        one_thread, output,
        settings::{CHANNEL_DATABASE, HEADQUARTERS_DATABASE, Row, ServeSettings},
    },
    headquarters,
    storage::{MigrationReport, OpenError},
};

/// Bring databases to the schema of this program
///
/// Migrates the databases that are named: by a flag, else by the environment or the file, else both that --data has.
/// Works on the databases themselves, without a running process. Safe to repeat, and to run while others serve: they
/// go on with the schema that they know. An SQLite database is migrated by `csu serve` too; a PostgreSQL database
/// only by this.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  csu migrate --channel-database postgres://csu@db.example.com/channel
  csu migrate --headquarters-database postgres://csu@db.example.com/headquarters
  CSU__CHANNEL__DATABASE=postgres://csu:secret@db/channel csu migrate --output json")]
pub struct Migrate {
    #[command(flatten)]
    flags: MigrateFlags,
}

pub fn run(migrate: &Migrate) -> Outcome {
    let (settings, rows) = migrate.flags.layers()?.serve()?;
    let form = migrate.flags.output;
    let runtime = one_thread()?;
    let (mut migrated, mut failed) = (Vec::new(), None);
    for key in wanted(&migrate.flags.databases(), &rows) {
        match runtime.block_on(one(key, &settings)) {
            Ok((database, report)) => migrated.push(told(&database, report, form)?),
            Err(error) => {
                failed = Some(error);
                break;
            }
        }
    }
    if form == Output::Json && !migrated.is_empty() {
        output::print_json(&json!({ "databases": migrated }))?;
    }
    failed.map_or(Ok(Exit::Done), |error| Err(Failure::Other(error.into())))
}

/// The keys of those that are named, by the one who is heard first.
fn wanted(by_flag: &[&'static str], rows: &[Row]) -> Vec<&'static str> {
    if !by_flag.is_empty() {
        return by_flag.to_vec();
    }
    let both = [CHANNEL_DATABASE, HEADQUARTERS_DATABASE];
    let is_named = |key: &&str| rows.iter().any(|row| row.key == *key && !row.is_default());
    let named: Vec<_> = both.into_iter().filter(is_named).collect();
    if named.is_empty() { both.to_vec() } else { named }
}

async fn one(key: &str, settings: &ServeSettings) -> Result<(String, MigrationReport), OpenError> {
    if key == HEADQUARTERS_DATABASE {
        let database = &settings.headquarters.database;
        Ok((database.to_string(), headquarters::store::migrate(database).await?))
    } else {
        let database = &settings.channel.database;
        Ok((database.to_string(), channel::store::migrate(database).await?))
    }
}

/// Says it to a person at once, and returns it for a program.
fn told(database: &str, report: MigrationReport, form: Output) -> anyhow::Result<Value> {
    let MigrationReport { from, to } = report;
    match form {
        Output::Json => {}
        Output::Table if from == to => {
            output::print(&format!("{database} has schema version {to} already"))?;
        }
        Output::Table => {
            output::print(&format!("{database} migrated: schema version {from} → {to}"))?;
        }
    }
    Ok(json!({ "database": database, "from": from, "to": to }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_is_migrated() {
        let row = |key, source: &str| Row { key, value: String::new(), source: source.to_owned() };
        let rows = |channel, headquarters| {
            [row(CHANNEL_DATABASE, channel), row(HEADQUARTERS_DATABASE, headquarters)]
        };
        let both = [CHANNEL_DATABASE, HEADQUARTERS_DATABASE];
        assert_eq!(wanted(&[], &rows("default", "default")), both);
        assert_eq!(wanted(&[], &rows("csu.toml", "CSU__X")), both);
        assert_eq!(wanted(&[], &rows("csu.toml", "default")), [CHANNEL_DATABASE]);
        assert_eq!(wanted(&[], &rows("default", "csu.toml")), [HEADQUARTERS_DATABASE]);
        let by_flag = [HEADQUARTERS_DATABASE];
        assert_eq!(wanted(&by_flag, &rows("csu.toml", "--headquarters-database")), by_flag);
    }
}
