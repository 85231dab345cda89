//! Creating customers.

use csu::proto::channel::{
    CreateCustomerRequest, Customer, CustomerType, ExecutionMode, ReceiptOption,
    SearchCustomersRequest, SyncState,
};
use tonic::Code;

use crate::harness::{
    Company, Engine, Footprint, World,
    requests::{REAL_TIME_CHANNEL, create, create_named, email, phone, reason, violations},
};

crate::on_both_engines!(
    scenario_2_async_by_profile,
    scenario_3_the_guid_is_never_shown,
    scenario_4_headquarters_not_reachable,
    scenario_8_names_with_single_spaces,
    scenario_9_defaults_are_inherited,
    scenario_11_several_contacts,
);

async fn scenario_2_async_by_profile(engine: Engine) {
    let world = World::new(engine).await;
    let answer = world.replica().create(create()).await.unwrap();
    let (customer, execution) = (answer.customer.unwrap(), answer.execution.unwrap());
    assert_eq!(execution.mode(), ExecutionMode::Async);
    assert_eq!(execution.reason, "PROFILE_ASYNC_CREATE");
    assert_eq!(execution.headquarters_duration, None, "headquarters was not called");
    assert!(customer.account_number.parse::<uuid::Uuid>().is_ok(), "the number is a GUID");
    assert_eq!(customer.sync_state(), SyncState::PendingUpload);
    assert_eq!(customer.addresses[0].sync_state(), SyncState::PendingUpload);

    let staged =
        "SELECT firstname || ' ' || lastname || ' ' || operation || ' ' || onlineoperationcompleted
                  FROM retailasynccustomerv2 WHERE custaccount IS NULL";
    assert_eq!(world.database.texts(staged).await, ["Karen Berg 1 0"]);
    for (table, count) in [("retailasynccustomercontact", 2), ("retailasyncaddressv2", 1)] {
        let rows = format!("SELECT count(*) FROM {table} WHERE replicationcounterfromorigin = 1");
        assert_eq!(world.database.number(&rows).await, count, "{table}");
    }
    world.close().await;
}

async fn scenario_3_the_guid_is_never_shown(engine: Engine) {
    let world = World::new(engine).await;
    let replica = world.replica();
    let created = replica.created(create()).await;
    let read = replica.read(&created.name).await;
    let search = SearchCustomersRequest { name: "berg".to_owned(), ..Default::default() };
    let found = replica.search(search).await.unwrap().customers.remove(0);
    for customer in [created, read, found] {
        assert_eq!(customer.account_number_display, "Pending sync");
        assert!(!customer.display_name.contains(&customer.account_number));
    }
    world.close().await;
}

/// This unit has no headquarters, so every call to it fails by communication.
async fn scenario_4_headquarters_not_reachable(engine: Engine) {
    let world = World::new(engine).await;
    let request =
        CreateCustomerRequest { channel: REAL_TIME_CHANNEL.to_owned(), ..create_named("A", "B") };
    let answer = world.replica().create(request).await.unwrap();
    let (customer, execution) = (answer.customer.unwrap(), answer.execution.unwrap());
    assert_eq!(execution.mode(), ExecutionMode::Async);
    assert_eq!(execution.reason, "HQ_UNREACHABLE");
    assert_eq!(customer.account_number_display, "Pending sync");
    assert_eq!(world.replica().read(&customer.name).await, customer);
    world.close().await;
}

async fn scenario_8_names_with_single_spaces(engine: Engine) {
    let world = World::new(engine).await;
    let customer = world.replica().created(create_named(" Karen ", "Berg ")).await;
    assert_eq!(
        (customer.first_name.as_str(), customer.last_name.as_str(), customer.middle_name.as_str()),
        ("Karen", "Berg", "")
    );
    assert_eq!(world.replica().read(&customer.name).await.display_name, "Karen Berg");
    world.close().await;
}

