//! `csu config`

use clap::{Args, Subcommand};

use crate::cli::{
    Exit, Outcome,
    flags::{Output, ServeFlags},
    output,
    settings::{Layers, Row, SettingsError},
};

/// Show or check the settings, without a running unit
#[derive(Debug, Subcommand)]
pub enum Config {
    Show(Show),
    Check(Check),
}

/// Show the settings that count, and who set them
///
/// Takes the flags of `csu serve`, to see what they would do. Passwords are left out.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  csu config show
  CSU__CHANNEL__CONFIGURATION_TTL=5s csu config show --output json
  csu config show --config /etc/csu.toml --data /srv/csu")]
pub struct Show {
    #[command(flatten)]
    flags: ServeFlags,
    /// What to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    output: Output,
}

/// Check the settings; exit code 2 if any can't be used
///
/// Names everything that is wrong with the file, the environment and the flags, at once.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  csu config check --config /etc/csu.toml && systemctl restart csu")]
pub struct Check {
    #[command(flatten)]
    flags: ServeFlags,
}

pub fn run(config: &Config) -> Outcome {
    match config {
        Config::Show(Show { flags, output }) => show(&settings(&flags.layers()?)?, *output)?,
        Config::Check(Check { flags }) => {
            settings(&flags.layers()?)?;
            output::print("the settings can be used")?;
        }
    }
    Ok(Exit::Done)
}

fn settings(layers: &Layers) -> Result<Vec<Row>, SettingsError> {
    match (layers.serve(), layers.client()) {
        (Ok((_, serve)), Ok((_, client))) => Ok(serve.into_iter().chain(client).collect()),
        (Err(serve), Err(client)) => Err(serve.and(client)),
        (Err(error), Ok(_)) | (Ok(_), Err(error)) => Err(error),
    }
}

fn show(rows: &[Row], output: Output) -> anyhow::Result<()> {
    match output {
        Output::Json => output::print_json(&rows),
        Output::Table => {
            let rows =
                rows.iter().map(|row| [row.key.to_owned(), row.value.clone(), row.source.clone()]);
            output::print(&output::table(["KEY", "VALUE", "FROM"], rows))
        }
    }
}
