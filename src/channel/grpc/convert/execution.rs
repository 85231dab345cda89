//! Which way a write went.

use crate::{
    channel::grpc::convert::duration,
    domain::{self, write::Mode},
    proto::channel::{ConfigurationVersion, Execution, ExecutionMode},
};

pub(super) fn shown(execution: &domain::write::Execution) -> Execution {
    let mode = match execution.mode {
        Mode::RealTime(_) => ExecutionMode::RealTime,
        Mode::Async(_) => ExecutionMode::Async,
    };
    Execution {
        mode: mode.into(),
        reason: execution.mode.reason().to_owned(),
        configuration_version: Some(version(execution.configuration_version)),
        configuration_age: Some(duration(execution.configuration_age)),
        headquarters_duration: execution.headquarters_duration.map(duration),
    }
}

pub(in crate::channel::grpc) const fn version(
    version: domain::configuration::ConfigurationVersion,
) -> ConfigurationVersion {
    ConfigurationVersion {
        channel_configuration: version.channel_configuration,
        global_configuration: version.global_configuration,
    }
}
