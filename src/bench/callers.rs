//! The workloads as calls over gRPC: to the unit, or to the server that only answers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::Context as _;
use futures::{FutureExt as _, future::BoxFuture};
use tonic::transport::{Channel, Endpoint};

use crate::{
    bench::{
        load::{Answered, Callee},
        people::customer_at,
        writes::filled_request_id,
    },
    domain::id::RequestId,
    proto::channel::{
        AddAddressRequest, Address, CreateCustomerRequest, Customer, GetCustomerRequest,
        SearchCustomersRequest, UpdateCustomerRequest,
        customer_service_client::CustomerServiceClient, get_customer_request::Key,
    },
    runtime::{clock::SystemClock, ids},
};

/// Creates customers in async mode.
pub(super) const CHANNEL: &str = "SEATTLE";
/// Creates them in real time.
pub(super) const REAL_TIME_CHANNEL: &str = "HOUSTON";
/// Connections that callers share: with one, its lock is what is measured.
const CONNECTIONS: usize = 4;
/// Scatters the customers that are called for: a prime above any number of them.
const STRIDE: u64 = 1_000_000_007;

/// What callers call for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Workload {
    CreateV7,
    CreateV4,
    CreateRealTime,
    Update,
    AddAddress,
    Get,
    SearchPhone,
    SearchEmail,
    SearchName,
}

/// Who is there to be read and changed: customers from 0 on, of a seed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Company {
    pub(super) seed: u64,
    pub(super) customers: u64,
}

/// What a customer is found by.
pub(super) struct Known {
    pub(super) phone: String,
    pub(super) email: String,
    pub(super) last_name: String,
}

/// Calls of a workload to one server.
pub(super) struct Calls {
    workload: Workload,
    clients: Vec<CustomerServiceClient<Channel>>,
    company: Company,
    next: Arc<AtomicU64>,
}

impl Workload {
    /// Those that are measured by themselves.
    pub const ALL: [Self; 8] = [
        Self::CreateV7,
        Self::CreateV4,
        Self::Update,
        Self::AddAddress,
        Self::Get,
        Self::SearchPhone,
        Self::SearchEmail,
        Self::SearchName,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::CreateV7 => "create",
            Self::CreateV4 => "create-v4",
            Self::CreateRealTime => "create-real-time",
            Self::Update => "update",
            Self::AddAddress => "add-address",
            Self::Get => "get",
            Self::SearchPhone => "search-phone",
            Self::SearchEmail => "search-email",
            Self::SearchName => "search-name",
        }
    }

    pub(super) const fn writes(self) -> bool {
        matches!(
            self,
            Self::CreateV7
                | Self::CreateV4
                | Self::CreateRealTime
                | Self::Update
                | Self::AddAddress
        )
    }
}

impl Company {
    /// Another one for each turn, in no order.
    pub(super) const fn customer(self, turn: u64) -> u64 {
        turn.wrapping_mul(STRIDE) % self.customers
    }

    pub(super) fn request_id(self, number: u64) -> RequestId {
        filled_request_id(self.seed, number)
    }

    fn name(self, number: u64) -> String {
        self.request_id(number).customer_id().resource_name()
    }

    pub(super) fn look_for(self, number: u64) -> Known {
        let Customer { last_name, contacts, .. } = customer_at(self.seed, number);
        let mut contacts = contacts.into_iter().map(|contact| contact.value);
        let mut next = || contacts.next().unwrap_or_default();
        Known { phone: next(), email: next(), last_name }
    }
}

impl Calls {
    /// `next`: the number of the next customer to make, shared by all that make some.
    pub(super) async fn connect(
        server: &str,
        workload: Workload,
        company: Company,
        next: Arc<AtomicU64>,
    ) -> anyhow::Result<Self> {
        let mut clients = Vec::new();
        for _ in 0..CONNECTIONS {
            let endpoint = Endpoint::from_shared(server.to_owned())?.tcp_nodelay(true);
            let channel = endpoint.connect().await.context("no connection to what is measured")?;
            clients.push(CustomerServiceClient::new(channel));
        }
        Ok(Self { workload, clients, company, next })
    }

