//! `GetCustomer` and `SearchCustomers`.

use csu::proto::channel::{GetCustomerRequest, SearchCustomersRequest, get_customer_request::Key};
use tonic::Code;

use super::{assert_fields, assert_silent};
use crate::harness::{
    Engine, Footprint, World,
    requests::{ASYNC_CHANNEL, create_named, reason},
};

crate::on_both_engines!(
    questions_that_name_nobody,
    searches_for_nothing,
    page_tokens_of_something_else
);

async fn questions_that_name_nobody(engine: Engine) {
    let world = World::new(engine).await;
    let replica = world.replica();
    let nothing = replica.customers().get_customer(GetCustomerRequest { key: None }).await;
    assert_fields(&nothing.unwrap_err(), &[("key", "REQUIRED")]);
    for (key, field, why) in [
        (Key::Name(String::new()), "name", "REQUIRED"),
        (Key::Name("karen".to_owned()), "name", "INVALID_NAME"),
        (Key::Name("customers/C-0000001".to_owned()), "name", "INVALID_NAME"),
        (Key::AccountNumber(" ".to_owned()), "account_number", "REQUIRED"),
        (Key::AccountNumber("9".repeat(65)), "account_number", "TOO_LONG"),
        (Key::AccountNumber("C-\0x".to_owned()), "account_number", "CONTROL_CHARACTER"),
    ] {
        let refused = replica.get(key).await.unwrap_err();
        assert_fields(&refused, &[(field, why)]);
        assert_silent(&refused, &["karen", "C-0000001", "999"].map(str::to_owned));
    }
    world.close().await;
}

fn search() -> SearchCustomersRequest {
    SearchCustomersRequest {
        channel: ASYNC_CHANNEL.to_owned(),
        ..SearchCustomersRequest::default()
    }
}

async fn searches_for_nothing(engine: Engine) {
    let world = World::new(engine).await;
    let before = Footprint::of(&world.database).await;
    let all_wrong = SearchCustomersRequest {
        phone: "call Karen".to_owned(),
        email: "karen at example".to_owned(),
        account_number: "C".repeat(65),
        name: "n".repeat(256),
        page_size: 101,
        ..search()
    };
    let cases: [(SearchCustomersRequest, &[(&str, &str)]); 9] = [
        (search(), &[("name", "REQUIRED")]),
        (SearchCustomersRequest { name: " .,-' ".to_owned(), ..search() }, &[("name", "REQUIRED")]),
        (
            SearchCustomersRequest { phone: "555".to_owned(), ..search() },
            &[("phone", "INVALID_PHONE")],
        ),
        (SearchCustomersRequest { email: "k".repeat(2_000), ..search() }, &[("email", "TOO_LONG")]),
        (
            SearchCustomersRequest { account_number: "C-\0x".to_owned(), ..search() },
            &[("account_number", "CONTROL_CHARACTER")],
        ),
        (
            SearchCustomersRequest { name: "karen".to_owned(), page_size: -1, ..search() },
            &[("page_size", "OUT_OF_RANGE")],
        ),
        (
            SearchCustomersRequest { name: "karen".to_owned(), page_size: 101, ..search() },
            &[("page_size", "OUT_OF_RANGE")],
        ),
        (
            SearchCustomersRequest { page_size: i32::MIN, ..search() },
            &[("name", "REQUIRED"), ("page_size", "OUT_OF_RANGE")],
        ),
        (
            all_wrong,
            &[
                ("phone", "INVALID_PHONE"),
                ("email", "INVALID_EMAIL"),
                ("account_number", "TOO_LONG"),
                ("name", "TOO_LONG"),
                ("page_size", "OUT_OF_RANGE"),
            ],
        ),
    ];
    for (request, expected) in cases {
        let entered = [&request.phone, &request.email, &request.account_number, &request.name];
        let entered = entered.map(Clone::clone);
        let refused = world.replica().search(request).await.unwrap_err();
        assert_fields(&refused, expected);
        assert_silent(&refused, &entered);
    }
    assert_eq!(Footprint::of(&world.database).await, before);
    world.close().await;
}

async fn page_tokens_of_something_else(engine: Engine) {
    let world = World::new(engine).await;
    let replica = world.replica();
    for number in 0..5 {
        replica.created(create_named(&format!("Karen{number}"), "Berg")).await;
    }
    let page = |name: &str, page_token: String| SearchCustomersRequest {
        name: name.to_owned(),
        page_size: 2,
        page_token,
        ..SearchCustomersRequest::default()
    };
    let token = replica.search(page("berg", String::new())).await.unwrap().next_page_token;
    assert_ne!(token, "");
    let mut damaged = token.clone();
    damaged.replace_range(..2, if token.starts_with("00") { "11" } else { "00" });
    for (name, bad) in [
        ("ber", token.clone()),
        ("karen berg", token.clone()),
        ("berg", damaged),
        ("berg", token[..20].to_owned()),
        ("berg", "garbage".to_owned()),
        ("berg", "🐟".to_owned()),
        ("berg", "0".repeat(50_000)),
    ] {
        let refused = replica.search(page(name, bad.clone())).await.unwrap_err();
        let expected = (Code::InvalidArgument, "INVALID_PAGE_TOKEN".to_owned());
        assert_eq!(reason(&refused), expected);
        assert_silent(&refused, &[bad, "berg".to_owned()]);
    }
    assert_eq!(replica.search(page("BERG", token)).await.unwrap().customers.len(), 2);
    world.close().await;
}
