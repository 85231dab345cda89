//! `GetChannelConfiguration`.

use crate::{
    channel::{
        grpc::convert::{choice, duration, execution, timestamp},
        operations::{Unit, channel_configuration},
    },
    domain::{self, error::Result},
    proto::channel::{
        ChannelConfiguration, DefaultCustomer, GetChannelConfigurationRequest,
        GetChannelConfigurationResponse,
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
    })
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
