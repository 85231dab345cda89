//! A till that remembers all that it has sent and all that it was answered.

use csu::proto::channel::{
    AddAddressRequest, AddAddressResponse, CreateCustomerRequest, CreateCustomerResponse, Customer,
    LookupRequestResponse, RequestState, UpdateCustomerRequest, UpdateCustomerResponse,
    lookup_request_response,
};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::harness::{replica::Clients, requests};

/// Writes to one customer before the next is created.
const WRITES: usize = 6;

pub struct Till {
    number: usize,
    sent: Vec<Sent>,
    /// From here on, what was not looked at after the last kill.
    unchecked: usize,
    /// The customer as last answered.
    customer: Option<Customer>,
}

struct Sent {
    request: Request,
    /// `None`: in doubt.
    answer: Option<Answer>,
}

#[derive(Clone)]
enum Request {
    Create(CreateCustomerRequest),
    Update(UpdateCustomerRequest),
    AddAddress(AddAddressRequest),
}

#[derive(Debug, Clone, PartialEq)]
enum Answer {
    Created(CreateCustomerResponse),
    Updated(UpdateCustomerResponse),
    AddressAdded(AddAddressResponse),
}

impl Till {
    pub const fn new(number: usize) -> Self {
        Self { number, sent: Vec::new(), unchecked: 0, customer: None }
    }

    pub const fn sent(&self) -> usize {
        self.sent.len()
    }

    pub fn created(&self) -> usize {
        self.sent.iter().filter(|sent| matches!(sent.request, Request::Create(_))).count()
    }

    /// Sends the next write. Whether it was acknowledged.
    pub async fn call(&mut self, clients: &Clients) -> bool {
        let request = self.next();
        let answer = match request.send(clients).await {
            Ok(answer) => Some(answer),
            Err(status) => {
                assert!(leaves_in_doubt(&status), "a write that is in order: {status:?}");
                None
            }
        };
        if let Some(answer) = &answer {
            self.customer = Some(answer.customer().clone());
        }
        let acknowledged = answer.is_some();
        self.sent.push(Sent { request, answer });
        acknowledged
    }

    /// A write that changes something, each in its own way.
    fn next(&self) -> Request {
        let writes = self.sent.len();
        let text = format!("{} {writes}", self.number);
        match &self.customer {
            Some(customer) if writes % WRITES % 2 == 1 => {
                let customer = Customer { last_name: text, ..customer.clone() };
                Request::Update(requests::update(customer, &["last_name"]))
            }
            Some(customer) if !writes.is_multiple_of(WRITES) => {
                Request::AddAddress(requests::add_address(&customer.name, &text))
            }
            _ => Request::Create(requests::create()),
        }
    }

    /// Repeats the write that is in doubt, if there is one: it was performed whole or not at all, and is now.
    /// Says whether it had been.
    pub async fn settle(&mut self, clients: &Clients) -> Option<bool> {
        let last = self.customer.clone();
        // A till waits for its answers: no other can be in doubt.
        let sent = self.sent.last_mut().filter(|sent| sent.answer.is_none())?;
        let found = clients.lookup(sent.request.id()).await.expect("looked up");
        let found = looked_up(&found);
        let answer = sent.request.send(clients).await.expect("repeated");
        match &found {
            Some(found) => assert_eq!(&answer, found, "it was performed, and is not again"),
            None => {
                if let (Some(last), false) = (last, matches!(answer, Answer::Created(_))) {
                    let counted = |customer: &Customer| customer.addresses.len();
                    let more = usize::from(matches!(answer, Answer::AddressAdded(_)));
                    assert_eq!(counted(answer.customer()), counted(&last) + more);
                }
            }
        }
        self.customer = Some(answer.customer().clone());
        sent.answer = Some(answer);
        Some(found.is_some())
    }

    /// What was acknowledged is there on every replica, and answered again word for word.
    pub async fn check(&mut self, clients: &[impl AsRef<Clients>]) {
        for sent in &self.sent[self.unchecked..] {
            for clients in clients {
                let found = clients.as_ref().lookup(sent.request.id()).await.expect("looked up");
                assert_eq!(looked_up(&found), sent.answer);
            }
        }
        self.repeat(clients, self.unchecked).await;
        if let Some(customer) = &self.customer {
            for clients in clients {
                let read = clients.as_ref().read(&customer.name).await;
                assert_eq!(&read, customer, "the last write is what every replica shows");
            }
        }
        self.unchecked = self.sent.len();
    }

    /// Every write once more, to every replica: the same answers, and nothing else.
    pub async fn repeat_all(&self, clients: &[impl AsRef<Clients>]) {
        self.repeat(clients, 0).await;
    }

    async fn repeat(&self, clients: &[impl AsRef<Clients>], from: usize) {
        for sent in &self.sent[from..] {
            for clients in clients {
                let again = sent.request.send(clients.as_ref()).await.expect("repeated");
                assert_eq!(Some(&again), sent.answer.as_ref(), "word for word");
            }
        }
    }
}

impl Request {
    async fn send(&self, clients: &Clients) -> Result<Answer, Status> {
        Ok(match self.clone() {
            Self::Create(request) => Answer::Created(clients.create(request).await?),
            Self::Update(request) => Answer::Updated(clients.update(request).await?),
            Self::AddAddress(request) => Answer::AddressAdded(clients.add_address(request).await?),
        })
    }

    fn id(&self) -> &str {
        match self {
            Self::Create(request) => &request.request_id,
            Self::Update(request) => &request.request_id,
            Self::AddAddress(request) => &request.request_id,
        }
    }
}

impl Answer {
    fn customer(&self) -> &Customer {
        match self {
            Self::Created(answer) => answer.customer.as_ref(),
            Self::Updated(answer) => answer.customer.as_ref(),
            Self::AddressAdded(answer) => answer.customer.as_ref(),
        }
        .expect("every answer shows the customer")
    }
}

fn looked_up(found: &LookupRequestResponse) -> Option<Answer> {
    use lookup_request_response::Answer as Found;
    assert_ne!(found.state(), RequestState::InProgress, "nobody is at it any more");
    let completed = found.state() == RequestState::Completed;
    let answer = found.answer.clone().map(|answer| match answer {
        Found::CreateCustomer(answer) => Answer::Created(answer),
        Found::UpdateCustomer(answer) => Answer::Updated(answer),
        Found::AddAddress(answer) => Answer::AddressAdded(answer),
    });
    assert_eq!(completed, answer.is_some());
    answer
}

/// A broken connection, or a unit that says that it does not know.
fn leaves_in_doubt(status: &Status) -> bool {
    match status.get_details_error_info() {
        Some(_) => matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded),
        None => !matches!(status.code(), Code::InvalidArgument | Code::AlreadyExists),
    }
}
