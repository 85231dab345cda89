//! `UpdateCustomer`.

use crate::{
    domain::{error::Result, write::Method},
    headquarters::{
        grpc::unreadable,
        operations::{Headquarters, perform},
    },
    proto::headquarters::{UpdateCustomerRequest, UpdateCustomerResponse},
    runtime::clock::Deadline,
    wire,
};

pub(super) async fn update(
    headquarters: &Headquarters,
    until: Deadline,
    request: UpdateCustomerRequest,
) -> Result<UpdateCustomerResponse> {
    let origin = wire::origin(request.origin).map_err(unreadable)?;
    let submission = wire::submission(Method::UpdateCustomer, origin, request.revision);
    let mut submission = submission.map_err(unreadable)?;
    submission.require_unchanged = request.require_unchanged;
    let base = perform(headquarters, submission, until).await?;
    Ok(UpdateCustomerResponse { customer: Some(wire::customer_row(&base)) })
}
