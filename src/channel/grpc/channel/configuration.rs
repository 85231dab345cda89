//! `GetChannelConfiguration`.

use crate::{
    channel::{
        grpc::convert::{choice, duration, execution, timestamp},
        operations::{Unit, channel_configuration},
        realtime::Snapshot,
    },
    domain::{self, error::Result},
    proto::channel::{
        ChannelConfiguration, DefaultCustomer, GetChannelConfigurationRequest,
        GetChannelConfigurationResponse, HeadquartersConnection,
    },
};

pub(super) async fn get(
    unit: &Unit,
    request: GetChannelConfigurationRequest,
) -> Result<GetChannelConfigurationResponse> {
    let found = channel_configuration(unit, &request.channel).await?;
    Ok(GetChannelConfigurationResponse {
        cached: Some(shown(&found.cached.configuration)),
        cached_age: Some(duration(found.cached.age)),
        cached_time_left: Some(duration(found.time_left)),
        stored: found.stored.as_ref().map(shown),
        channel_configuration_applied_time: found
            .channel_configuration
            .map(|applied| timestamp(applied.at)),
        global_configuration_applied_time: found
            .global_configuration
            .map(|applied| timestamp(applied.at)),
        headquarters_version: found.at_headquarters.map(|it| execution::version(it.version)),
        headquarters_version_time: found.at_headquarters.map(|it| timestamp(it.at)),
        headquarters: Some(connection(&found.connection, found.real_time_calls)),
    })
}

fn connection(connection: &Snapshot, real_time_calls: u64) -> HeadquartersConnection {
    let last = connection.last_failure.as_ref();
    HeadquartersConnection {
        reachable: connection.reachable,
        since_time: Some(timestamp(connection.since)),
        last_failure: last.map(|(failure, _)| failure.text()).unwrap_or_default(),
        last_failure_time: last.map(|(_, at)| timestamp(*at)),
        failures: i32::try_from(connection.failures).unwrap_or(i32::MAX),
        real_time_calls: i64::try_from(real_time_calls).unwrap_or(i64::MAX),
    }
}

fn shown(configuration: &domain::configuration::ChannelConfiguration) -> ChannelConfiguration {
    let flags = configuration.flags;
    let default = &configuration.default_customer;
    ChannelConfiguration {
        channel: configuration.channel.clone(),
        version: Some(execution::version(configuration.version)),
        country: configuration.country.clone(),
        create_customer_in_async_mode: flags.create_customer_in_async_mode,
        enhanced_async_customer_creation: flags.enhanced_async_customer_creation,
        async_address_creation: flags.async_address_creation,
        async_customer_editing: flags.async_customer_editing,
        filter_shared_customer_data_tables: flags.filter_shared_customer_data_tables,
        default_customer: Some(DefaultCustomer {
            customer_group: default.customer_group.clone(),
            currency: default.currency.clone(),
            language: default.language.clone(),
            receipt_option: choice::receipt_option(&default.receipt_option).into(),
        }),
    }
}
