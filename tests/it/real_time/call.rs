//! A write at HOUSTON that can be sent as often as wanted, whatever its kind.

use csu::{
    domain::error::{Error, Unavailable},
    proto::channel::{
        AddAddressRequest, CreateCustomerRequest, Customer, Execution, RequestState,
        UpdateCustomerRequest, lookup_request_response,
    },
    server::status::{Domain, status_of},
};
use tonic::{Code, Status};

use crate::harness::{
    replica::Clients,
    requests::{self, REAL_TIME_CHANNEL, reason},
};

#[derive(Debug, Clone)]
pub enum Call {
    Create(CreateCustomerRequest),
    Update(UpdateCustomerRequest),
    AddAddress(AddAddressRequest),
}

/// What all answers to writes have.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub customer: Customer,
    pub execution: Execution,
    /// Of a new address.
    pub address_id: String,
}

/// Karen Berg.
pub fn create() -> Call {
    let channel = REAL_TIME_CHANNEL.to_owned();
    Call::Create(CreateCustomerRequest { channel, ..requests::create() })
}

/// Gives a customer another last name.
pub fn rename(customer: &Customer, last_name: &str) -> Call {
    update(&Customer { last_name: last_name.to_owned(), ..customer.clone() }, "last_name")
}

/// Changes one field to what it is here.
pub fn update(customer: &Customer, path: &str) -> Call {
    let channel = REAL_TIME_CHANNEL.to_owned();
    let request = requests::update(customer.clone(), &[path]);
    Call::Update(UpdateCustomerRequest { channel, ..request })
}

pub fn add_address(customer: &Customer, street: &str) -> Call {
    let channel = REAL_TIME_CHANNEL.to_owned();
    let request = requests::add_address(&customer.name, street);
    Call::AddAddress(AddAddressRequest { channel, ..request })
}

impl Call {
    pub async fn send(&self, unit: &Clients) -> Result<Answer, Status> {
        // The clients' futures are large.
        Box::pin(self.answered(unit)).await
    }

    async fn answered(&self, unit: &Clients) -> Result<Answer, Status> {
        let (customer, execution, address_id) = match self.clone() {
            Self::Create(request) => {
                let answer = unit.create(request).await?;
                (answer.customer, answer.execution, String::new())
            }
            Self::Update(request) => {
                let answer = unit.update(request).await?;
                (answer.customer, answer.execution, String::new())
            }
            Self::AddAddress(request) => {
                let answer = unit.add_address(request).await?;
                (answer.customer, answer.execution, answer.address_id)
            }
        };
        let customer = customer.expect("every answer shows the customer");
        Ok(Answer { customer, execution: execution.expect("and its way"), address_id })
    }

    /// Of a write that is in order.
    pub async fn sent(&self, unit: &Clients) -> Answer {
        self.send(unit).await.expect("it is performed")
    }

    /// Code and reason of a write that isn't.
    pub async fn refused(&self, unit: &Clients) -> (Code, String) {
        reason(&self.send(unit).await.expect_err("it is refused"))
    }

    pub fn id(&self) -> &str {
        match self {
            Self::Create(request) => &request.request_id,
            Self::Update(request) => &request.request_id,
            Self::AddAddress(request) => &request.request_id,
        }
    }

    /// Through another channel.
    pub fn at(mut self, channel: &str) -> Self {
        let field = match &mut self {
            Self::Create(request) => &mut request.channel,
            Self::Update(request) => &mut request.channel,
            Self::AddAddress(request) => &mut request.channel,
        };
        channel.clone_into(field);
        self
    }

    /// An update, if the customer is as this etag says.
    pub fn if_unchanged(mut self, etag: &str) -> Self {
        let Self::Update(request) = &mut self else { panic!("only updates have etags") };
        etag.clone_into(&mut request.etag);
        self
    }

    /// Something else under the same request id.
    pub fn with_other_content(mut self) -> Self {
        match &mut self {
            Self::Create(CreateCustomerRequest { customer, .. })
            | Self::Update(UpdateCustomerRequest { customer, .. }) => {
                customer.as_mut().expect("a customer").last_name = "Somebody else".to_owned();
            }
            Self::AddAddress(request) => {
                request.address.as_mut().expect("an address").street = "Somewhere else".to_owned();
            }
        }
        self
    }
}

/// What the unit says of a request that was completed, and whether it had to ask headquarters; `None`: it is not
/// completed.
pub async fn looked_up(unit: &Clients, request_id: &str) -> Option<(Answer, bool)> {
    use lookup_request_response::Answer as Found;
    let found = unit.lookup(request_id).await.expect("looked up");
    let (customer, execution, address_id) = match found.answer? {
        Found::CreateCustomer(answer) => (answer.customer, answer.execution, String::new()),
        Found::UpdateCustomer(answer) => (answer.customer, answer.execution, String::new()),
        Found::AddAddress(answer) => (answer.customer, answer.execution, answer.address_id),
    };
    let (customer, execution) = (customer.expect("a customer"), execution.expect("its way"));
    Some((Answer { customer, execution, address_id }, found.headquarters_asked))
}

/// What is known of a request.
pub async fn state(unit: &Clients, request_id: &str) -> RequestState {
    unit.lookup(request_id).await.expect("looked up").state()
}

/// What is no word of headquarters.
pub fn broken() -> Status {
    status_of(Domain::Channel, &Error::Unavailable(Unavailable::Stopping))
}

pub fn unreachable() -> (Code, String) {
    (Code::Unavailable, "HQ_UNREACHABLE".to_owned())
}
