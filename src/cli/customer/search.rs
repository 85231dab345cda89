//! `csu customer search`

use clap::Args;

use crate::{
    cli::{
        Exit, Outcome,
        customer::{Customers, show},
        flags::ClientFlags,
    },
    proto::channel::{Customer, SearchCustomersRequest},
};

/// Most customers of a page.
const FULL_PAGE: i32 = 100;

/// Find customers by phone, e-mail, account number or name
///
/// Several criteria narrow the search. Finding nobody is no failure.
#[derive(Debug, Args)]
#[command(
    group(clap::ArgGroup::new("criteria").required(true).multiple(true)),
    after_help = "\
Examples:
  csu customer search --name 'bir ad'
  csu customer search --phone '206 555 0100' --channel SEATTLE
  csu customer search --name b --all --output json | jq -r '.customers[].name'"
)]
pub struct Search {
    /// A phone number, with country code or as dialled in the channel's country
    #[arg(long, value_name = "NUMBER", group = "criteria")]
    phone: Option<String>,
    /// An e-mail address
    #[arg(long, value_name = "ADDRESS", group = "criteria")]
    email: Option<String>,
    /// An account number or temporary GUID
    #[arg(long, value_name = "NUMBER", group = "criteria")]
    account_number: Option<String>,
    /// Beginnings of words of the name, in any order
    #[arg(long, value_name = "WORDS", group = "criteria")]
    name: Option<String>,
    /// Channel whose country reads a phone number; may be left out where the unit serves one
    #[arg(long, value_name = "NUMBER")]
    channel: Option<String>,
    /// Most customers on a page [default: 20; with --all 100]
    #[arg(long, value_name = "COUNT")]
    page_size: Option<i32>,
    /// Go on where another page ended
    #[arg(long, value_name = "TOKEN")]
    page_token: Option<String>,
    /// All pages, until there are as many as the limit
    #[arg(long)]
    all: bool,
    /// With --all: no further page is read when so many customers are found
    #[arg(long, value_name = "COUNT", default_value_t = 1_000, requires = "all")]
    limit: usize,
    #[command(flatten)]
    client: ClientFlags,
}

pub async fn run(search: Search) -> Outcome {
    let customers = Customers::connect(&search.client).await?;
    let enough = if search.all { search.limit } else { 0 };
    let mut request = search.request();
    let mut found: Vec<Customer> = Vec::new();
    loop {
        let page = customers
            .connection
            .call(request.clone(), async |request| {
                customers.service().search_customers(request).await
            })
            .await
            .map_err(|error| customers.failed(error))?;
        found.extend(page.customers);
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() || found.len() >= enough {
            break;
        }
    }
    show::print_found(&found, &request.page_token, customers.output)?;
    Ok(Exit::Done)
}

impl Search {
    fn request(self) -> SearchCustomersRequest {
        let default = if self.all { FULL_PAGE } else { 20 };
        SearchCustomersRequest {
            phone: self.phone.unwrap_or_default(),
            email: self.email.unwrap_or_default(),
            account_number: self.account_number.unwrap_or_default(),
            name: self.name.unwrap_or_default(),
            channel: self.channel.unwrap_or_default(),
            page_size: self.page_size.unwrap_or(default),
            page_token: self.page_token.unwrap_or_default(),
        }
    }
}
