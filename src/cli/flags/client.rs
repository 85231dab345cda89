//! Flags of commands that call a running process.

use std::path::PathBuf;

use clap::Args;

use crate::cli::{
    flags::{Given, Output, in_this_environment, said},
    settings::{Layers, Said, SettingsError},
};

/// Of a command that calls a unit.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Connection and output")]
pub struct ClientFlags {
    #[arg(
        long,
        value_name = "URL",
        help = "The unit to call; also by CSU__CLIENT__SERVER [default: http://127.0.0.1:50051]"
    )]
    server: Option<String>,
    #[command(flatten)]
    call: CallFlags,
}

/// Of a command that calls headquarters.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Connection and output")]
pub struct HeadquartersFlags {
    #[arg(
        long,
        value_name = "URL",
        help = "The headquarters to call; also by CSU__CLIENT__HEADQUARTERS [default: http://127.0.0.1:50052]"
    )]
    pub headquarters: Option<String>,
    #[command(flatten)]
    call: CallFlags,
}

/// Of both.
#[derive(Debug, Clone, Args)]
pub struct CallFlags {
    /// Longest wait for the connection, and for each answer [default: 10s]
    #[arg(long, value_name = "DURATION")]
    timeout: Option<String>,
    /// What to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    output: Output,
    /// TOML file with settings [default: csu.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl ClientFlags {
    pub const fn output(&self) -> Output {
        self.call.output
    }

    pub fn layers(&self) -> Result<Layers, SettingsError> {
        in_this_environment(self.said())
    }

    pub(super) fn said(&self) -> Said {
        self.call.said(("client.server", "--server", &self.server))
    }
}

impl HeadquartersFlags {
    pub const fn output(&self) -> Output {
        self.call.output
    }

    pub fn layers(&self) -> Result<Layers, SettingsError> {
        in_this_environment(self.said())
    }

    pub(super) fn said(&self) -> Said {
        self.call.said(("client.headquarters", "--headquarters", &self.headquarters))
    }
}

impl CallFlags {
    fn said(&self, callee: Given<'_>) -> Said {
        let timeout = ("client.timeout", "--timeout", &self.timeout);
        said(self.config.clone(), [callee, timeout])
    }
}
