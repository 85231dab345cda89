//! A till that writes all the time, remembers what it was told, and wants to be told no less later.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use csu::proto::channel::{
    AddAddressRequest, CreateCustomerRequest, Customer, UpdateCustomerRequest,
    get_customer_request::Key,
};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::random::Random;
use crate::harness::{replica::Clients, requests, wait};

/// Between two calls, at most, in ms: a till has somebody who types.
const TYPING: u64 = 120;
/// Before a call is repeated.
const AGAIN: Duration = Duration::from_millis(20);
/// How many of its last customers it comes back to most.
const RECENT: usize = 12;

/// Customers that one till has created, for the one till of the other unit that writes them too.
pub type Board = Arc<Mutex<Vec<String>>>;

pub struct Till {
    number: usize,
    channel: &'static str,
    clients: Clients,
    random: Random,
    /// Of everything that it writes: a later value is a higher number.
    sequence: u64,
    pub customers: Vec<Known>,
    pub requests: BTreeSet<String>,
    pub created: usize,
    own: Board,
    partners: Board,
    /// How many of the partner's are known here.
    taken: usize,
}

/// What a till knows of a customer.
pub struct Known {
    pub name: String,
    /// Whoever creates a customer writes the last name, the other till the middle name.
    is_own: bool,
    /// Its last acknowledged value of its field; 0: none.
    written: u64,
    /// The highest value that it was shown of the other till's field.
    shown: u64,
    /// Street by id, of the addresses that it has added.
    addresses: BTreeMap<String, String>,
    addresses_shown: usize,
    /// The final number, once it was shown.
    pub number: Option<String>,
}

enum Call {
    Create(CreateCustomerRequest),
    Update(UpdateCustomerRequest),
    AddAddress(AddAddressRequest),
}

/// The customer, and the id of a new address.
type Answer = (Customer, String);

impl Till {
    pub fn new(
        number: usize,
        channel: &'static str,
        clients: Clients,
        random: Random,
        [own, partners]: [Board; 2],
    ) -> Self {
        let (customers, requests) = (Vec::new(), BTreeSet::new());
        let (sequence, created, taken) = (0, 0, 0);
        Self {
            number,
            channel,
            clients,
            random,
            sequence,
            customers,
            requests,
            created,
            own,
            partners,
            taken,
        }
    }

    /// One thing that a till does, after some typing.
    pub async fn act(&mut self) {
        let typing = Duration::from_millis(self.random.number_below(TYPING));
        tokio::time::sleep(typing).await;
        self.sequence += 1;
        match (self.random.below(10), self.some_customer()) {
            (0 | 1, _) | (_, None) => self.create().await,
            (2..=5, Some(at)) => self.edit(at).await,
            (6 | 7, Some(at)) => self.add_address(at).await,
            (8, Some(at)) => self.read(at).await,
            (_, Some(_)) => self.meet_partners_customer().await,
        }
    }

    /// Seldom one of long ago.
    fn some_customer(&mut self) -> Option<usize> {
        let count = self.customers.len();
        let among = if self.random.below(5) == 0 { count } else { count.min(RECENT) };
        (count > 0).then(|| count - 1 - self.random.below(among))
    }

    async fn create(&mut self) {
        let mut request = requests::create();
        self.channel.clone_into(&mut request.channel);
        let customer = request.customer.as_mut().expect("a customer");
        customer.last_name = value(self.sequence);
        let street = customer.addresses[0].street.clone();
        let ((customer, _), is_first) = self.perform(Call::Create(request)).await;
        let mut known = Known::new(&customer, true);
        known.written = self.sequence;
        known.addresses.insert(customer.addresses[0].id.clone(), street);
        known.told(&customer, is_first);
        self.own.lock().unwrap().push(customer.name);
        self.customers.push(known);
        self.created += 1;
    }

    async fn edit(&mut self, at: usize) {
        let Known { name, is_own, .. } = &self.customers[at];
        let mut customer = Customer { name: name.clone(), ..Customer::default() };
        let (field, path) = if *is_own {
            (&mut customer.last_name, "last_name")
        } else {
            (&mut customer.middle_name, "middle_name")
        };
        *field = value(self.sequence);
        let mut request = requests::update(customer, &[path]);
        self.channel.clone_into(&mut request.channel);
        let ((customer, _), is_first) = self.perform(Call::Update(request)).await;
        self.customers[at].written = self.sequence;
        self.customers[at].told(&customer, is_first);
    }

    async fn add_address(&mut self, at: usize) {
        let street = format!("{} Till {} Street", self.sequence, self.number);
        let mut request = requests::add_address(&self.customers[at].name, &street);
        self.channel.clone_into(&mut request.channel);
        let ((customer, id), is_first) = self.perform(Call::AddAddress(request)).await;
        assert_eq!(self.customers[at].addresses.insert(id, street), None, "an address of its own");
        self.customers[at].told(&customer, is_first);
    }

    async fn read(&mut self, at: usize) {
        let name = self.customers[at].name.clone();
        let customer = self.get(&name).await.expect("who was answered once is there");
        self.customers[at].told(&customer, true);
    }

