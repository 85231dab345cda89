//! Logs tell what happened and never to whom: no name, e-mail address, phone or street is in them, at any level that
//! an operator would turn on.

use csu::proto::channel::{
    Customer, GetCustomerRequest, SearchCustomersRequest, get_customer_request::Key,
};
use tonic::Code;

use crate::harness::{
    Database, Engine,
    process::{Process, serve, stocked},
    replica::Clients,
    requests,
};

crate::on_both_engines!(nothing_personal_is_logged);

/// What is sent, in words that nothing else has in it.
const PERSONAL: &[&str] = &[
    "Xanthippe",
    "Quillfeather",
    "zyxw",
    "Vellichor",
    "555-0142",
    "5550142",
    "Brumous",
    "Kerfuffle",
    "98109",
    "AB-123456",
    "Widdershins",
];

fn karen() -> Customer {
    Customer {
        first_name: "Xanthippe".to_owned(),
        last_name: "Quillfeather".to_owned(),
        receipt_email: "zyxw@example.com".to_owned(),
        identification_number: "AB-123456".to_owned(),
        contacts: vec![requests::phone("(425) 555-0142"), requests::email("zyxw@example.com")],
        addresses: vec![address("1 Brumous Street")],
        ..Customer::default()
    }
}

fn address(street: &str) -> csu::proto::channel::Address {
    csu::proto::channel::Address {
        city: "Kerfuffle".to_owned(),
        postal_code: "98109".to_owned(),
        ..requests::address(street)
    }
}

async fn nothing_personal_is_logged(engine: Engine) {
    let database = stocked(engine).await;
    let mut command = serve(&database.url);
    command.args(["--log", "debug,csu=trace"]);
    let unit = Process::start(command).await;
    let clients = unit.connect().await;
    let customer = successes(&clients).await;
    refusals(&clients, &customer).await;
    defects(&database, &clients, &customer).await;
    unit.signal("TERM");
    let ended = unit.ended().await;

    // It did log, and what went wrong too.
    for part in ["CreateCustomer", "INVALID_ARGUMENT", "INTERNAL", "can't be understood", "DEBUG"] {
        assert!(ended.stderr.contains(part), "{part} is not in the log:\n{}", ended.stderr);
    }
    for line in ended.stderr.lines().chain(ended.stdout.lines()) {
        let lower = line.to_lowercase();
        let found = PERSONAL.iter().find(|word| lower.contains(&word.to_lowercase()));
        assert_eq!(found, None, "in the log: {line}");
    }
    database.remove().await;
}

/// Every call that an operator's customers make.
async fn successes(clients: &Clients) -> Customer {
    let mut create = requests::create();
    create.customer = Some(karen());
    let customer = clients.created(create.clone()).await;
    assert_eq!(clients.created(create).await, customer, "repeated");
    let renamed = Customer { last_name: "Vellichor".to_owned(), ..customer.clone() };
    clients.update(requests::update(renamed, &["last_name"])).await.expect("updated");
    let mut add = requests::add_address(&customer.name, "2 Widdershins Way");
    add.address = Some(address("2 Widdershins Way"));
    clients.add_address(add.clone()).await.expect("added");
    clients.lookup(&add.request_id).await.expect("looked up");
    for search in [
        SearchCustomersRequest { name: "xanth vell".to_owned(), ..Default::default() },
        SearchCustomersRequest { email: "ZYXW@example.com".to_owned(), ..Default::default() },
        SearchCustomersRequest {
            phone: "425 555-0142".to_owned(),
            channel: requests::ASYNC_CHANNEL.to_owned(),
            ..Default::default()
        },
    ] {
        let found = clients.search(search).await.expect("searched").customers;
        assert_eq!(found.len(), 1);
    }
    clients.read(&customer.name).await
}

/// What is refused for what stands in it.
async fn refusals(clients: &Clients, customer: &Customer) {
    let mut bad = requests::create();
    bad.customer = Some(Customer {
        receipt_email: "zyxw at example".to_owned(),
        contacts: vec![requests::phone("Xanthippe"), requests::email("Quillfeather")],
        addresses: vec![address(&"Brumous".repeat(40))],
        language: "Kerfuffle".to_owned(),
        currency: "Widdershins".to_owned(),
        customer_group: "Vellichor".to_owned(),
        ..karen()
    });
    assert_eq!(clients.create(bad).await.unwrap_err().code(), Code::InvalidArgument);
    let mask = requests::update(customer.clone(), &["last_name", "Quillfeather"]);
    assert_eq!(clients.update(mask).await.unwrap_err().code(), Code::InvalidArgument);
    let mut stale = requests::update(karen(), &["last_name"]);
    stale.customer.as_mut().unwrap().name.clone_from(&customer.name);
    "Quillfeather".clone_into(&mut stale.etag);
    assert_eq!(clients.update(stale).await.unwrap_err().code(), Code::Aborted);
    let mut reused = requests::create();
    reused.customer = Some(karen());
    clients.created(reused.clone()).await;
    "Widdershins".clone_into(&mut reused.customer.as_mut().unwrap().first_name);
    assert_eq!(clients.create(reused).await.unwrap_err().code(), Code::AlreadyExists);
    let mut elsewhere = requests::create();
    "Quillfeather".clone_into(&mut elsewhere.channel);
    elsewhere.customer = Some(karen());
    assert_eq!(clients.create(elsewhere).await.unwrap_err().code(), Code::FailedPrecondition);
    for key in
        [Key::Name("customers/Quillfeather".to_owned()), Key::AccountNumber("zyxw".to_owned())]
    {
        let request = GetCustomerRequest { key: Some(key) };
        clients.customers().get_customer(request).await.expect_err("refused");
    }
    let search = SearchCustomersRequest {
        name: "Xanthippe".to_owned(),
        page_token: "Quillfeather".to_owned(),
        ..Default::default()
    };
    assert_eq!(clients.search(search).await.unwrap_err().code(), Code::InvalidArgument);
}

/// Rows that nobody should have made, which the unit meets: it logs where they are, and not what they hold.
async fn defects(database: &Database, clients: &Clients, customer: &Customer) {
    let id = customer.name.strip_prefix("customers/").unwrap().parse().unwrap();
    let id = database.id(id);
    let view = r#"{"fields": {"Xanthippe": "Quillfeather"}, "Brumous": 5}"#;
    database.execute(&format!("UPDATE customer SET view = '{view}' WHERE id = {id}")).await;
    let key = Key::Name(customer.name.clone());
    assert_eq!(clients.get(key).await.unwrap_err().code(), Code::Internal);
    let update = requests::update(customer.clone(), &["last_name"]);
    assert_eq!(clients.update(update).await.unwrap_err().code(), Code::Internal);
    database.execute("ALTER TABLE retailasynccustomerv2 DROP COLUMN middlename").await;
    let mut create = requests::create();
    create.customer = Some(Customer { middle_name: "Vellichor".to_owned(), ..karen() });
    assert_eq!(clients.create(create).await.unwrap_err().code(), Code::Internal);
}
