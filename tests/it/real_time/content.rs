//! What a new customer consists of is the same on both ways; only the rule of F1 is the async profile's own.

use csu::{
    domain::configuration::DefaultCustomer,
    proto::channel::{CreateCustomerRequest, Customer, ReceiptOption},
    roles::channel::ChannelSettings,
};
use tonic::Code;

use super::stage::{at_headquarters, bare, company, create, steadfast, way};
use crate::harness::{
    Chain, Engine, Footprint, Passage,
    requests::{self, ASYNC_CHANNEL, email, phone, reason, violations},
};

crate::on_both_engines!(
    scenario_9_defaults_are_resolved_alike_on_both_ways,
    explicit_values_win_on_both_ways,
    scenario_11_what_a_cashier_typed_is_kept,
    what_is_wrong_is_said_before_anybody_is_called,
);

/// What a customer has, but for what says who and when.
fn content(customer: &Customer) -> (Customer, Vec<(String, bool)>, Vec<String>) {
    let contacts = customer.contacts.iter().map(|it| (it.value.clone(), it.primary)).collect();
    let streets =
        customer.addresses.iter().map(|it| format!("{} {}", it.street, it.country)).collect();
    let fields = Customer {
        name: String::new(),
        account_number: String::new(),
        account_number_display: String::new(),
        contacts: Vec::new(),
        addresses: Vec::new(),
        sync_state: 0,
        sync_progress: None,
        etag: String::new(),
        ..customer.clone()
    };
    (fields, contacts, streets)
}

/// Created in real time, async by the profile, and async because headquarters does not answer.
async fn on_all_ways(
    chain: &Chain,
    request: impl Fn() -> CreateCustomerRequest,
) -> [(String, Customer); 3] {
    let unit = chain.unit();
    let created = async |request| {
        let answer = unit.create(request).await.unwrap();
        (way(answer.execution), answer.customer.unwrap())
    };
    let real_time = created(request()).await;
    let profile = CreateCustomerRequest { channel: ASYNC_CHANNEL.to_owned(), ..request() };
    let asynchronous = created(profile).await;
    chain.gate.next(Passage::Refuse(bare(Code::Internal)));
    let fallback = created(request()).await;
    let all = [real_time, asynchronous, fallback];
    let ways = all.each_ref().map(|(way, _)| way.as_str());
    let expected =
        ["real-time PROFILE_REAL_TIME", "async PROFILE_ASYNC_CREATE", "async HQ_UNREACHABLE"];
    assert_eq!(ways, expected);
    all
}

async fn italian(engine: Engine) -> Chain {
    let mut setup = company(&[]);
    let default = DefaultCustomer {
        customer_group: "20".to_owned(),
        currency: "EUR".to_owned(),
        language: "it".to_owned(),
        receipt_option: "EMAIL".to_owned(),
    };
    setup.default_customers.insert("default".to_owned(), default);
    Chain::with(engine, setup, ChannelSettings::default()).await
}

fn inherited(customer: &Customer) -> [&str; 4] {
    [&customer.customer_group, &customer.currency, &customer.language, &customer.receipt_email]
}

async fn scenario_9_defaults_are_resolved_alike_on_both_ways(engine: Engine) {
    let chain = italian(engine).await;
    let request = create();
    let all = on_all_ways(&chain, || CreateCustomerRequest {
        request_id: requests::request_id(),
        ..request.clone()
    })
    .await;
    for (way, customer) in &all {
        assert_eq!(inherited(customer), ["20", "EUR", "it", ""], "{way}");
        assert_eq!(customer.receipt_option(), ReceiptOption::Email, "{way}");
        assert_eq!(content(customer), content(&all[0].1), "{way}");
    }
    chain.close().await;
}

