//! `AddAddress`.

use crate::{
    domain::{error::Result, write::Method},
    headquarters::{
        grpc::unreadable,
        operations::{Headquarters, perform},
    },
    proto::headquarters::{AddAddressRequest, AddAddressResponse},
    runtime::clock::Deadline,
    wire,
};

pub(super) async fn add(
    headquarters: &Headquarters,
    until: Deadline,
    request: AddAddressRequest,
) -> Result<AddAddressResponse> {
    let origin = wire::origin(request.origin).map_err(unreadable)?;
    let submission = wire::submission(Method::AddAddress, origin, request.revision);
    let base = perform(headquarters, submission.map_err(unreadable)?, until).await?;
    Ok(AddAddressResponse { customer: Some(wire::customer_row(&base)) })
}
