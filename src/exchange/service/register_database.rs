//! `RegisterDatabase`.

use crate::{
    domain::error::{Error, Result},
    headquarters::{
        Headquarters,
        grpc::unreadable,
        operations::{RegisterDatabase, register_database},
    },
    proto::exchange::{RegisterDatabaseRequest, RegisterDatabaseResponse},
    wire::{self, Malformed, package::FORMATS},
};

/// Longest version of a program.
const LONGEST_VERSION: usize = 60;
/// Most formats that are repeated in an error.
const MOST_FORMATS: usize = 10;

pub(super) async fn register(
    headquarters: &Headquarters,
    request: RegisterDatabaseRequest,
) -> Result<RegisterDatabaseResponse> {
    let origin = wire::origin(request.origin).map_err(unreadable)?;
    let program_version = request.program_version;
    if program_version.len() > LONGEST_VERSION || program_version.chars().any(char::is_control) {
        return Err(unreadable(Malformed("program_version")));
    }
    if !request.package_formats.iter().any(|format| FORMATS.contains(format)) {
        let theirs = request.package_formats.into_iter().take(MOST_FORMATS).collect();
        return Err(Error::FormatNotSupported { ours: FORMATS.to_vec(), theirs });
    }
    let request = RegisterDatabase { name: request.database_name, origin, program_version };
    let registration = register_database(headquarters, request).await?;
    Ok(RegisterDatabaseResponse {
        request_hash_key: registration.request_hash_key.to_vec(),
        channel_configuration: registration.version.channel_configuration,
        global_configuration: registration.version.global_configuration,
    })
}