async fn explicit_values_win_on_both_ways(engine: Engine) {
    let chain = italian(engine).await;
    let request = || {
        let mut request = create();
        let customer = request.customer.as_mut().unwrap();
        customer.first_name = "  Karen ".to_owned();
        customer.customer_group = "10".to_owned();
        customer.currency = "usd".to_owned();
        customer.language = "en-us".to_owned();
        customer.set_receipt_option(ReceiptOption::None);
        customer.receipt_email = "karen@Example.COM".to_owned();
        request
    };
    let all = on_all_ways(&chain, request).await;
    for (way, customer) in &all {
        assert_eq!(inherited(customer), ["10", "USD", "en-US", "karen@example.com"], "{way}");
        assert_eq!(customer.receipt_option(), ReceiptOption::None, "{way}");
        assert_eq!(customer.display_name, "Karen Berg", "{way}");
        assert_eq!(content(customer), content(&all[0].1), "{way}");
    }
    // Headquarters has what the channel resolved.
    let mut request = request();
    request.request_id = requests::request_id();
    chain.unit().created(request.clone()).await;
    let there = at_headquarters(&chain.headquarters, &request.request_id).await;
    let fields = there.fields.unwrap();
    assert_eq!(fields.currency.as_deref(), Some("USD"));
    assert_eq!(fields.language.as_deref(), Some("en-US"));
    assert_eq!(fields.receipt_option.as_deref(), Some("NONE"));
    chain.close().await;
}

/// F1 is off: only the profile's own async creates are without secondary contacts.
async fn scenario_11_what_a_cashier_typed_is_kept(engine: Engine) {
    let chain = steadfast(engine, &[]).await;
    let mut request = create();
    request.customer.as_mut().unwrap().contacts = vec![
        phone("(425) 555-0100"),
        phone("+1 206 555 0123"),
        email("karen@example.com"),
        email("berg@example.com"),
    ];
    request.customer.as_mut().unwrap().contacts[3].primary = true;
    let expected = [
        ("+14255550100".to_owned(), true),
        ("+12065550123".to_owned(), false),
        ("karen@example.com".to_owned(), false),
        ("berg@example.com".to_owned(), true),
    ];
    for fails in [false, true] {
        if fails {
            chain.gate.next(Passage::Refuse(bare(Code::Internal)));
        }
        request.request_id = requests::request_id();
        let customer = chain.unit().created(request.clone()).await;
        let read = chain.unit().read(&customer.name).await;
        assert_eq!(content(&read).1, expected, "fallback {fails}");
    }
    let before = Footprint::of(&chain.world.database).await;
    request.request_id = requests::request_id();
    request.channel = ASYNC_CHANNEL.to_owned();
    let refused = chain.unit().create(request).await.unwrap_err();
    let not_allowed =
        |path: &str| (path.to_owned(), "FIELD_NOT_ALLOWED_IN_ASYNC_CREATE".to_owned());
    assert_eq!(
        violations(&refused),
        [not_allowed("customer.contacts[1]"), not_allowed("customer.contacts[3]")]
    );
    assert_eq!(Footprint::of(&chain.world.database).await, before);
    chain.close().await;
}

async fn what_is_wrong_is_said_before_anybody_is_called(engine: Engine) {
    let chain = steadfast(engine, &[]).await;
    let mut request = create();
    let customer = request.customer.as_mut().unwrap();
    customer.customer_group = "no such".to_owned();
    customer.addresses[0].street = "x".repeat(300);
    let refused = chain.unit().create(request).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::InvalidArgument, "INVALID_FIELD".to_owned()));
    let mut found = violations(&refused);
    found.sort();
    let expected = [
        ("customer.addresses[0].street", "STREET_LENGTH_EXCEEDED"),
        ("customer.customer_group", "UNKNOWN_CODE"),
    ];
    assert_eq!(found, expected.map(|(field, why)| (field.to_owned(), why.to_owned())));
    assert_eq!((chain.gate.writes(), chain.gate.lookups()), (0, 0));
    chain.close().await;
}
