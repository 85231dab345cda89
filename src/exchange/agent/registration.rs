//! Makes the unit's database known to headquarters, and keeps it so.

use crate::{
    channel::realtime::Failure,
    domain::configuration::ConfigurationVersion,
    exchange::agent::{Agent, ExchangeError, answered, timed},
    proto::exchange::{RegisterDatabaseRequest, RegisterDatabaseResponse},
    wire::{self, package::FORMATS},
};

impl Agent {
    pub(super) async fn register(&self) -> Result<(), ExchangeError> {
        let request = timed(RegisterDatabaseRequest {
            database_name: self.identity.database_name.clone(),
            origin: Some(wire::origin_message(self.identity.origin)),
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
            package_formats: FORMATS.to_vec(),
        });
        let registered = match answered(self.service.clone().register_database(request)).await {
            Ok(answer) => self.accept(answer.into_inner()).await,
            Err(error) => Err(error),
        };
        // Another company would perform this unit's writes, now that it has registered it.
        match &registered {
            Ok(()) => self.realtime.unbar(),
            Err(ExchangeError::OtherCompany) => {
                self.realtime.bar(Failure::Foreign("OTHER_COMPANY".to_owned()));
            }
            Err(ExchangeError::Refused { reason, .. }) => {
                self.realtime.bar(Failure::Credential(reason.clone()));
            }
            Err(_) => {}
        }
        registered
    }

    async fn accept(&self, answer: RegisterDatabaseResponse) -> Result<(), ExchangeError> {
        let garbage = |_| ExchangeError::Communication(Failure::Garbage("request_hash_key"));
        let key: [u8; 32] = answer.request_hash_key.try_into().map_err(garbage)?;
        match self.identity.request_hash_key {
            Some(known) if known != key => return Err(ExchangeError::OtherCompany),
            Some(_) => {}
            None => self.writer.set_request_hash_key(key).await?,
        }
        self.realtime.note_versions(ConfigurationVersion {
            channel_configuration: answer.channel_configuration,
            global_configuration: answer.global_configuration,
        });
        Ok(())
    }
}
