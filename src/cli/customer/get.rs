//! `csu customer get`

use clap::Args;

use crate::{
    cli::{
        Exit, Outcome,
        customer::{Customers, show, update::resource_name},
        flags::ClientFlags,
    },
    proto::channel::{GetCustomerRequest, get_customer_request::Key},
};

/// Show one customer
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  csu customer get customers/0195e9f4-0000-7000-8000-000000000000
  csu customer get C-0000042 --output json")]
pub struct Get {
    /// Resource name, UUID or account number
    #[arg(value_name = "CUSTOMER")]
    customer: String,
    #[command(flatten)]
    client: ClientFlags,
}

pub async fn run(get: Get) -> Outcome {
    let customers = Customers::connect(&get.client).await?;
    let request = GetCustomerRequest { key: Some(key(get.customer)) };
    let answer = customers
        .connection
        .call(request, async |request| customers.service().get_customer(request).await)
        .await
        .map_err(|error| customers.failed(error))?;
    show::print_customer(answer.customer.as_ref(), customers.output)?;
    Ok(Exit::Done)
}

/// A resource name that is none is the unit's to refuse.
fn key(text: String) -> Key {
    match resource_name(&text) {
        Some(name) => Key::Name(name),
        None if text.contains('/') => Key::Name(text),
        None => Key::AccountNumber(text),
    }
}
