//! `GetOperation`.

use crate::{
    domain::error::{Error, FieldReason, Result, Violation},
    headquarters::{
        grpc::customer_sync::convert,
        operations::{self, Headquarters},
    },
    proto::headquarters::{GetOperationRequest, GetOperationResponse},
};

pub(super) async fn get(
    headquarters: &Headquarters,
    request: GetOperationRequest,
) -> Result<GetOperationResponse> {
    let place = convert::place(&request.name).ok_or_else(|| {
        let text = "is no resource name: operations/{uuid of a database}.{incarnation}.{counter}";
        Error::InvalidFields(vec![Violation::new("name", FieldReason::InvalidName, text)])
    })?;
    let operation = operations::get_operation(headquarters, place).await?;
    Ok(GetOperationResponse { operation: Some(convert::operation(operation)) })
}
