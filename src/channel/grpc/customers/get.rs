//! `GetCustomer`.

use crate::{
    channel::{
        grpc::convert::customer,
        operations::{CustomerKey, Unit, get_customer},
    },
    domain::error::Result,
    proto::channel::{GetCustomerRequest, GetCustomerResponse, get_customer_request::Key},
};

pub(super) async fn get(unit: &Unit, request: GetCustomerRequest) -> Result<GetCustomerResponse> {
    let key = request.key.map(|key| match key {
        Key::Name(name) => CustomerKey::Name(name),
        Key::AccountNumber(number) => CustomerKey::AccountNumber(number),
    });
    let known = get_customer(unit, key).await?;
    Ok(GetCustomerResponse { customer: Some(customer::shown(&known)) })
}
