//! `CreateCustomer`.

use crate::{
    domain::{error::Result, write::Method},
    headquarters::{
        grpc::unreadable,
        operations::{Headquarters, perform},
    },
    proto::headquarters::{CreateCustomerRequest, CreateCustomerResponse},
    runtime::clock::Deadline,
    wire,
};

pub(super) async fn create(
    headquarters: &Headquarters,
    until: Deadline,
    request: CreateCustomerRequest,
) -> Result<CreateCustomerResponse> {
    let origin = wire::origin(request.origin).map_err(unreadable)?;
    let submission = wire::submission(Method::CreateCustomer, origin, request.revision);
    let base = perform(headquarters, submission.map_err(unreadable)?, until).await?;
    Ok(CreateCustomerResponse { customer: Some(wire::customer_row(&base)) })
}
