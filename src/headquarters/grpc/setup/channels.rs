//! `ListChannels`, `SaveChannel`.

use crate::{
    domain::{error::Result, setup},
    headquarters::operations::{self, Headquarters, change_setup},
    proto::headquarters::{Channel, ListChannelsResponse, SaveChannelRequest, SaveChannelResponse},
};

pub(super) async fn list(headquarters: &Headquarters) -> Result<ListChannelsResponse> {
    let found = operations::setup(headquarters).await?.channels;
    let channels = found.iter().map(|(number, channel)| message(number, channel)).collect();
    Ok(ListChannelsResponse { channels })
}

pub(super) async fn save(
    headquarters: &Headquarters,
    request: SaveChannelRequest,
) -> Result<SaveChannelResponse> {
    let given = request.channel.unwrap_or_default();
    let number = given.operating_unit_number;
    let channel = setup::Channel {
        country: given.country,
        functionality_profile: given.functionality_profile,
        default_customer: given.default_customer,
        database: given.database,
    };
    let saved = message(&number, &channel);
    change_setup(headquarters, move |setup| setup.save_channel(&number, channel)).await?;
    Ok(SaveChannelResponse { channel: Some(saved) })
}

fn message(number: &str, channel: &setup::Channel) -> Channel {
    Channel {
        operating_unit_number: number.to_owned(),
        country: channel.country.clone(),
        functionality_profile: channel.functionality_profile.clone(),
        default_customer: channel.default_customer.clone(),
        database: channel.database.clone(),
    }
}