async fn scenario_9_defaults_are_inherited(engine: Engine) {
    let company = Company::new().seattle(|channel| {
        channel.default_customer_group = "20".to_owned();
        channel.default_currency = "EUR".to_owned();
        channel.default_language = "it".to_owned();
        channel.default_receipt_option = "EMAIL".to_owned();
    });
    let world = World::of(engine, &company).await;
    let content = |customer: &Customer| {
        (
            customer.customer_group.clone(),
            customer.currency.clone(),
            customer.language.clone(),
            customer.receipt_option(),
            customer.receipt_email.clone(),
        )
    };
    let owned = |group: &str, currency: &str, language: &str, option, email: &str| {
        (group.to_owned(), currency.to_owned(), language.to_owned(), option, email.to_owned())
    };

    let inherited = world.replica().created(create()).await;
    let expected = owned("20", "EUR", "it", ReceiptOption::Email, "");
    assert_eq!(content(&inherited), expected, "and the receipt e-mail is nobody's default");

    let mut request = create_named("Karen", "Berg");
    let customer = request.customer.as_mut().unwrap();
    customer.customer_group = "10".to_owned();
    customer.currency = "usd".to_owned();
    customer.language = "en-us".to_owned();
    customer.set_receipt_option(ReceiptOption::None);
    customer.receipt_email = "karen@Example.COM".to_owned();
    let explicit = world.replica().created(request).await;
    let expected = owned("10", "USD", "en-US", ReceiptOption::None, "karen@example.com");
    assert_eq!(content(&explicit), expected, "explicit values win");

    let mut request = create_named("", "");
    let customer = request.customer.as_mut().unwrap();
    customer.set_type(CustomerType::Organization);
    customer.organization_name = "Contoso".to_owned();
    customer.customer_group = "10".to_owned();
    let partly = world.replica().created(request).await;
    let expected = owned("10", "EUR", "it", ReceiptOption::Email, "");
    assert_eq!((content(&partly), partly.display_name.as_str()), (expected, "Contoso"));
    world.close().await;
}

async fn scenario_11_several_contacts(engine: Engine) {
    let mut request = create();
    request.customer.as_mut().unwrap().contacts = vec![
        phone("(425) 555-0100"),
        phone("+1 206 555 0123"),
        email("karen@example.com"),
        email("berg@example.com"),
    ];
    request.customer.as_mut().unwrap().contacts[3].primary = true;
    let stored = |customer: Customer| {
        let contacts = customer.contacts.into_iter();
        contacts.map(|contact| (contact.value, contact.primary)).collect::<Vec<_>>()
    };
    let expected = [
        ("+14255550100".to_owned(), true),
        ("+12065550123".to_owned(), false),
        ("karen@example.com".to_owned(), false),
        ("berg@example.com".to_owned(), true),
    ];

    // F1 on: all are kept.
    let mut world = World::new(engine).await;
    let customer = world.replica().created(request.clone()).await;
    assert_eq!(stored(world.replica().read(&customer.name).await), expected);

    // F1 off, and the profile chose async: each secondary one is refused by name, and nothing is written.
    world.restart(Company::new().version(2).f1(false).packages()).await;
    request.request_id = crate::harness::requests::request_id();
    let before = Footprint::of(&world.database).await;
    let refused = world.replica().create(request.clone()).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::InvalidArgument, "INVALID_FIELD".to_owned()));
    let not_allowed =
        |path: &str| (path.to_owned(), "FIELD_NOT_ALLOWED_IN_ASYNC_CREATE".to_owned());
    assert_eq!(
        violations(&refused),
        [not_allowed("customer.contacts[1]"), not_allowed("customer.contacts[3]")]
    );
    assert_eq!(Footprint::of(&world.database).await, before);

    // F1 off, and async for another reason: what the cashier typed is kept.
    request.channel = REAL_TIME_CHANNEL.to_owned();
    let answer = world.replica().create(request).await.unwrap();
    assert_eq!(answer.execution.unwrap().reason, "HQ_UNREACHABLE");
    assert_eq!(stored(answer.customer.unwrap()), expected);
    world.close().await;
}
