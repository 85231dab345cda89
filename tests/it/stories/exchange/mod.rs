//! The async path to its end: what a till captures is uploaded, made a customer by headquarters, and brought back.

mod by_hand;
mod continuous;
mod delay;
mod failures;
mod interleavings;
mod lost_answers;
mod offline;
mod polled;
mod states;
mod two_units;
mod view;

use csu::proto::{
    channel::{
        AddAddressRequest, Customer, Execution, SearchCustomersRequest, SyncProgress,
        UpdateCustomerRequest, get_customer_request::Key,
    },
    headquarters::{
        ListOperationsRequest, ListRunsRequest, ListSessionsRequest, Operation, Run, Session,
    },
};

use crate::harness::{
    Database, Headquarters, START,
    replica::Clients,
    requests::{self, ASYNC_CHANNEL},
};

const PENDING: &str = "Pending sync";

/// Staged rows of a channel, those headquarters is done with last.
async fn staged(channel: &Database) -> (i64, i64) {
    let mut counts = [0, 0];
    for table in ["retailasynccustomerv2", "retailasyncaddressv2", "retailasynccustomercontact"] {
        for (count, completed) in counts.iter_mut().zip([0, 1]) {
            let rows = format!("SELECT count(*) FROM {table} WHERE onlineoperationcompleted =");
            *count += channel.number(&format!("{rows} {completed}")).await;
        }
    }
    counts.into()
}

/// Another first name for a customer.
fn rename(name: &str, first_name: &str) -> UpdateCustomerRequest {
    rename_at(ASYNC_CHANNEL, name, first_name)
}

fn rename_at(channel: &str, name: &str, first_name: &str) -> UpdateCustomerRequest {
    let customer = Customer {
        name: name.to_owned(),
        first_name: first_name.to_owned(),
        ..Customer::default()
    };
    let request = requests::update(customer, &["first_name"]);
    UpdateCustomerRequest { channel: channel.to_owned(), ..request }
}

/// Another last name for a customer.
fn rename_family(channel: &str, name: &str, last_name: &str) -> UpdateCustomerRequest {
    let customer =
        Customer { name: name.to_owned(), last_name: last_name.to_owned(), ..Customer::default() };
    let request = requests::update(customer, &["last_name"]);
    UpdateCustomerRequest { channel: channel.to_owned(), ..request }
}

fn add_address(name: &str, street: &str) -> AddAddressRequest {
    requests::add_address(name, street)
}

/// Seconds since the start at which each step was taken.
fn steps(progress: Option<&SyncProgress>) -> (Option<i64>, Option<i64>, Option<i64>) {
    let Some(progress) = progress else { return (None, None, None) };
    let since = |at: &Option<prost_types::Timestamp>| at.map(since_start);
    let SyncProgress { captured_time, uploaded_time, processed_time, .. } = progress;
    (since(captured_time), since(uploaded_time), since(processed_time))
}

fn since_start(at: prost_types::Timestamp) -> i64 {
    at.seconds - START.millis() / 1_000
}

/// Searches that find a customer of this last name, each once. Says what they find, which is the same for all.
async fn found_once(unit: &Clients, name: &str, searches: &[SearchCustomersRequest]) -> Customer {
    let mut seen: Option<Customer> = None;
    for search in searches {
        let found = unit.search(search.clone()).await.expect("an answer").customers;
        let found: Vec<_> = found.into_iter().filter(|customer| customer.name == name).collect();
        assert_eq!(found.len(), 1, "{search:?}: {found:?}");
        seen = found.into_iter().next();
    }
    seen.expect("searches")
}

fn by_number(number: &str) -> SearchCustomersRequest {
    SearchCustomersRequest {
        account_number: number.to_owned(),
        ..SearchCustomersRequest::default()
    }
}

fn by_name(name: &str) -> SearchCustomersRequest {
    SearchCustomersRequest { name: name.to_owned(), ..SearchCustomersRequest::default() }
}

fn by_email(email: &str) -> SearchCustomersRequest {
    SearchCustomersRequest { email: email.to_owned(), ..SearchCustomersRequest::default() }
}

fn by_phone(phone: &str) -> SearchCustomersRequest {
    SearchCustomersRequest {
        phone: phone.to_owned(),
        channel: ASYNC_CHANNEL.to_owned(),
        ..SearchCustomersRequest::default()
    }
}

/// The customer with this number, final or temporary.
async fn numbered(unit: &Clients, number: &str) -> Customer {
    unit.get(Key::AccountNumber(number.to_owned())).await.expect("it is found")
}

/// The uuid of a resource name, the temporary GUID.
fn guid(name: &str) -> &str {
    name.strip_prefix("customers/").expect("a resource name")
}

/// `MODE REASON`
fn way(execution: Option<&Execution>) -> String {
    let execution = execution.expect("every write says how it went");
    let mode = format!("{:?}", execution.mode()).to_lowercase();
    format!("{mode} {}", execution.reason)
}

impl Headquarters {
    /// All operations on its status page, the first captured first.
    async fn operations(&self) -> Vec<Operation> {
        let request = ListOperationsRequest { page_size: 500, ..ListOperationsRequest::default() };
        let answer = self.customer_sync().list_operations(request).await.expect("an answer");
        let mut operations = answer.into_inner().operations;
        operations.sort_by_key(|operation| (operation.database.clone(), operation.counter));
        operations
    }

    /// Runs of a job, the latest first.
    async fn runs(&self, job: &str) -> Vec<Run> {
        let request = ListRunsRequest { job: job.to_owned(), ..ListRunsRequest::default() };
        self.scheduler().list_runs(request).await.expect("an answer").into_inner().runs
    }

    /// Sessions of a job, the latest first.
    async fn sessions(&self, job: &str, open: bool) -> Vec<Session> {
        let request =
            ListSessionsRequest { job: job.to_owned(), open, ..ListSessionsRequest::default() };
        self.scheduler().list_sessions(request).await.expect("an answer").into_inner().sessions
    }
}
