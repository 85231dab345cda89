//! A company with very many customers, who look like customers.

use anyhow::Context as _;
use csu::{
    domain::{
        id::{CustomerId, RequestId},
        origin::Origin,
        submission::Submission,
        write::Method,
    },
    headquarters::Headquarters,
    proto::exchange::{
        AddAddress, AddContact, AddressFields, Change, ContactRow, CreateCustomer, CustomerFields,
        Decision, Revision, UpdateCustomer, change::Change as Kind,
    },
    runtime::{
        clock::{Deadline, SystemClock},
        ids,
    },
    wire,
};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use crate::report::Progress;

/// Writes that headquarters has at once.
const AT_ONCE: usize = 512;
/// Longer than anything takes.
const LIMIT: std::time::Duration = std::time::Duration::from_mins(1);

const FIRST_NAMES: [&str; 16] = [
    "Karen", "Mattia", "Liis", "Carmen", "Jean", "Aino", "Giulia", "Tarmo", "Lucía", "Chloé",
    "Owen", "Priya", "Wei", "Amara", "Jürgen", "Zoë",
];
const LAST_NAMES: [&str; 16] = [
    "Berg",
    "Rossi",
    "Tamm",
    "García",
    "Dubois",
    "Virtanen",
    "Ferrari",
    "Kask",
    "Núñez",
    "Lefèvre",
    "Hughes",
    "Sharma",
    "Chen",
    "Okafor",
    "Müller",
    "van den Berg",
];
const STREETS: [&str; 8] = [
    "Pike Place",
    "Pine Street",
    "Lake View Drive",
    "Mercer Street",
    "1st Avenue",
    "Harbor Road",
    "Queen Anne Hill",
    "Alki Avenue SW",
];

/// Where they come from: not from the unit that is measured.
pub(crate) fn import() -> Origin {
    Origin { database_id: ids::new_database_id(), incarnation: 1 }
}

/// Gives headquarters so many customers.
pub(crate) async fn fill(
    headquarters: &Headquarters,
    from: Origin,
    count: usize,
    progress: &Progress,
) -> anyhow::Result<Vec<CustomerId>> {
    let writes = (0..count).map(|number| {
        let request = ids::new_request_id(&SystemClock);
        submission(from, Method::CreateCustomer, create(request, number))
    });
    let performed = stream::iter(writes).map(async |write| perform(headquarters, write?).await);
    let mut performed = performed.buffered(AT_ONCE);
    let mut customers = Vec::with_capacity(count);
    while let Some(customer) = performed.try_next().await? {
        customers.push(customer);
        if customers.len().is_multiple_of(1_000) {
            progress.say(&format!("{} of {count} customers", customers.len()));
        }
    }
    Ok(customers)
}

/// Changes all of them once, as a headquarters does when it corrects its data.
pub(crate) async fn change_all(
    headquarters: &Headquarters,
    from: Origin,
    customers: &[CustomerId],
    round: usize,
) -> anyhow::Result<()> {
    let writes = customers.iter().enumerate().map(|(number, id)| {
        let last_name = format!("{} {round}", LAST_NAMES[(number + round) % LAST_NAMES.len()]);
        let fields = CustomerFields { last_name: Some(last_name), ..CustomerFields::default() };
        let changes = [Kind::UpdateCustomer(UpdateCustomer { fields: Some(fields) })];
        let request = ids::new_request_id(&SystemClock);
        submission(from, Method::UpdateCustomer, revision(request, *id, changes))
    });
    stream::iter(writes)
        .map(async |write| perform(headquarters, write?).await)
        .buffer_unordered(AT_ONCE)
        .try_for_each(async |_| Ok(()))
        .await
}

async fn perform(headquarters: &Headquarters, write: Submission) -> anyhow::Result<CustomerId> {
    let performed = headquarters.writer.perform(write, Deadline::after(LIMIT)).await;
    Ok(performed.context("headquarters performs it")?.customer.id)
}

fn submission(from: Origin, method: Method, revision: Revision) -> anyhow::Result<Submission> {
    Ok(wire::submission(method, from, Some(revision))?)
}

/// A person with a phone, an e-mail address and an address.
fn create(request: RequestId, number: usize) -> Revision {
    let first_name = FIRST_NAMES[number % FIRST_NAMES.len()];
    let last_name = LAST_NAMES[number / FIRST_NAMES.len() % LAST_NAMES.len()];
    let fields = CustomerFields {
        r#type: Some("PERSON".to_owned()),
        first_name: Some(first_name.to_owned()),
        last_name: Some(last_name.to_owned()),
        language: Some("en-US".to_owned()),
        customer_group: Some("30".to_owned()),
        ..CustomerFields::default()
    };
    let contact = |index, kind: &str, value: String| {
        let (id, kind) = (request.contact_id(index).to_string(), kind.to_owned());
        Kind::AddContact(AddContact {
            contact: Some(ContactRow { id, kind, value, typed: String::new() }),
        })
    };
    let address = AddressFields {
        street: Some(format!("{} {}", number % 9_000 + 1, STREETS[number % STREETS.len()])),
        city: Some("Seattle".to_owned()),
        state: Some("WA".to_owned()),
        country: Some("US".to_owned()),
        ..AddressFields::default()
    };
    let (id, fields_of_address) = (request.address_id(0).to_string(), Some(address));
    let changes = [
        Kind::CreateCustomer(CreateCustomer { fields: Some(fields) }),
        contact(0, "PHONE", format!("+1425{:07}", number % 10_000_000)),
        contact(1, "EMAIL", format!("customer{number}@example.com")),
        Kind::AddAddress(AddAddress { id, fields: fields_of_address, primary: false }),
    ];
    revision(request, request.customer_id(), changes)
}

fn revision(
    request: RequestId,
    customer: CustomerId,
    changes: impl IntoIterator<Item = Kind>,
) -> Revision {
    let change = |change| Change { change: Some(change) };
    Revision {
        request_id: request.to_string(),
        request_hash: blake3::hash(request.to_string().as_bytes()).as_bytes().to_vec(),
        customer_id: customer.to_string(),
        channel: "HOUSTON".to_owned(),
        caller: "anonymous".to_owned(),
        base_version: 0,
        decision: Some(Decision {
            reason: "PROFILE_REAL_TIME".to_owned(),
            channel_configuration: 1,
            global_configuration: 1,
            configuration_age: None,
        }),
        changes: changes.into_iter().map(change).collect(),
    }
}
