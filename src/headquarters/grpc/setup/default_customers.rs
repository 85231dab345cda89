//! `ListDefaultCustomers`, `SaveDefaultCustomer`.

use crate::{
    domain::{configuration, error::Result, setup::Setup},
    headquarters::operations::{self, Headquarters, change_setup},
    proto::headquarters::{
        DefaultCustomer, ListDefaultCustomersResponse, SaveDefaultCustomerRequest,
        SaveDefaultCustomerResponse,
    },
};

pub(super) async fn list(headquarters: &Headquarters) -> Result<ListDefaultCustomersResponse> {
    let found = operations::setup(headquarters).await?.default_customers;
    let default_customers = found.iter().map(|(code, customer)| message(code, customer)).collect();
    Ok(ListDefaultCustomersResponse { default_customers })
}

pub(super) async fn save(
    headquarters: &Headquarters,
    request: SaveDefaultCustomerRequest,
) -> Result<SaveDefaultCustomerResponse> {
    let given = request.default_customer.unwrap_or_default();
    let code = given.code;
    let customer = configuration::DefaultCustomer {
        customer_group: given.customer_group,
        currency: given.currency,
        language: given.language,
        receipt_option: given.receipt_option,
    };
    let saved = message(&code, &customer);
    let save = move |setup: &mut Setup| setup.save_default_customer(&code, customer);
    change_setup(headquarters, save).await?;
    Ok(SaveDefaultCustomerResponse { default_customer: Some(saved) })
}

fn message(code: &str, customer: &configuration::DefaultCustomer) -> DefaultCustomer {
    DefaultCustomer {
        code: code.to_owned(),
        customer_group: customer.customer_group.clone(),
        currency: customer.currency.clone(),
        language: customer.language.clone(),
        receipt_option: customer.receipt_option.clone(),
    }
}
