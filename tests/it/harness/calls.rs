//! The calls of a unit's clients, without wrappers.

use csu::proto::channel::{
    AddAddressRequest, AddAddressResponse, CreateCustomerRequest, CreateCustomerResponse, Customer,
    ExplainRouteRequest, ExplainRouteResponse, GetChannelConfigurationRequest,
    GetChannelConfigurationResponse, GetCustomerRequest, LookupRequestRequest,
    LookupRequestResponse, SearchCustomersRequest, SearchCustomersResponse, UpdateCustomerRequest,
    UpdateCustomerResponse, get_customer_request::Key,
};
use tonic::{Response, Status};

use super::replica::Clients;

type Answer<T> = Result<T, Status>;

impl Clients {
    pub async fn create(&self, request: CreateCustomerRequest) -> Answer<CreateCustomerResponse> {
        self.customers().create_customer(request).await.map(Response::into_inner)
    }

    /// Of a create that is in order.
    pub async fn created(&self, request: CreateCustomerRequest) -> Customer {
        self.create(request).await.expect("created").customer.expect("a customer")
    }

    pub async fn update(&self, request: UpdateCustomerRequest) -> Answer<UpdateCustomerResponse> {
        self.customers().update_customer(request).await.map(Response::into_inner)
    }

    pub async fn add_address(&self, request: AddAddressRequest) -> Answer<AddAddressResponse> {
        self.customers().add_address(request).await.map(Response::into_inner)
    }

    pub async fn get(&self, key: Key) -> Answer<Customer> {
        let request = GetCustomerRequest { key: Some(key) };
        let answer = self.customers().get_customer(request).await?.into_inner();
        Ok(answer.customer.expect("a customer"))
    }

    /// By resource name, one that is there.
    pub async fn read(&self, name: &str) -> Customer {
        self.get(Key::Name(name.to_owned())).await.expect("the customer")
    }

    pub async fn search(&self, request: SearchCustomersRequest) -> Answer<SearchCustomersResponse> {
        self.customers().search_customers(request).await.map(Response::into_inner)
    }

    pub async fn lookup(&self, request_id: &str) -> Answer<LookupRequestResponse> {
        let request = LookupRequestRequest { request_id: request_id.to_owned() };
        self.customers().lookup_request(request).await.map(Response::into_inner)
    }

    /// Whether nothing is known of the request here, by a unit that can't ask headquarters.
    pub async fn has_not_seen(&self, request_id: &str) -> bool {
        let refused = self.lookup(request_id).await.err();
        let reason = refused.map(|status| csu::server::status::reason(&status));
        reason.as_deref() == Some("HQ_UNREACHABLE")
    }

    pub async fn configuration(&self, channel: &str) -> Answer<GetChannelConfigurationResponse> {
        let request = GetChannelConfigurationRequest { channel: channel.to_owned() };
        self.channel().get_channel_configuration(request).await.map(Response::into_inner)
    }

    pub async fn explain(&self, request: ExplainRouteRequest) -> Answer<ExplainRouteResponse> {
        self.channel().explain_route(request).await.map(Response::into_inner)
    }
}
