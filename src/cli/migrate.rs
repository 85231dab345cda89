//! `csu migrate`

use clap::Args;
use serde_json::json;

use crate::{
    channel::store::{self, MigrationReport},
    cli::{
        Exit, Outcome,
        flags::{MigrateFlags, Output},
        one_thread, output,
    },
};

/// Bring a channel database to the schema of this program
///
/// Works on the database itself, without a running unit. Safe to repeat, and to run while units serve: they go on
/// with the schema that they know. An SQLite database is migrated by `csu serve` too; a PostgreSQL database only by
/// this.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  csu migrate --channel-database postgres://csu@db.example.com/channel
  CSU__CHANNEL__DATABASE=postgres://csu:secret@db/channel csu migrate --output json")]
pub struct Migrate {
    #[command(flatten)]
    flags: MigrateFlags,
}

pub fn run(migrate: &Migrate) -> Outcome {
    let (settings, _) = migrate.flags.layers()?.unit()?;
    let database = settings.channel.database;
    let report = one_thread()?.block_on(store::migrate(&database)).map_err(anyhow::Error::new)?;
    let MigrationReport { from, to } = report;
    match migrate.flags.output {
        Output::Json => {
            output::print_json(
                &json!({ "database": database.to_string(), "from": from, "to": to }),
            )?;
        }
        Output::Table if from == to => {
            output::print(&format!("{database} has schema version {to} already"))?;
        }
        Output::Table => {
            output::print(&format!("{database} migrated: schema version {from} → {to}"))?;
        }
    }
    Ok(Exit::Done)
}