    async fn perform(&self, caller: usize) -> anyhow::Result<Answered> {
        let mut client = self.clients[caller % self.clients.len()].clone();
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        let number = self.company.customer(turn);
        let execution = match self.workload {
            Workload::CreateV7 | Workload::CreateV4 | Workload::CreateRealTime => {
                client.create_customer(self.create(turn)).await?.into_inner().execution
            }
            Workload::Update => {
                client.update_customer(self.update(number, turn)).await?.into_inner().execution
            }
            Workload::AddAddress => {
                client.add_address(self.address(number)).await?.into_inner().execution
            }
            Workload::Get => {
                let key = Some(Key::Name(self.company.name(number)));
                client.get_customer(GetCustomerRequest { key }).await?;
                None
            }
            Workload::SearchPhone | Workload::SearchEmail | Workload::SearchName => {
                let found = client.search_customers(self.search(number)).await?.into_inner();
                anyhow::ensure!(!found.customers.is_empty(), "nobody is found");
                None
            }
        };
        let headquarters = execution.and_then(|execution| execution.headquarters_duration);
        let headquarters = headquarters.and_then(|it| Duration::try_from(it).ok());
        Ok(Answered { headquarters })
    }

    fn create(&self, number: u64) -> CreateCustomerRequest {
        let request_id = match self.workload {
            Workload::CreateV4 => ids::new_random_request_id(),
            _ => ids::new_request_id(&SystemClock),
        };
        let channel = match self.workload {
            Workload::CreateRealTime => REAL_TIME_CHANNEL,
            _ => CHANNEL,
        };
        CreateCustomerRequest {
            request_id: request_id.to_string(),
            channel: channel.to_owned(),
            customer: Some(customer_at(self.company.seed, number)),
            ..CreateCustomerRequest::default()
        }
    }

    fn update(&self, number: u64, turn: u64) -> UpdateCustomerRequest {
        let last_name = customer_at(self.company.seed, number).last_name;
        UpdateCustomerRequest {
            request_id: ids::new_request_id(&SystemClock).to_string(),
            channel: CHANNEL.to_owned(),
            customer: Some(Customer {
                name: self.company.name(number),
                // Not the name it has.
                last_name: format!("{last_name} {turn}"),
                ..Customer::default()
            }),
            update_mask: Some(prost_types::FieldMask { paths: vec!["last_name".to_owned()] }),
            ..UpdateCustomerRequest::default()
        }
    }

    fn address(&self, number: u64) -> AddAddressRequest {
        let address = customer_at(self.company.seed, number).addresses.into_iter().next();
        AddAddressRequest {
            request_id: ids::new_request_id(&SystemClock).to_string(),
            channel: CHANNEL.to_owned(),
            customer: self.company.name(number),
            address: address.map(|address| Address { primary: false, ..address }),
            ..AddAddressRequest::default()
        }
    }

    fn search(&self, number: u64) -> SearchCustomersRequest {
        let Known { phone, email, last_name } = self.company.look_for(number);
        let request = SearchCustomersRequest {
            channel: CHANNEL.to_owned(),
            page_size: 20,
            ..SearchCustomersRequest::default()
        };
        match self.workload {
            Workload::SearchPhone => SearchCustomersRequest { phone, ..request },
            Workload::SearchEmail => SearchCustomersRequest { email, ..request },
            _ => SearchCustomersRequest { name: last_name, ..request },
        }
    }
}

impl Callee for Calls {
    fn call(&self, caller: usize) -> BoxFuture<'_, anyhow::Result<Answered>> {
        async move { self.perform(caller).await.context(self.workload.name()) }.boxed()
    }
}
