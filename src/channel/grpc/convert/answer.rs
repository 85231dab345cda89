//! Answers of writes.

use crate::{
    channel::grpc::convert::{customer, execution},
    domain::write::{Answer, Method},
    proto::channel::{
        AddAddressResponse, CreateCustomerResponse, LookupRequestResponse, RequestState,
        UpdateCustomerResponse, lookup_request_response,
    },
};

pub(in crate::channel::grpc) fn created(answer: &Answer) -> CreateCustomerResponse {
    CreateCustomerResponse {
        customer: Some(customer::shown(&answer.known)),
        execution: Some(execution::shown(&answer.execution)),
    }
}

pub(in crate::channel::grpc) fn updated(answer: &Answer) -> UpdateCustomerResponse {
    UpdateCustomerResponse {
        customer: Some(customer::shown(&answer.known)),
        execution: Some(execution::shown(&answer.execution)),
    }
}

pub(in crate::channel::grpc) fn address_added(answer: &Answer) -> AddAddressResponse {
    AddAddressResponse {
        customer: Some(customer::shown(&answer.known)),
        address_id: answer.address_id.map(|id| id.to_string()).unwrap_or_default(),
        execution: Some(execution::shown(&answer.execution)),
    }
}

pub(in crate::channel::grpc) fn completed(answer: &Answer) -> LookupRequestResponse {
    use lookup_request_response::Answer as Shown;
    LookupRequestResponse {
        state: RequestState::Completed.into(),
        method: answer.method.name().to_owned(),
        resource: answer.known.customer.id.resource_name(),
        execution: Some(execution::shown(&answer.execution)),
        headquarters_asked: false,
        answer: Some(match answer.method {
            Method::CreateCustomer => Shown::CreateCustomer(created(answer)),
            Method::UpdateCustomer => Shown::UpdateCustomer(updated(answer)),
            Method::AddAddress => Shown::AddAddress(address_added(answer)),
        }),
    }
}
