//! What stories of the real-time path begin with, and what they say of how a write went.

use csu::{
    domain::{
        error::Error,
        feature,
        setup::{self, Setup},
    },
    proto::{
        channel::{
            AddAddressRequest, CreateCustomerRequest, Customer, Execution, ExecutionMode,
            HeadquartersConnection, UpdateCustomerRequest,
        },
        exchange::{CustomerFields, CustomerRow, Origin},
        headquarters::{DisableFeatureRequest, EnableFeatureRequest},
    },
    roles::channel::ChannelSettings,
    server::status::{Domain, status_of},
};
use tonic::{Code, Status};

use crate::harness::{
    Chain, Engine, Headquarters,
    replica::Clients,
    requests::{self, REAL_TIME_CHANNEL},
    revisions,
};

pub const F1: &str = feature::ENHANCED_ASYNC_CUSTOMER_CREATION;
pub const F2: &str = feature::ASYNC_ADDRESS_CREATION;
pub const F3: &str = feature::ASYNC_CUSTOMER_EDITING;

/// The demo company with these features only, and with BOSTON, which `store-2` serves.
pub fn company(features: &[&str]) -> Setup {
    let mut setup = Setup::demo("store-1");
    setup.features = features.iter().map(|key| ((*key).to_owned(), true)).collect();
    let boston =
        setup::Channel { database: "store-2".to_owned(), ..setup.channels["HOUSTON"].clone() };
    setup.save_channel("BOSTON", boston).expect("a channel");
    setup
}

/// A chain of this company whose breaker stays closed whatever fails.
pub async fn steadfast(engine: Engine, features: &[&str]) -> Chain {
    let settings = ChannelSettings { breaker_failures: 1_000, ..ChannelSettings::default() };
    Chain::with(engine, company(features), settings).await
}

/// Karen Berg with a phone, an e-mail address and an address, at HOUSTON.
pub fn create() -> CreateCustomerRequest {
    CreateCustomerRequest { channel: REAL_TIME_CHANNEL.to_owned(), ..requests::create() }
}

/// Another first name for a customer, at HOUSTON.
pub fn rename(customer: &str, first_name: &str) -> UpdateCustomerRequest {
    let customer = Customer {
        name: customer.to_owned(),
        first_name: first_name.to_owned(),
        ..Customer::default()
    };
    let request = requests::update(customer, &["first_name"]);
    UpdateCustomerRequest { channel: REAL_TIME_CHANNEL.to_owned(), ..request }
}

/// An address for a customer, at HOUSTON.
pub fn add_address(customer: &str, street: &str) -> AddAddressRequest {
    let request = requests::add_address(customer, street);
    AddAddressRequest { channel: REAL_TIME_CHANNEL.to_owned(), ..request }
}

/// `MODE REASON`, and that it says how long headquarters took exactly if that was called.
pub fn way(execution: Option<Execution>) -> String {
    let execution = execution.expect("every write says how it went");
    let mode = match execution.mode() {
        ExecutionMode::RealTime => "real-time",
        ExecutionMode::Async => "async",
        ExecutionMode::Unspecified => panic!("no mode"),
    };
    if mode == "real-time" {
        assert!(execution.headquarters_duration.is_some(), "headquarters was called");
    }
    format!("{mode} {}", execution.reason)
}

/// The way to headquarters, as HOUSTON shows it.
pub async fn connection(unit: &Clients) -> HeadquartersConnection {
    let shown = unit.configuration(REAL_TIME_CHANNEL).await.expect("a configuration");
    shown.headquarters.expect("it is shown")
}

/// A refusal of headquarters, or of somebody else.
pub fn refusal(domain: Domain, error: &Error) -> Status {
    status_of(domain, error)
}

/// A status that says nothing but its code.
#[expect(clippy::disallowed_methods, reason = "what others answer, who don't keep to our table")]
pub fn bare(code: Code) -> Status {
    Status::new(code, "somebody's text")
}

/// The unit of `store-2`, as far as headquarters sees it.
pub struct Boston<'a> {
    headquarters: &'a Headquarters,
    origin: Origin,
}

impl<'a> Boston<'a> {
    pub async fn of(headquarters: &'a Headquarters) -> Self {
        Self { headquarters, origin: headquarters.registered("store-2").await }
    }

    /// A customer of its own, with the id of the request.
    pub async fn created(&self, last_name: &str) -> (CustomerRow, String) {
        let mut revision = revisions::create(last_name);
        revision.channel = "BOSTON".to_owned();
        let request_id = revision.request_id.clone();
        (self.headquarters.create(&self.origin, revision).await.expect("created"), request_id)
    }

    /// Changes the first name of the customer that this request has written.
    pub async fn rename(&self, request_id: &str, first_name: &str) -> CustomerRow {
        let first_name = Some(first_name.to_owned());
        let fields = CustomerFields { first_name, ..CustomerFields::default() };
        let mut revision = revisions::update(&self.seen(request_id).await, fields);
        revision.channel = "BOSTON".to_owned();
        self.headquarters.update(&self.origin, revision).await.expect("updated")
    }

    /// Adds an address to the customer that this request has written.
    pub async fn add_address(&self, request_id: &str, street: &str) -> CustomerRow {
        let mut revision = revisions::add_address(&self.seen(request_id).await, street);
        revision.channel = "BOSTON".to_owned();
        self.headquarters.add_address(&self.origin, revision).await.expect("added")
    }

    async fn seen(&self, request_id: &str) -> CustomerRow {
        at_headquarters(self.headquarters, request_id).await
    }
}

/// The customer that this request has written, as headquarters has it now.
pub async fn at_headquarters(headquarters: &Headquarters, request_id: &str) -> CustomerRow {
    let performed = headquarters.looked_up(request_id).await;
    performed.expect("it was performed").customer.expect("a customer")
}

/// Switches features at headquarters; no unit learns of it.
pub async fn enable(headquarters: &Headquarters, key: &str) {
    let request = EnableFeatureRequest { key: key.to_owned() };
    headquarters.features().enable_feature(request).await.expect("enabled");
}

pub async fn disable(headquarters: &Headquarters, key: &str) {
    let request = DisableFeatureRequest { key: key.to_owned() };
    headquarters.features().disable_feature(request).await.expect("disabled");
}
