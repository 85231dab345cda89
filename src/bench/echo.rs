//! The anchor `E`: a gRPC server that answers the messages of the customer service and does nothing else.

use tokio::net::TcpListener;
use tonic::{
    Request, Response, Status,
    transport::{Server, server::TcpIncoming},
};

use crate::proto::channel::{
    AddAddressRequest, AddAddressResponse, CreateCustomerRequest, CreateCustomerResponse, Customer,
    Execution, ExecutionMode, GetCustomerRequest, GetCustomerResponse, LookupRequestRequest,
    LookupRequestResponse, SearchCustomersRequest, SearchCustomersResponse, UpdateCustomerRequest,
    UpdateCustomerResponse,
    customer_service_server::{CustomerService, CustomerServiceServer},
};

/// Serves until the process ends.
///
/// # Errors
/// The listener is lost.
pub async fn serve(listener: TcpListener) -> anyhow::Result<()> {
    let service = CustomerServiceServer::new(Echo { customer: shown() });
    // The server's own setting holds for listeners of its own only.
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let server = Server::builder().add_service(service);
    Ok(server.serve_with_incoming(incoming).await?)
}

struct Echo {
    /// As large as a unit's answer.
    customer: Customer,
}

fn shown() -> Customer {
    Customer {
        name: format!("customers/{}", uuid::Uuid::nil()),
        account_number: uuid::Uuid::nil().to_string(),
        account_number_display: "Pending sync".to_owned(),
        display_name: "Somebody Longname".to_owned(),
        language: "en-US".to_owned(),
        customer_group: "10".to_owned(),
        currency: "USD".to_owned(),
        etag: "1-00000000000000000000000000000000".to_owned(),
        ..super::customer_at(0, 0)
    }
}

fn execution() -> Execution {
    Execution {
        mode: ExecutionMode::Async.into(),
        reason: "PROFILE_ASYNC_CREATE".to_owned(),
        ..Execution::default()
    }
}

#[tonic::async_trait]
impl CustomerService for Echo {
    async fn create_customer(
        &self,
        request: Request<CreateCustomerRequest>,
    ) -> Result<Response<CreateCustomerResponse>, Status> {
        // What it is sent, and what a unit adds to that.
        let sent = request.into_inner().customer.unwrap_or_default();
        let Customer { name, account_number, account_number_display, etag, .. } =
            self.customer.clone();
        let customer = Customer { name, account_number, account_number_display, etag, ..sent };
        let execution = Some(execution());
        Ok(Response::new(CreateCustomerResponse { customer: Some(customer), execution }))
    }

    async fn update_customer(
        &self,
        _: Request<UpdateCustomerRequest>,
    ) -> Result<Response<UpdateCustomerResponse>, Status> {
        let customer = Some(self.customer.clone());
        Ok(Response::new(UpdateCustomerResponse { customer, execution: Some(execution()) }))
    }

    async fn add_address(
        &self,
        _: Request<AddAddressRequest>,
    ) -> Result<Response<AddAddressResponse>, Status> {
        let customer = Some(self.customer.clone());
        let address_id = uuid::Uuid::nil().to_string();
        Ok(Response::new(AddAddressResponse { customer, address_id, execution: Some(execution()) }))
    }

    async fn get_customer(
        &self,
        _: Request<GetCustomerRequest>,
    ) -> Result<Response<GetCustomerResponse>, Status> {
        Ok(Response::new(GetCustomerResponse { customer: Some(self.customer.clone()) }))
    }

    async fn search_customers(
        &self,
        _: Request<SearchCustomersRequest>,
    ) -> Result<Response<SearchCustomersResponse>, Status> {
        let customers = vec![self.customer.clone()];
        Ok(Response::new(SearchCustomersResponse { customers, ..Default::default() }))
    }

    async fn lookup_request(
        &self,
        _: Request<LookupRequestRequest>,
    ) -> Result<Response<LookupRequestResponse>, Status> {
        Ok(Response::new(LookupRequestResponse::default()))
    }
}
