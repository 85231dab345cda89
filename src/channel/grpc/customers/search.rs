//! `SearchCustomers`.

use crate::{
    channel::{
        grpc::convert::customer,
        operations::{SearchCustomers, Unit, search_customers},
    },
    domain::error::Result,
    proto::channel::{SearchCustomersRequest, SearchCustomersResponse},
};

pub(super) async fn search(
    unit: &Unit,
    request: SearchCustomersRequest,
) -> Result<SearchCustomersResponse> {
    let page = search_customers(
        unit,
        SearchCustomers {
            channel: request.channel,
            phone: request.phone,
            email: request.email,
            account_number: request.account_number,
            name: request.name,
            page_size: request.page_size,
            page_token: request.page_token,
        },
    )
    .await?;
    Ok(SearchCustomersResponse {
        customers: page.customers.iter().map(customer::shown).collect(),
        next_page_token: page.next_page_token,
    })
}