    /// Looks whether the partner's next customer has come here; whoever came stays.
    async fn meet_partners_customer(&mut self) {
        let next = self.partners.lock().unwrap().get(self.taken).cloned();
        let Some(name) = next else { return };
        if let Some(customer) = self.get(&name).await {
            self.taken += 1;
            let mut known = Known::new(&customer, false);
            known.told(&customer, true);
            assert!(known.number.is_some(), "it comes from headquarters");
            self.customers.push(known);
        }
    }

    /// Repeats the same request until it is answered. Whether the first time was enough.
    async fn perform(&mut self, call: Call) -> (Answer, bool) {
        assert!(self.requests.insert(call.id().to_owned()), "each request has its own id");
        let mut is_first = true;
        loop {
            // Each time in a bounded time. How often depends on who is killed when.
            let answer = Box::pin(call.send(&self.clients));
            match wait::bounded("an answer", answer).await {
                Ok(answer) => return (answer, is_first),
                Err(status) => assert!(leaves_in_doubt(&status), "it is in order: {status:?}"),
            }
            is_first = false;
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// As the till's unit shows a customer; `None`: not found.
    async fn get(&self, name: &str) -> Option<Customer> {
        get(&self.clients, name).await
    }

    /// At the end, at any unit: exactly what it was told, and nothing older.
    pub async fn check(&mut self, clients: &Clients) {
        for known in &mut self.customers {
            let customer = get(clients, &known.name).await.expect("it is everywhere");
            known.told(&customer, true);
            assert!(known.number.is_some(), "nothing waits");
        }
    }
}

impl Known {
    fn new(customer: &Customer, is_own: bool) -> Self {
        let addresses = BTreeMap::new();
        let name = customer.name.clone();
        Self { name, is_own, written: 0, shown: 0, addresses, addresses_shown: 0, number: None }
    }

    /// Everything that was acknowledged is in it. `is_newest`: it is no repeated answer, and so as new as any before.
    fn told(&mut self, customer: &Customer, is_newest: bool) {
        assert_eq!(customer.name, self.name);
        let fields = [&customer.last_name, &customer.middle_name].map(|field| sequence_of(field));
        let [mine, others] = if self.is_own { fields } else { [fields[1], fields[0]] };
        assert_eq!(mine, self.written, "its own field is what it was told last: {customer:?}");
        let ids: BTreeSet<_> = customer.addresses.iter().map(|address| &address.id).collect();
        assert_eq!(ids.len(), customer.addresses.len(), "each address is there once");
        for (id, street) in &self.addresses {
            let found = customer.addresses.iter().find(|address| address.id == *id);
            assert_eq!(found.map(|address| &address.street), Some(street), "{customer:?}");
        }
        let streets: BTreeSet<_> = customer.addresses.iter().map(|it| &it.street).collect();
        assert_eq!(streets.len(), customer.addresses.len(), "each was added by one request");
        let number = (customer.account_number_display != "Pending sync")
            .then(|| customer.account_number.clone());
        match (&self.number, &number) {
            (Some(known), Some(number)) => assert_eq!(number, known, "for ever"),
            (Some(known), None) => assert!(!is_newest, "it had {known}: {customer:?}"),
            (None, Some(_)) => self.number = number,
            (None, None) => {
                let id = self.name.strip_prefix("customers/");
                assert_eq!(Some(customer.account_number.as_str()), id, "the temporary GUID");
            }
        }
        if is_newest {
            let count = customer.addresses.len();
            assert!(others >= self.shown, "it showed {}: {customer:?}", self.shown);
            assert!(count >= self.addresses_shown, "it showed {}", self.addresses_shown);
            (self.shown, self.addresses_shown) = (others, count);
        }
    }
}

impl Call {
    async fn send(&self, unit: &Clients) -> Result<Answer, Status> {
        let (customer, address) = match self {
            Self::Create(request) => (unit.create(request.clone()).await?.customer, String::new()),
            Self::Update(request) => (unit.update(request.clone()).await?.customer, String::new()),
            Self::AddAddress(request) => {
                let answer = unit.add_address(request.clone()).await?;
                (answer.customer, answer.address_id)
            }
        };
        Ok((customer.expect("every answer shows the customer"), address))
    }

    fn id(&self) -> &str {
        match self {
            Self::Create(request) => &request.request_id,
            Self::Update(request) => &request.request_id,
            Self::AddAddress(request) => &request.request_id,
        }
    }
}

async fn get(clients: &Clients, name: &str) -> Option<Customer> {
    loop {
        let answer = clients.get(Key::Name(name.to_owned()));
        match wait::bounded("an answer", answer).await {
            Ok(customer) => return Some(customer),
            Err(status) if status.code() == Code::NotFound => return None,
            Err(status) => assert!(leaves_in_doubt(&status), "a read: {status:?}"),
        }
        tokio::time::sleep(AGAIN).await;
    }
}

fn value(sequence: u64) -> String {
    format!("Number {sequence}")
}

/// 0: nobody has written it.
fn sequence_of(field: &str) -> u64 {
    let number = field.strip_prefix("Number ").map(|number| number.parse().expect("a number"));
    number.unwrap_or(0)
}

/// A broken connection, or a unit that says that it does not know.
fn leaves_in_doubt(status: &Status) -> bool {
    match status.get_details_error_info() {
        Some(_) => matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded),
        None => !matches!(status.code(), Code::InvalidArgument | Code::AlreadyExists),
    }
}
